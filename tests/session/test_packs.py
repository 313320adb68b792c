"""Packs out of and into real workspaces: the same tree comes back, and nothing is lost or half there."""

import hashlib
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import assert_sound, check, git, talk
from tests.packs import Item, PackMaker, make_zip
from viking_git.client.sync import OpenViking
from viking_git.errors import BadPack, InvalidName, NotFound, Refused
from viking_git.pack.manifest import Version, load_manifest
from viking_git.session.export import ExportOptions
from viking_git.session.importing import ImportOptions, ImportReport
from viking_git.session.rebuild import rebuild
from viking_git.workspace import Workspace

Make = Callable[[str], Workspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda name: Workspace.init(tmp_path / name)[0]


def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def tree(workspace: Workspace, path: str = "") -> str:
    return git(top(workspace), "rev-parse", f"HEAD:{path}").strip()


def write_corpus(directory: Path) -> None:
    """Dotfiles, deep paths, many nodes, Unicode, empty and large files, an executable."""
    chance = random.Random(11)
    files = {
        ".hidden": b"x", ".config/.deep/.er": b"y", "a/b/c/d/e/f/g/h.md": b"# Deep\n",
        "ünï/日本語.md": "# 日本\n".encode(),
        "spaces and (signs) & 'more'.md": b"# Signs\n", "empty": b"",
        "binary.bin": chance.randbytes(70_000),
        "large.txt": b"".join(b"line %d\n" % n * 10 for n in range(420_000)), "crlf.txt": b"a\r\nb\r\n",
    }  # fmt: skip
    files |= {f"many/{n % 40:02}/{n:04}.md": f"# Page {n}\n\nText {n}.\n".encode() for n in range(1_100)}
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (directory / "run.sh").write_bytes(b"#!/bin/sh\n")
    (directory / "run.sh").chmod(0o755)


def imported(workspace: Workspace, file: Path, uri: str, **options: object) -> ImportReport:
    return workspace.packs.import_(file, workspace.uri(uri), ImportOptions(**options), vectorize=False)  # type: ignore[arg-type]


def exported(workspace: Workspace, uri: str, file: Path, **options: object) -> zipfile.ZipFile:
    workspace.packs.export(workspace.uri(uri), file, ExportOptions(**options))  # type: ignore[arg-type]
    return zipfile.ZipFile(file)


def with_session(workspace: Workspace) -> None:
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)


def state(workspace: Workspace) -> tuple[str, str]:
    return git(top(workspace), "for-each-ref"), git(top(workspace), "status", "--porcelain", "--ignored")


def test_the_same_tree_comes_back_in_every_version(make: Make, tmp_path: Path) -> None:
    ours = make("ours")
    write_corpus(top(ours) / "resources/corpus")
    git(top(ours), "add", "-A")
    git(top(ours), "commit", "-qm", "edit: a corpus")
    ours.refresh()
    git(top(ours), "archive", "--format=zip", "-o", str(tmp_path / "git.zip"), "HEAD:resources/corpus")
    versions: tuple[Version, ...] = (1, 2, 3)
    for version in versions:
        file = tmp_path / f"v{version}.ovpack"
        exported(ours, "viking://resources/corpus/", file, version=version).close()
        there = make(f"there{version}")
        report = imported(there, file, "viking://resources/")
        assert (report.moved, report.notes, report.manifest.version) == ((), (), version)
        assert tree(there, "resources/corpus") == tree(ours, "resources/corpus")
        assert tree(there) == tree(ours)
        assert_sound(top(there))
    assert_members_of_git_archive(tmp_path / "v3.ovpack", tmp_path / "git.zip")


