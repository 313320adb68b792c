"""The file verbs: what they change, what follows, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import assert_sound, git, talk
from viking_git.errors import (
    Exists,
    InvalidContent,
    InvalidName,
    NotAllowed,
    NotFound,
    Refused,
    VikingError,
)
from viking_git.files import Files
from viking_git.workspace import Workspace

CODING = "viking://user/memories/preferences/coding"
MEMORY = b"---\nname: coding\ncategory: preferences\ntopic: coding\n---\n# Coding\n\nPrefers tabs.\n\nUses vim.\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "w")[0]


@pytest.fixture
def files(workspace: Workspace) -> Files:
    return workspace.files


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def stale(workspace: Workspace) -> list[str]:
    """What a refresh would still change: nothing, when every verb left its layers true."""
    return list(workspace.refresh().changed)


def test_a_write_is_one_commit_and_its_refresh(workspace: Workspace, files: Files, top: Path) -> None:
    done = files.write("resources/docs/auth.md", b"# Auth\n\nHow we log in.\n")
    assert git(top, "log", "--format=%s", "-2").splitlines() == ["refresh: 2 layers", done.subject]
    assert done.subject == "edit: write resources/docs/auth.md"
    assert done.changed == ("resources/docs/auth.md",)
    assert "How we log in." in (top / "resources/docs/.abstract.md").read_text()
    assert files.write("resources/docs/auth.md", b"# Auth\n\nHow we log in.\n").commit is None
    assert stale(workspace) == []
    assert_sound(top)


def test_append_adds_and_bytes_of_documents_stay(files: Files, workspace: Workspace) -> None:
    files.write("resources/log.txt", b"one\r\n")
    files.write("resources/log.txt", b"two\xff", append=True)
    assert workspace.read("resources/log.txt") == b"one\r\ntwo\xff"


def test_a_rewritten_script_stays_executable(files: Files, top: Path) -> None:
    (top / "resources/bin").mkdir()
    (top / "resources/bin/run.sh").write_text("#!/bin/sh\n")
    (top / "resources/bin/run.sh").chmod(0o755)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: by hand")
    files.write("resources/bin/run.sh", b"echo hello\n", append=True)
    files.mv("resources/bin/run.sh", "resources/bin/start.sh")
    assert git(top, "ls-files", "-s", "resources/bin/start.sh").startswith("100755")
    assert (top / "resources/bin/start.sh").read_text() == "#!/bin/sh\necho hello\n"


def test_a_memory_is_validated_and_gets_its_layers(workspace: Workspace, files: Files, top: Path) -> None:
    files.write(f"{CODING}/content.md", MEMORY.replace(b"\n", b"\r\n"))
    assert workspace.read(f"{CODING}/content.md") == MEMORY
    assert workspace.abstract(CODING) == "Prefers tabs.\n"
    assert json.loads(workspace.read(f"{CODING}/.meta.json"))["stats"]["active_count"] == 0
    with pytest.raises(InvalidContent, match="would be no memory"):
        files.write(f"{CODING}/content.md", b"# No front matter\n")
    with pytest.raises(InvalidContent, match="'topic'"):
        files.write(f"{CODING}/content.md", MEMORY.replace(b"topic: coding\n", b""))
    with pytest.raises(InvalidContent, match="front matter says name"):
        files.write("user/memories/preferences/other/content.md", MEMORY)
    assert stale(workspace) == []
    assert_sound(top)


def test_a_layer_of_a_folder_may_be_written_and_is_then_a_persons(workspace: Workspace, files: Files) -> None:
    files.write("resources/docs/a.md", b"# A\n\nText.\n")
    files.write("resources/docs/.abstract.md", b"What we know about docs.\n")
    assert json.loads(workspace.read("resources/docs/.meta.json"))["generated_by"] == "human"
    assert files.stat("resources/docs").layers == "current"
    assert "What we know about docs." in workspace.overview("resources")
    files.write("resources/docs/b.md", b"# B\n\nText.\n")
    assert workspace.abstract("resources/docs") == "What we know about docs.\n"
    assert files.stat("resources/docs").layers == "stale"
    with pytest.raises(InvalidContent, match="256 at most"):
        files.write("resources/docs/.abstract.md", b"x" * 300)


@pytest.mark.parametrize(
    ("uri", "hint"),
    [
        ("viking://resources", "name something below it"),
        ("viking://", "name something below it"),
        ("viking://temp/x", "viking://resources/"),
        ("viking://session/chat/history/archive_001/note.md", "session add-message"),
        ("viking://resources/.abstract.md", "it follows what is in it"),
        ("viking://resources/docs/.meta.json", "stat"),
        ("viking://resources/docs/.relations.json", "link and unlink"),
        ("viking://user/memories/preferences/.overview.md", "it follows what is in it"),
        (f"{CODING}/.abstract.md", "content.md instead"),
        (f"{CODING}/notes.md", "content.md"),
        ("viking://user/memories/notes.md", "memories/CATEGORY/NAME/content.md"),
        ("viking://user/memories/moods/good/content.md", "the categories are"),
        ("viking://user/memories/cases/bug/content.md", "viking://agent/memories/cases/bug/content.md"),
        ("viking://user/memories/events/2023/2024-01-15_moved/content.md", "memories/events/2024/2024-01-15_moved"),
        ("viking://user/default/notes.md", "documents go below"),
        ("viking://agent/default/skills/loose.md", "documents go below"),
    ],
)
def test_what_nobody_writes_by_hand(files: Files, top: Path, uri: str, hint: str) -> None:
    head = git(top, "rev-parse", "HEAD")
    with pytest.raises(NotAllowed) as raised:
        files.write(uri, b"text\n")
    assert hint in str(raised.value.hint)
    assert git(top, "rev-parse", "HEAD") == head


@pytest.mark.parametrize(
    "uri",
    ["user/CON/memories/preferences/x/content.md", "user/memories/preferences/a b/content.md", "agent/a b/skills/x/y"],
)
def test_names_that_no_file_system_holds(files: Files, uri: str) -> None:
    with pytest.raises(InvalidName):
        files.write(uri, MEMORY)


def test_names_that_differ_by_case_alone(files: Files) -> None:
    files.write(f"{CODING}/content.md", MEMORY)
    with pytest.raises(Exists, match="case"):
        files.write("user/memories/preferences/Coding/content.md", MEMORY.replace(b"name: coding", b"name: Coding"))
    files.mv(CODING, "user/memories/preferences/Coding")
    with pytest.raises(Exists, match="case"):
        files.write("user/Default/memories/preferences/x/content.md", MEMORY.replace(b"name: coding", b"name: x"))


def test_mkdir_makes_layers(workspace: Workspace, files: Files, top: Path) -> None:
    files.mkdir("resources/new/")
    assert workspace.abstract("resources/new") == "Nothing here yet.\n"
    with pytest.raises(Exists):
        files.mkdir("resources/new")
    with pytest.raises(NotFound, match="resources/a/b"):
        files.mkdir("resources/a/b/c")
    files.mkdir("resources/a/b/c", parents=True)
    assert files.mkdir("resources/a/b/c", parents=True).commit is None
    files.mkdir("agent/skills/search-web")
    with pytest.raises(NotAllowed, match="comes with"):
        files.mkdir(CODING)
    files.write("resources/file", b"x")
    with pytest.raises(InvalidName, match="is a file"):
        files.mkdir("resources/file/below")
    assert stale(workspace) == []
    assert_sound(top)


def test_a_moved_folder_keeps_layers_and_relations_follow(workspace: Workspace, files: Files, top: Path) -> None:
    files.write("resources/docs/auth/oauth.md", b"# OAuth\n\nTokens.\n")
    files.write("resources/api/index.md", b"# API\n\nCalls.\n")
    files.write("resources/docs/auth/.abstract.md", b"By hand.\n")
    files.link("resources/api", ["resources/docs/auth", "resources/docs/auth/oauth.md#L3"], reason="tokens")
    files.link("resources/docs/auth", "resources/docs/auth/oauth.md")
    git(top, "tag", "before")
    files.mv("viking://resources/docs/auth", "viking://resources/docs/authentication")
    assert workspace.abstract("resources/docs/authentication") == "By hand.\n"
    assert [(r.uri, r.reason) for r in files.relations("resources/api")] == [
        ("viking://resources/docs/authentication/", "tokens"),
        ("viking://resources/docs/authentication/oauth.md#L3", "tokens"),
    ]
    inside = files.relations("resources/docs/authentication")
    assert [r.uri for r in inside] == ["viking://resources/docs/authentication/oauth.md"]
    assert "authentication/oauth.md" in git(top, "diff", "-M", "--name-status", "before", "HEAD")
    assert stale(workspace) == []
    files.rm("resources/docs/authentication/oauth.md")
    assert [r.uri for r in files.relations("resources/api")] == ["viking://resources/docs/authentication/"]
    files.rm("resources/docs", recursive=True)
    assert files.relations("resources/api") == []
    assert stale(workspace) == []
    assert_sound(top)


def test_a_moved_memory_is_called_by_its_new_name(workspace: Workspace, files: Files, top: Path) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    old = files.glob("user/memories/preferences/*")[0].rstrip("/")
    sources = json.loads(workspace.read(f"{old}/.meta.json"))["sources"]
    assert sources
    files.mv(old, "user/memories/preferences/renamed")
    new = "viking://user/default/memories/preferences/renamed"
    assert b"name: renamed\n" in workspace.read(f"{new}/content.md")
    assert json.loads(workspace.read(f"{new}/.meta.json"))["sources"] == sources
    files.cp(new, "user/memories/preferences/copy", recursive=True)
    assert json.loads(workspace.read("user/memories/preferences/copy/.meta.json"))["sources"] == sources
    with pytest.raises(InvalidContent, match="'kind'"):
        files.mv(new, "user/memories/entities/")
    assert stale(workspace) == []
    assert_sound(top)


def test_memories_find_their_place_in_a_category(workspace: Workspace, files: Files) -> None:
    event = b"---\nname: 2024-01-15_moved\ncategory: events\ndate: 2024-01-15\n---\n# Moved\n\nMoved to Lisbon.\n"
    files.write("user/memories/events/2024/2024-01-15_moved/content.md", event)
    files.mv("user/memories/events/2024/2024-01-15_moved", "user/ada/memories/events/2024/2024-01-15_moved")
    files.cp("user/ada/memories/events/2024/2024-01-15_moved", "user/bob/memories/events/2024/2024-01-15_moved",
             recursive=True)  # fmt: skip
    files.rm("user/bob/memories/events/2024/2024-01-15_moved", recursive=True)
    assert files.glob("viking://user/**/content.md") == [
        "viking://user/ada/memories/events/2024/2024-01-15_moved/content.md"
    ]
    files.mv("user/ada/memories/events/2024/2024-01-15_moved/content.md", "resources/story.md")
    assert files.glob("viking://user/**") == []
    assert stale(workspace) == []


def test_mv_and_cp_like_their_cousins(workspace: Workspace, files: Files) -> None:
    files.write("resources/a.md", b"a")
    files.write("resources/dir/b.md", b"b")
    files.mv("resources/a.md", "resources/dir")
    assert files.glob("resources/**/*.md") == ["viking://resources/dir/a.md", "viking://resources/dir/b.md"]
    with pytest.raises(Exists, match="there already"):
        files.mv("resources/dir/a.md", "resources/dir/b.md")
    files.mv("resources/dir/a.md", "resources/dir/b.md", force=True)
    assert workspace.read("resources/dir/b.md") == b"a"
    with pytest.raises(NotAllowed, match="directory"):
        files.cp("resources/dir", "resources/copy")
    files.cp("resources/dir", "resources/copy", recursive=True)
    for move in (files.mv, lambda a, b: files.cp(a, b, recursive=True)):
        with pytest.raises(NotAllowed):
            move("resources/dir", "resources/dir/below/itself")
    with pytest.raises(NotAllowed):
        files.mv("resources/dir/b.md", "resources/dir/b.md")
    with pytest.raises(NotFound, match="no directory"):
        files.mv("resources/dir/b.md", "resources/nowhere/")
    files.write(f"{CODING}/content.md", MEMORY)
    with pytest.raises(NotAllowed, match="holds other things"):
        files.mv("user/default/memories/preferences", "resources/x")
    assert stale(workspace) == []


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda f: f.rm("viking://resources", recursive=True), NotAllowed),
        (lambda f: f.rm("viking://", recursive=True), NotAllowed),
        (lambda f: f.rm("resources/docs"), NotAllowed),
        (lambda f: f.rm("resources/docs/.abstract.md"), NotAllowed),
        (lambda f: f.rm("session/chat", recursive=True), NotAllowed),
        (lambda f: f.rm("resources/nothing"), NotFound),
        (lambda f: f.rm(["resources/docs/a.md", "resources/nothing"]), NotFound),
        (lambda f: f.rm(["resources/docs/a.md", "resources/docs/a.md"]), NotFound),
        (lambda f: f.mv("resources/nothing", "resources/x"), NotFound),
        (lambda f: f.write("resources/docs", b"x"), NotAllowed),
        (lambda f: f.write("resources/docs/a.md/b.md", b"x"), InvalidName),
        (lambda f: f.write("resources/x.md", b"x", branch="viking/x"), InvalidName),
        (lambda f: f.write("resources/x.md", b"x", branch="resources"), InvalidName),
        (lambda f: f.write("resources/x.md", b"x", branch="a..b"), InvalidName),
        (lambda f: f.write("resources/docs/a.md", b"x", expected=""), Refused),
        (lambda f: f.link("resources/docs", "resources/nothing"), NotFound),
        (lambda f: f.link("session/default/chat/history/archive_001", "resources/docs"), NotAllowed),
        (lambda f: f.unlink("resources/docs", "resources/docs/a.md"), NotFound),
        (lambda f: list(f.grep("(", "resources")), InvalidContent),
    ],
)  # fmt: skip
def test_refusals_change_nothing(
    workspace: Workspace, files: Files, top: Path, act: Callable[[Files], object], error: type[VikingError]
) -> None:
    files.write("resources/docs/a.md", b"# A\n\nText.\n")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    before = git(top, "for-each-ref")
    with pytest.raises(error):
        act(files)
    assert git(top, "for-each-ref") == before


def test_rm_of_several_is_one_commit(files: Files, top: Path) -> None:
    for name in "abc":
        files.write(f"resources/{name}.md", b"x")
    done = files.rm(["resources/a.md", "resources/b.md", "resources/gone.md"], force=True)
    assert done.changed == ("resources/a.md", "resources/b.md")
    assert done.subject == "edit: rm resources/a.md and 2 more"
    assert files.glob("resources/*") == ["viking://resources/c.md"]
    git(top, "revert", "--no-edit", str(done.commit))
    assert (top / "resources/a.md").exists()


def test_a_misspelt_name_is_guessed(workspace: Workspace, files: Files) -> None:
    files.write(f"{CODING}/content.md", MEMORY)
    with pytest.raises(NotFound) as raised:
        workspace.read("user/memories/preferences/codnig/content.md")
    assert raised.value.hint == "did you mean viking://user/default/memories/preferences/coding/content.md"
    with pytest.raises(NotFound) as raised:
        workspace.ls("viking://resources/x")
    assert raised.value.hint == "viking-git ls viking://resources/ shows what is there"


def test_a_branch_gets_no_layers_above_the_change(workspace: Workspace, files: Files, top: Path) -> None:
    files.write("resources/docs/api/a.md", b"# A\n\nText.\n")
    trunk = git(top, "rev-parse", "main")
    files.write("resources/docs/api/b.md", b"# B\n\nText.\n", branch="edit/api")
    files.write(f"{CODING}/content.md", MEMORY, branch="edit/api")
    assert git(top, "rev-parse", "main") == trunk
    changed = git(top, "diff", "--name-only", "main", "edit/api").splitlines()
    assert changed == [
        "resources/docs/api/.abstract.md", "resources/docs/api/.meta.json", "resources/docs/api/.overview.md",
        "resources/docs/api/b.md", "user/default/memories/preferences/coding/.abstract.md",
        "user/default/memories/preferences/coding/.overview.md",
        "user/default/memories/preferences/coding/content.md",
    ]  # fmt: skip
    git(top, "merge", "-q", "--no-ff", "-m", "edit: merge edit/api", "edit/api")
    assert stale(workspace) != []
    assert "preferences" in workspace.overview("user/default/memories")
    assert stale(workspace) == []
    assert_sound(top)


def test_grep_finds_lines_and_what_was_said(workspace: Workspace, files: Files) -> None:
    files.write("resources/docs/auth.md", "# Auth\n\nÜber OAuth.\n".encode())
    files.write("resources/docs/binary", b"OAuth\0")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk([("user", 'Tell me "more" about\noauth.')]))
    live = [(line.uri, line.fragment, line.text) for line in files.grep("oauth", ignore_case=True)]
    assert live == [
        ("viking://resources/docs/auth.md", "L3", "Über OAuth."),
        ("viking://session/default/chat/messages.jsonl", "msg_1", "oauth."),
    ]
    workspace.commit(session)
    archived = [line.uri for line in files.grep('"more"', "session")]
    assert archived == ["viking://session/default/chat/history/archive_001/messages.jsonl"]
    assert workspace.read(f"{archived[0]}#msg_1")
    assert [line.text for line in files.grep("über", "resources/docs/auth.md", ignore_case=True)] == ["Über OAuth."]
    assert [line.text for line in files.grep(r"\AÜber", "resources")] == ["Über OAuth."]
    assert list(files.grep("Nothing here", "resources")) == []
    assert [line.uri for line in files.grep(".", "resources/docs", hidden=True) if "/." in line.uri]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("resources/*", ["a.md", "docs/"]),
        ("resources/*/", ["docs/"]),
        ("resources/**/*.md", ["a.md", "docs/api/c.md", "docs/b.md"]),
        ("resources/**/**/c.md", ["docs/api/c.md"]),
        ("resources/**", ["a.md", "docs/", "docs/api/", "docs/api/c.md", "docs/b.md"]),
        ("viking://*/docs/?.md", ["docs/b.md"]),
        ("viking://resources/docs/[!a]*", ["docs/b.md"]),
        ("viking://resources/docs/.a*", ["docs/.abstract.md"]),
        ("viking://resources/docs/b.md", ["docs/b.md"]),
        ("viking://resources/A*", []),
        ("viking://resources/a.md/*", []),
    ],
)
def test_glob(files: Files, pattern: str, found: list[str]) -> None:
    for name in ("a.md", "docs/b.md", "docs/api/c.md"):
        files.write(f"resources/{name}", b"x")
    assert files.glob(pattern) == [f"viking://resources/{name}" for name in found]


def test_stat_says_what_changed_it_last(files: Files, workspace: Workspace) -> None:
    done = files.write("resources/docs/a.md", b"# A\n\nText.\n")
    files.write("resources/b.md", b"x")
    found = files.stat("resources/docs/a.md").to_json()
    assert (found["kind"], found["size"], found["changed"]["commit"]) == ("file", 11, done.commit)
    assert files.stat("resources/docs/").to_json()["uri"] == "viking://resources/docs/"
    assert files.stat("viking://").kind == "directory"
    workspace.add_messages(workspace.new_session("chat"), talk())
    live = files.stat("session/chat/messages.jsonl")
    assert (live.oid, live.changed) == ("", None)
    assert live.size > 100


def test_links_keep_what_they_do_not_know(workspace: Workspace, files: Files, top: Path) -> None:
    files.write("resources/docs/a.md", b"x")
    (top / "resources/docs/.relations.json").write_text(
        '[{"id": "1", "uris": ["viking://resources/old", "viking://resources/docs/a.md"], "reason": "r", "weight": 3}]'
    )
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: by hand")
    files.link("resources/docs/a.md", "user/")
    assert [r.uri for r in files.relations("resources/docs")] == [
        "viking://resources/docs/a.md", "viking://resources/old", "viking://user/"
    ]  # fmt: skip
    assert json.loads(workspace.read("resources/docs/.relations.json"))["relations"][0]["weight"] == 3
    files.unlink("resources/docs", ["resources/old", "user", "resources/docs/a.md"])
    assert files.relations("resources/docs") == []
    assert not (top / "resources/docs/.relations.json").exists()
    assert_sound(top)
