"""One bad name or record in a shared repository: it is named, and everything else goes on."""

import json
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from tests.hostile.trees import BLOB, TREE, Entries, blob, commit, load, save
from tests.hostile.walk import run
from viking_git.model.names import is_holdable

ARCHIVE = "session/default/chat/history/archive_001"
MESSAGE = {"role": "user", "parts": [], "created_at": "2026-11-02T09:00:00Z"}


def put(repository: Path, files: dict[bytes, bytes], ref: str = "refs/heads/main") -> None:
    """A commit of a colleague's plain git: ``files`` (path → bytes) on top of ``ref``."""
    repo = pygit2.Repository(str(repository))
    tree = load(repo, str(repo.references[ref].peel().tree_id))
    for path, data in files.items():
        *above, name = path.split(b"/")
        at: Entries = tree
        for part in above:
            at = at.setdefault(part, (TREE, {}))[1]
        at[name] = (BLOB, blob(repo, data))
    commit(repo, ref, save(repo, tree))


def works(root: Path) -> str:
    """Sync what the remote has; then everything that has nothing to do with it works. What was said on stderr."""
    said = ""
    (root / "more.md").write_text("# More\n\nText.\n")
    for words in (
        ("sync",),
        ("status",),
        ("session", "list"),
        ("task", "list", "--all"),
        ("refresh",),
        ("find", "kept marmalade"),
        ("grep", "kept marmalade"),
        ("write", "viking://resources/kept/new.md", str(root / "more.md")),
        ("mkdir", "viking://resources/kept/sub"),
        ("add", str(root / "more.md"), "--to", "viking://resources/extra"),
        ("session", "add-message", "fresh", "user", "I prefer marmalade over honey."),
        ("commit", "fresh"),
        ("merge", "viking/default/waiting"),
        ("sync",),
    ):
        found = run(root / "w", *words)
        assert found.code == 0, (words, found.err, found.out)
        said += found.err
    for words in (("check", "--all"), ("check", "--fix"), ("doctor",)):
        assert run(root / "w", *words).code in {0, 1}
    return said


def is_fine(path: str) -> bool:
    return is_holdable(path) and not path.startswith("session/con")


def findings(root: Path, *, rev: str = "HEAD") -> list[tuple[str, int, str]]:
    """Path, line and rule of the errors of the whole tree."""
    found = json.loads(run(root / "w", "check", "--all", "--rev", rev, "--json").out)["findings"]
    return [(one["path"], one["line"], one["rule"]) for one in found if one["severity"] == "error"]


@pytest.mark.parametrize(
    "path",
    [
        b"resources/d/\xe9t\xe9.md",
        b"resources/\xff/x.md",
        b"resources/do\\cs/x.md",
        b"resources/c:x/x.md",
        b"resources/a\x01b/x.md",
        b"resources/a\nb/x.md",
        b"agent/default/skills/a\\b/SKILL.md",
        b"agent/default/instructions/\x1b/x.md",
        b"user/a\\b/memories/entities/x/content.md",
        b"user/\xe9/x.md",
        b"user/default/memories/entities/a\\b/content.md",
        b"user/default/memories/events/\x01/x/content.md",
        b"session/default/a\\b/history/archive_001/.meta.json",
        b"session/c:/x/history/archive_001/.meta.json",
        b"session/default/\xe9/history/archive_001/.meta.json",
        b"session/con/x/history/archive_001/.meta.json",
    ],
)
def test_name_that_no_tree_of_ours_holds(root: Path, path: bytes) -> None:
    put(root / "hub.git", {path: b"# Hello\n\nA text.\n"})
    works(root)
    text = path.decode("utf-8", "surrogateescape")
    bad = next(at for at in ("/".join(text.split("/")[:n]) for n in range(1, 9)) if not is_fine(at))
    named = [where for where, _, rule in findings(root) if rule in {"VG101", "VG104"}]
    assert any(f"{where}/".startswith(f"{bad}/") for where in named), named