def assert_members_of_git_archive(file: Path, archive_file: Path) -> None:
    pack = zipfile.ZipFile(file)
    prefix = "corpus/files/"
    mine = [(i.filename.removeprefix(prefix), i.CRC, i.file_size, bool(i.external_attr >> 16 & 0o111))
            for i in pack.infolist() if i.filename.startswith(prefix) and i.filename != prefix]  # fmt: skip
    with zipfile.ZipFile(archive_file) as archive:
        assert mine == [
            (i.filename, i.CRC, i.file_size, bool(i.external_attr >> 16 & 0o111)) for i in archive.infolist()
        ]
    manifest = json.loads(pack.read("corpus/_ovpack/manifest.json"))
    listed = sorted(
        ({"path": n.removeprefix(prefix), "size": len(pack.read(n)), "sha256": hashlib.sha256(pack.read(n)).hexdigest()}
         for n in pack.namelist() if n.startswith(prefix) and not n.endswith("/")),
        key=lambda entry: str(entry["path"]),
    )  # fmt: skip
    compact = json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert manifest["content_sha256"] == hashlib.sha256(compact).hexdigest()
    pack.close()


def test_export_reads_any_revision_and_no_work_tree(make: Make, tmp_path: Path) -> None:
    ours = make("ours")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# First\n")
    ours.add([tmp_path / "d"])
    (tmp_path / "d/a.md").write_text("# Second\n")
    ours.add([tmp_path / "d"])
    (top(ours) / "resources/d/a.md").write_text("edited, not committed\n")
    with exported(ours, "resources/d", tmp_path / "old.ovpack", revision="HEAD~2") as old:
        assert old.read("d/files/a.md") == b"# First\n"
    with exported(ours, "resources/d", tmp_path / "new.ovpack") as new:
        assert new.read("d/files/a.md") == b"# Second\n"
    first = (tmp_path / "new.ovpack").read_bytes()
    exported(ours, "resources/d", tmp_path / "new.ovpack", revision=git(top(ours), "rev-parse", "HEAD").strip()).close()
    assert (tmp_path / "new.ovpack").read_bytes() == first


@pytest.mark.parametrize(
    ("uri", "options", "error"),
    [("viking://", {}, Refused), ("resources/none", {}, NotFound), ("resources/.abstract.md", {}, NotFound),
     ("resources", {"revision": "nowhere"}, NotFound)],
)  # fmt: skip
def test_what_cannot_be_exported(
    make: Make, tmp_path: Path, uri: str, options: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        exported(make("ours"), uri, tmp_path / "x.ovpack", **options)
    assert not list(tmp_path.glob("*.ovpack"))


def test_relations_and_transcripts_are_left_out_and_named(make: Make, tmp_path: Path) -> None:
    ours = make("ours")
    with_session(ours)
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# A\n")
    ours.add([tmp_path / "d"])
    (top(ours) / "resources/d/.relations.json").write_text('{"relations": []}\n')
    git(top(ours), "add", "-A")
    git(top(ours), "commit", "-qm", "edit: relate")
    report = ours.packs.export(ours.uri("resources/d"), tmp_path / "d.ovpack", ExportOptions())
    assert [path for path, _ in report.left_out] == ["resources/d/.relations.json"]
    with exported(ours, "resources/d", tmp_path / "d1.ovpack", version=1) as old:
        assert "d/_._relations.json" in old.namelist()
    transcript = "session/default/chat/history/archive_001/messages.jsonl"
    report = ours.packs.export(ours.uri("viking://session/chat"), tmp_path / "s.ovpack", ExportOptions())
    assert [path for path, _ in report.left_out] == [transcript]
    assert report.notes
    with exported(ours, "viking://session/chat", tmp_path / "t.ovpack", with_transcripts=True) as pack:
        assert b"TypeScript" in pack.read("chat/files/history/archive_001/messages.jsonl")
    there = make("there")
    imported(there, tmp_path / "t.ovpack", "viking://session/default/")
    assert [m.id for m in there.messages(there.session_id("chat"))] == [m.id for m in talk()]
    assert transcript not in git(top(there), "ls-tree", "-r", "--name-only", "HEAD")
    assert (top(there) / transcript).exists()
    assert_sound(top(there))


def test_the_commit_names_the_pack(make: Make, tmp_path: Path) -> None:
    there = make("there")
    file = PackMaker({"a.md": b"# A\n"}).write(tmp_path / "x.ovpack")
    report = imported(there, file, "viking://resources/")
    with zipfile.ZipFile(file) as archive:
        data = archive.read("x/_ovpack/manifest.json")
    message = git(top(there), "log", "-1", "--format=%B", report.commit or "")
    assert message.startswith("import: viking://resources/x (1 file)\n")
    assert f"Viking-Pack: {hashlib.sha256(data).hexdigest()}\n" in message
    assert load_manifest(data).sha256 == report.manifest.sha256
    assert len(git(top(there), "rev-list", f"{report.commit}..HEAD").split()) == 1


def test_conflicts(make: Make, tmp_path: Path) -> None:
    there = make("there")
    imported(there, PackMaker({"a.md": b"# A\n", "b.md": b"# B\n"}).write(tmp_path / "1.ovpack"), "resources")
    other = PackMaker({"a.md": b"# New\n"}).write(tmp_path / "2.ovpack")
    before = state(there)
    with pytest.raises(Refused, match="already there: viking://resources/x"):
        imported(there, other, "resources")
    report = imported(there, other, "resources", on_conflict="skip")
    assert (report.commit, report.skipped) == (None, ("resources/x",))
    report = imported(there, other, "resources", on_conflict="overwrite", dry_run=True)
    assert (report.commit, report.replaced) == (None, ("resources/x",))
    assert state(there) == before
    report = imported(there, other, "resources", on_conflict="overwrite")
    assert report.replaced == ("resources/x",)
    names = [entry.name for entry in there.ls("resources/x")]
    assert (names, there.read("resources/x/a.md")) == (["a.md"], b"# New\n")
    assert imported(there, other, "resources", on_conflict="overwrite").commit is None
    assert_sound(top(there))


def test_a_corrupt_pack_fails_even_with_skip(make: Make, tmp_path: Path) -> None:
    there = make("there")
    maker = PackMaker({"a.md": b"# A\n"})
    imported(there, maker.write(tmp_path / "1.ovpack"), "resources")
    bad = [Item(i.name, b"# B\n") if i.name == "x/files/a.md" else i for i in maker.items()]
    (tmp_path / "2.ovpack").write_bytes(make_zip(bad))
    with pytest.raises(BadPack):
        imported(there, tmp_path / "2.ovpack", "resources", on_conflict="skip")


def test_names_that_differ_only_in_case_do_not_meet_what_is_there(make: Make, tmp_path: Path) -> None:
    there = make("there")
    imported(there, PackMaker({"a.md": b"# A\n"}).write(tmp_path / "1.ovpack"), "resources")
    upper = PackMaker({"a.md": b"# A\n"}, uri="viking://resources/X").write(tmp_path / "2.ovpack")
    with pytest.raises(Refused, match="one name"):
        imported(there, upper, "resources", on_conflict="overwrite")


def test_a_branch_waits_for_review(make: Make, tmp_path: Path) -> None:
    there = make("there")
    file = PackMaker({"a.md": b"# A\n", "sub/b.md": b"# B\n"}).write(tmp_path / "x.ovpack")
    trunk = git(top(there), "rev-parse", "HEAD")
    report = imported(there, file, "resources/in", branch="import/x")
    assert git(top(there), "rev-parse", "HEAD") == trunk
    changed = git(top(there), "diff", "--name-only", "main", "import/x").splitlines()
    assert all(path.startswith("resources/in/x/") for path in changed)
    assert "resources/in/x/sub/.abstract.md" in changed
    assert report.commit == git(top(there), "rev-parse", "import/x").strip()
    with pytest.raises(Refused, match="exists"):
        imported(there, file, "resources", branch="import/x")
    for name in ("viking/default/chat", "a..b", "", "-x"):
        with pytest.raises(InvalidName):
            imported(there, file, "resources", branch=name)
    git(top(there), "merge", "-q", "--no-ff", "-m", "import: x", "import/x")
    there.refresh()
    assert_sound(top(there))


def test_somebody_else_may_move_trunk_meanwhile(make: Make, tmp_path: Path) -> None:
    there = make("there")
    files = {"memories/preferences/x.md": b"Tea.\n", "memories/.overview.md": b"# Theirs\n"}
    file = PackMaker(files, uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    steps: list[str] = []

    def step(name: str) -> None:
        if name == "built" and name not in steps:
            git(top(there), "commit", "-q", "--allow-empty", "-m", "edit: nothing")
        steps.append(name)

    there.store.step = step
    report = imported(there, file, "user")
    assert steps.count("built") == 2
    assert len(report.notes) == len(set(report.notes)) == 1
    assert_sound(top(there))


def test_what_somebody_made_meanwhile_is_not_written_over(make: Make, tmp_path: Path) -> None:
    there = make("there")
    (tmp_path / "x").mkdir()
    (tmp_path / "x/b.md").write_text("# B\n")
    file = PackMaker({"a.md": b"# A\n"}).write(tmp_path / "x.ovpack")
    there.store.step = lambda name: name == "checked" and Workspace.open(top(there)).add([tmp_path / "x"]) and None
    with pytest.raises(Refused, match="meanwhile"):
        imported(there, file, "resources")
    assert [entry.name for entry in there.ls("resources/x")] == ["b.md"]
    assert_sound(top(there))


def test_an_edit_in_the_way_refuses_the_import(make: Make, tmp_path: Path) -> None:
    there = make("there")
    (top(there) / "resources/x").mkdir()
    (top(there) / "resources/x/a.md").write_text("mine\n")
    before = state(there)
    with pytest.raises(Refused):
        imported(there, PackMaker({"a.md": b"# A\n"}).write(tmp_path / "x.ovpack"), "resources")
    assert state(there) == before


def test_a_refused_import_leaves_no_transcript_behind(make: Make, tmp_path: Path) -> None:
    ours, theirs = make("ours"), make("theirs")
    session = ours.new_session("chat")
    ours.add_messages(session, talk())
    ours.commit(session)
    pack = tmp_path / "chat.ovpack"
    ours.packs.export(ours.uri("viking://session/chat"), pack, ExportOptions(with_transcripts=True))
    (top(theirs) / "session/.overview.md").write_text("mine\n")
    before = git(top(theirs), "for-each-ref")
    with pytest.raises(Refused):
        imported(theirs, pack, "viking://session/default/")
    assert git(top(theirs), "for-each-ref") == before
    git(top(theirs), "checkout", "-q", "--", "session/.overview.md")
    imported(theirs, pack, "viking://session/default/")
    assert [message.id for message in theirs.messages(theirs.session_id("chat"))] == [m.id for m in talk()]
    assert_sound(top(theirs))


def test_foreign_layers_become_ours_and_are_kept(make: Make, tmp_path: Path) -> None:
    front = b"---\ndirectory: viking://resources/x/\ngenerated_by:\n  component: Maker\n---\n\n"
    long = front + b"First sentence. " + b"word " * 200
    files = {"a.md": b"# A\n", ".abstract.md": long, ".overview.md": front + b"# X\n\nMore.\n", "sub/b.md": b"# B\n"}
    there = make("there")
    report = imported(there, PackMaker(files).write(tmp_path / "x.ovpack"), "resources")
    assert there.abstract("resources/x") == "First sentence.\n"
    assert there.overview("resources/x") == "# X\n\nMore.\n"
    meta = json.loads(there.read("resources/x/.meta.json"))
    assert meta["generated_by"] == "llm:Maker"
    assert meta["imported"]["resources/x/.abstract.md"].encode() == long
    assert meta["imported"]["resources/x/.overview.md"].encode() == files[".overview.md"]
    assert "resources/x/sub/.abstract.md" in report.added
    assert there.refresh().commit is None
    assert_sound(top(there))


def test_as_is_gives_every_byte_back(make: Make, tmp_path: Path) -> None:
    files = {
        "a.md": b"# A\n", ".abstract.md": b"---\nsource: x\n---\n\n" + b"long " * 500, "sub/b": b"\xff\0",
        "sub/.x": b"",
        "deep/er/.overview.md": b"",
    }  # fmt: skip
    there = make("there")
    file = PackMaker(files, ["hollow/inner", "void"]).write(tmp_path / "x.ovpack")
    report = imported(there, file, "resources", as_is=True)
    with exported(there, "resources/x", tmp_path / "back.ovpack") as back:
        names = set(back.namelist())
        assert {path: back.read(f"x/files/{path}") for path in files} == files
        assert {"x/files/hollow/inner/", "x/files/void/"} <= names
        more = {n.removeprefix("x/files/") for n in names if n.startswith("x/files/") and not n.endswith("/")}
    assert {f"resources/x/{path}" for path in more - files.keys()} <= set(report.added)
    user = PackMaker({"preferences/x.md": b"flat"}, ["void"], uri="viking://user/ada/memories")
    report = imported(there, user.write(tmp_path / "m.ovpack"), "user/ada", as_is=True)
    assert report.moved == ()
    with exported(there, "user/ada/memories", tmp_path / "m2.ovpack") as back:
        assert back.read("memories/files/preferences/x.md") == b"flat"
        assert "memories/files/void/" in back.namelist()
    assert_sound(top(there))


def test_layouts_of_other_versions(make: Make, tmp_path: Path) -> None:
    line = (
        b'{"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Hi"}],'
        b' "created_at": "2026-11-02T09:00:00Z"}\n'
    )
    fields = b'\n<!-- MEMORY_FIELDS {"topic": "editors"} -->\n'
    files = {
        "memories/preferences/editors.md": b"# Editors\n\nShe edits with Vim." + fields,
        "memories/preferences/.overview.md": b"# Their overview\n",
        "memories/events/2026/11/02/moved.md": b"Moved to Lisbon.\n",
        "memories/profile.md": b"Lives in Lisbon.\n",
        "memories/entities/notes.bin": b"\xff",
        "sessions/s1/history/archive_001/messages.jsonl": line,
        "sessions/s1/history/archive_001/.abstract.md": b"A greeting.\n",
        "skills/search/SKILL.md": b"---\nname: search\n---\n# Search\n",
        "peers/bot/memories/cases/fix.md": b"# Fix\n\nRestart it.\n",
        "notes/readme.txt": b"stays",
    }
    there = make("there")
    file = PackMaker(files, uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    report = imported(there, file, "viking://user/")
    moved = {m.source.removeprefix("user/ada/"): m.path for m in report.moved}
    assert moved == {
        "memories/preferences/editors.md": "user/ada/memories/preferences/editors/content.md",
        "memories/events/2026/11/02/moved.md": "user/ada/memories/events/2026/2026-11-02_moved/content.md",
        "memories/profile.md": "user/ada/memories/profile/profile/content.md",
        "sessions/s1/history/archive_001/messages.jsonl": "session/ada/s1/history/archive_001/messages.jsonl",
        "sessions/s1/history/archive_001/.abstract.md": "session/ada/s1/history/archive_001/.abstract.md",
        "skills/search/SKILL.md": "agent/default/skills/search/SKILL.md",
        "peers/bot/memories/cases/fix.md": "agent/bot/memories/cases/fix/content.md",
    }
    meta = json.loads(there.read("user/ada/memories/preferences/editors/.meta.json"))
    source = "user/ada/memories/preferences/editors.md"
    assert meta["imported"][source].encode() == files["memories/preferences/editors.md"]
    kept = json.loads(there.read("user/ada/memories/preferences/.meta.json"))
    assert kept["imported"]["user/ada/memories/preferences/.overview.md"] == "# Their overview\n"
    assert there.read("user/ada/memories/entities/notes.bin") == b"\xff"
    assert there.read("user/ada/notes/readme.txt") == b"stays"
    assert [m.text for m in there.messages(there.session_id("ada/s1"))] == ["Hi"]
    assert there.abstract("user/ada/memories/preferences/editors") == "She edits with Vim.\n"
    assert "messages.jsonl" not in git(top(there), "ls-tree", "-r", "--name-only", "HEAD")
    # The pack brought one layer of the archive; the other is made of its messages.
    assert there.abstract("session/ada/s1/history/archive_001") == "A greeting.\n"
    assert there.overview("session/ada/s1/history/archive_001").startswith("# Conversation\n")
    assert {f.rule for f in check(there, whole=True).findings} == {"VG305", "VG601"}  # as the pack has them
    assert there.refresh().commit is None
    assert_sound(top(there))


@pytest.mark.parametrize("record", [None, b'{"messages": []}'])
def test_an_archive_without_its_transcript(make: Make, tmp_path: Path, record: bytes | None) -> None:
    place = "sessions/s1/history/archive_001"
    files = {f"{place}/.abstract.md": b"A greeting.\n", **({f"{place}/.meta.json": record} if record else {})}
    there = make("there")
    imported(there, PackMaker(files, uri="viking://user/ada").write(tmp_path / "ada.ovpack"), "viking://user/")
    assert check(there, whole=True).findings == ()
    assert there.messages(there.session_id("ada/s1")) == []
    assert there.overview("session/ada/s1/history/archive_001").startswith("# Conversation\n")


def test_memories_go_to_the_parent_of_their_space(make: Make, tmp_path: Path) -> None:
    ours, there = make("ours"), make("there")
    with_session(ours)
    file = tmp_path / "m.ovpack"
    assert OpenViking(workspace=ours).export_ovpack("viking://user/default/memories/", file) == str(file)
    with pytest.raises(BadPack) as caught:
        imported(there, file, "viking://user/default/memories/")
    assert caught.value.hint == "import it into viking://user/default/"
    landed = OpenViking(workspace=there).import_ovpack(file, "viking://user/default/", force=True)
    assert landed == "viking://user/default/memories"
    assert tree(there, "user/default/memories") == tree(ours, "user/default/memories")
    assert there.find("what does the user prefer").memories


def test_a_backup_is_the_whole_tree(make: Make, tmp_path: Path) -> None:
    ours = make("ours")
    with_session(ours)
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# A\n")
    ours.add([tmp_path / "d"])
    file = tmp_path / "all.ovpack"
    ours.packs.backup(file, ExportOptions(with_transcripts=True), with_history=True)
    there = make("there")
    with pytest.raises(BadPack, match="a backup") as caught:
        imported(there, file, "viking://resources/")
    assert "restore" in (caught.value.hint or "")
    there.packs.restore(file, ImportOptions(), vectorize=False)
    assert tree(there) == tree(ours)
    assert len(there.messages(there.session_id("chat"))) == len(talk())
    with pytest.raises(Refused, match="already there"):
        there.packs.restore(file, ImportOptions(), vectorize=False)
    assert there.packs.restore(file, ImportOptions(on_conflict="skip"), vectorize=False).commit is None
    (tmp_path / "d/more.md").write_text("# More\n")
    there.add([tmp_path / "d"])
    there.packs.restore(file, ImportOptions(on_conflict="overwrite"), vectorize=False)
    assert there.read("resources/d/more.md") == b"# More\n"
    assert_sound(top(there))
    rebuilt = tmp_path / "rebuilt"
    rebuild(file, rebuilt)
    assert git(rebuilt, "rev-list", "HEAD") == git(top(ours), "rev-list", "HEAD")
    assert git(rebuilt, "for-each-ref") == git(top(ours), "for-each-ref")
    assert_sound(rebuilt)
    with pytest.raises(NotFound, match="not empty"):
        rebuild(file, rebuilt)


def test_history_of_another_time_is_refused(make: Make, tmp_path: Path) -> None:
    ours = make("ours")
    with_session(ours)
    file = tmp_path / "all.ovpack"
    ours.packs.backup(file, ExportOptions(), with_history=True)
    bundle = file.with_name("all.ovpack.bundle").read_bytes()
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# A\n")
    ours.add([tmp_path / "d"])
    ours.packs.backup(file, ExportOptions())
    file.with_name("all.ovpack.bundle").write_bytes(bundle)
    with pytest.raises(BadPack, match="is not in the history"):
        rebuild(file, tmp_path / "rebuilt")
    file.with_name("all.ovpack.bundle").write_bytes(bundle[: len(bundle) // 2])
    with pytest.raises(NotFound):
        rebuild(file, tmp_path / "rebuilt")
    assert not (tmp_path / "rebuilt").exists()


def test_a_backup_for_servers_comes_back_too(make: Make, tmp_path: Path) -> None:
    ours, there = make("ours"), make("there")
    with_session(ours)
    file = tmp_path / "all.ovpack"
    ours.packs.backup(file, ExportOptions(as_user="default", with_transcripts=True))
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("openviking-backup/_ovpack/manifest.json"))
    assert manifest["scopes"] == ["resources", "user"]
    there.packs.restore(file, ImportOptions(), vectorize=False)
    for path in ("user/default/memories", "session/default/chat/history", "resources"):
        assert tree(there, path) == tree(ours, path)


def test_differences(make: Make, tmp_path: Path) -> None:
    there = make("there")
    one = PackMaker({"a.md": b"# A\n", "b.md": b"# B\n"}).write(tmp_path / "1.ovpack")
    two = PackMaker({"a.md": b"# X\n", "c.md": b"# C\n"}).write(tmp_path / "2.ovpack")
    found = [(d.status, d.path) for d in there.packs.differences(one, two)]
    assert found == [("M", "a.md"), ("D", "b.md"), ("A", "c.md")]
    imported(there, one, "resources")
    assert {d.status for d in there.packs.differences(one)} == {"A"}
    assert ("M", "a.md") in [(d.status, d.path) for d in there.packs.differences(two, there.uri("resources/x"))]


def test_vectors_come_back_only_from_the_same_embedder(make: Make, tmp_path: Path) -> None:
    from viking_git.retrieval.embed import load_embedder
    from viking_git.retrieval.vectors import VectorCache, text_key
    from viking_git.session.packvectors import PackVectors

    ours = make("ours")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.md").write_text("# Engines\n\nHow engines are made.\n")
    ours.add([tmp_path / "d"])
    file = tmp_path / "d.ovpack"
    ours.packs.export(ours.uri("resources/d"), file, ExportOptions(), include_vectors=True)
    with zipfile.ZipFile(file) as archive:
        records = [json.loads(line) for line in archive.read("d/_ovpack/index_records.jsonl").splitlines()]
    assert {(r["path"], r["level"]) for r in records} == {("a.md", 2)}

    def taken(pack: Path, cache: Path) -> int:
        from viking_git.config import PackPolicy
        from viking_git.pack.read import open_pack

        with open_pack(pack, PackPolicy()) as opened:
            return PackVectors("hashing", cache, lambda text: None).take(opened)

    assert taken(file, tmp_path / "cache") == len(records)
    embedder = load_embedder("hashing", cache=tmp_path, notice=print)
    kept = VectorCache(tmp_path / "cache/vectors", embedder.id, embedder.dim, print)
    key = text_key(records[0]["text"])
    assert (kept.get_many([key])[key] == embedder.embed([records[0]["text"]])[0]).all()
    kept.close()
    with zipfile.ZipFile(file) as archive:
        members = [Item(i.filename, archive.read(i)) for i in archive.infolist()]
        manifest = archive.read("d/_ovpack/manifest.json")
    other = manifest.replace(embedder.id.encode(), b"another")
    file.write_bytes(make_zip([*members[:-1], Item(members[-1].name, other)]))
    assert taken(file, tmp_path / "cache2") == 0
    lie = bytes(reversed(members[-2].data))
    sha = hashlib.sha256(members[-2].data).hexdigest().encode(), hashlib.sha256(lie).hexdigest().encode()
    file.write_bytes(
        make_zip([*members[:-2], Item(members[-2].name, lie), Item(members[-1].name, manifest.replace(*sha))])
    )
    assert taken(file, tmp_path / "cache3") == 0