@pytest.mark.parametrize(
    "name", [b"viking/con/x", "viking/default/ü".encode(), b"viking/memories/x", b"viking/default/\xff"]
)
@pytest.mark.parametrize("where", ["w/.git", "hub.git"])
def test_branch_that_is_no_session_s(root: Path, name: bytes, where: str) -> None:
    tip = git(root / "w", "rev-parse", "main").encode()
    ref = bytes(root / where / "refs/heads") + b"/" + name
    Path(ref.rpartition(b"/")[0].decode()).mkdir(parents=True, exist_ok=True)
    with open(ref, "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(tip)
    said = works(root)
    if where == "w/.git" and b"\xff" not in name:
        assert f"refs/heads/{name.decode()}" in said


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "decisions/01.json",
            b'{"actions": [{"a": 1}], "candidate": {}, "decision": "create", "messages": [], "uris": []}',
        ),
        ("decisions/01.json", b'{"messages": [{}]}'),
        ("decisions/01.json", b'{"messages": [5]}'),
        ("decisions/01.json", b'{"uris": 5}'),
        ("decisions/01.json", b"[]"),
        ("decisions/01.json", b"\xff"),
        ("decisions/01.json", b'{"candidate": "\\ud800"}'),
        ("decisions/01.json", b'{"uris": [{"a": 1}], "decision": []}'),
        (".meta.json", b'{"messages": [{}]}'),
        (".meta.json", b'{"messages": 5}'),
        (".meta.json", b'{"messages": [{"id": []}]}'),
        (".meta.json", b'{"tools": {"bash": {"calls": "x"}}, "agent": "default", "messages": []}'),
        (".meta.json", b"{"),
        ("memory_diff.json", b'{"created": "\\ud800"}'),
        ("usage.jsonl", b"x\n"),
        ("usage.jsonl", b'{"skill": {"uri": 5}}\n'),
        ("extraction.json", b'{"candidates": 1e999}'),
        ("extraction.json", b"[" * 200 + b"]" * 200),
    ],
)
def test_record_of_another_shape(root: Path, name: str, data: bytes) -> None:
    put(root / "hub.git", {f"{ARCHIVE}/{name}".encode(): data})
    git(root / "w", "fetch", "-q", "origin")
    named = [(path, rule) for path, _, rule in findings(root, rev="origin/main") if rule == "VG501"]
    works(root)
    if name != "usage.jsonl" or data == b"x\n":
        assert (f"{ARCHIVE}/{name}", "VG501") in named


def test_transcript_with_lines_that_are_none_shows_the_others(root: Path) -> None:
    lines = [
        {"id": "m1", **MESSAGE},
        {"id": "m2"},
        {"id": "m3", **MESSAGE, "parts": [{"type": "text", "text": "third"}]},
    ]
    data = b"\n".join([*(json.dumps(line).encode() for line in lines), b"[]", b'{"id": "\\ud800"}'])
    put(root / "w/.git", {f"{ARCHIVE}/messages.jsonl".encode(): data})
    git(root / "w", "reset", "-q", "--hard")
    assert run(root / "w", "mkdir", "viking://resources/kept/sub").code == 0
    found = run(root / "w", "session", "show", "chat")
    assert found.code == 0
    assert "third" in found.out
    assert f"{ARCHIVE}/messages.jsonl, line 2: no field 'role'" in found.err
    assert found.err.count("line 2") == 1


def test_what_is_passed_over_is_said_once_with_its_path(root: Path) -> None:
    put(root / "hub.git", {f"{ARCHIVE}/decisions/01.json".encode(): b'{"actions": [{"a": 1}, 5], "uris": 5}'})
    found = run(root / "w", "sync")
    assert found.code == 0
    lines = [line for line in found.err.split("\n") if "01.json" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"passed over: {ARCHIVE}/decisions/01.json: ")


def test_unreadable_record_of_a_memory_is_not_written_over(root: Path) -> None:
    top = root / "w"
    (memory,) = (top / "user/default/memories/entities").glob("alice*")
    (memory / ".meta.json").write_text('{"mine": 1,}')
    content = memory / "content.md"
    content.write_text(content.read_text().replace("Lisbon", "Porto"))
    git(top, "commit", "-qam", "a slip")
    assert run(top, "mkdir", "viking://resources/kept/sub").code == 0
    assert (memory / ".meta.json").read_text() == '{"mine": 1,}'
    assert "Porto" in (memory / ".abstract.md").read_text()


def test_directory_in_the_place_of_a_layer_stays(root: Path) -> None:
    repo = pygit2.Repository(str(root / "hub.git"))
    tree = load(repo, str(repo.references["refs/heads/main"].peel().tree_id))
    tree[b"resources"][1][b".abstract.md"] = (TREE, {b"x.md": (BLOB, blob(repo, b"kept\n"))})
    tree[b"session"][1][b".overview.md"] = (b"160000", "1" * 40)
    commit(repo, "refs/heads/main", save(repo, tree))
    said = works(root)
    assert "resources/.abstract.md: a directory is where viking-git keeps a file" in said
    assert (root / "w/resources/.abstract.md/x.md").read_text() == "kept\n"


def test_transcripts_of_a_remote_lay_no_file_outside_of_their_place(root: Path) -> None:
    top = root / "w"
    git(top, "config", "viking.transcripts", "origin")
    assert run(top, "sync").code == 0
    put(root / "hub.git", {f"{ARCHIVE}/files/..".encode(): b"stray", f"{ARCHIVE}/files/a\\b".encode(): b"stray"},
        "refs/viking/transcripts")  # fmt: skip
    before = git(top, "status", "--porcelain", "--untracked-files=all")
    assert run(top, "sync").code in {0, 1, 2}
    assert git(top, "status", "--porcelain", "--untracked-files=all") == before
