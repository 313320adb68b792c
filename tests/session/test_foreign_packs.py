"""Packs that a real OpenViking server wrote, and its shapes one by one: taken whole, and no rule broken by it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import assert_sound, check, git
from tests.packs import PackMaker
from viking_git.config import PackPolicy
from viking_git.errors import BadPack
from viking_git.model.layers import META
from viking_git.pack.foreign import verbatim
from viking_git.pack.read import open_pack
from viking_git.session.importing import ImportOptions, ImportReport
from viking_git.session.state import transcripts
from viking_git.store.packfile import blob_pack
from viking_git.workspace import Workspace

DATA = Path(__file__).parent.parent / "data"
LINE = (
    b'{"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Hi"}], "created_at": "2026-11-02T09:00:00Z"}\n'
)
THEIR_META = b'{"session_id": "s1", "commit_count": 1, "memory_policy": null}'
THEIR_DIFF = b'{"operations": {"adds": [{"after": "Ada said: ship it."}]}}'


@pytest.fixture
def there(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "there")[0]


def take(there: Workspace, file: Path, uri: str = "viking://user/", **options: Any) -> ImportReport:
    return there.packs.import_(file, there.uri(uri), ImportOptions(**options), vectorize=False)


def contents(there: Workspace, file: Path) -> dict[str, bytes]:
    """Path in the pack → bytes."""
    with open_pack(file, PackPolicy()) as pack, blob_pack(there.store) as blobs:
        return {checked.path: blobs.read(checked.oid) for checked in pack.check(blobs)}


def top(there: Workspace) -> Path:
    assert there.store.workdir is not None
    return there.store.workdir


def assert_findable(there: Workspace, file: Path) -> None:
    """Every file of the pack is read by its URI, or stands verbatim in a ``.meta.json`` that is."""
    view = there.snapshot()
    walked = [path for shot in (view, transcripts(there.store)) for path, _ in shot.walk()]
    # A URI with one name below session/ is a session's.
    paths = [path for path in walked if path.count("/") > (2 if path.startswith("session/") else 0)]
    readable = {there.read(f"viking://{path}") for path in paths}
    metas = [json.loads(view.read(path)) for path, _ in view.walk() if path.endswith(f"/{META}")]
    kept = [meta["imported"] for meta in metas if "imported" in meta]
    for path, data in contents(there, file).items():
        stands = any(value == verbatim(data) and key.endswith(path) for found in kept for key, value in found.items())
        assert data in readable or stands, path


def assert_whole(there: Workspace, file: Path, report: ImportReport) -> None:
    assert report.files == len(contents(there, file))
    assert_findable(there, file)
    assert_sound(top(there))
    assert check(there, whole=True).findings == ()
    assert there.refresh().commit is None


@pytest.mark.parametrize("policy", ["private", "tracked"])
def test_sessions_of_a_real_server(tmp_path: Path, policy: Any) -> None:
    file = DATA / "openviking-sessions.v3.ovpack"
    there = Workspace.init(tmp_path / "there", transcripts=policy)[0]
    report = there.packs.import_(file, None, ImportOptions(), vectorize=True)
    assert_whole(there, file, report)
    assert report.uri == "viking://user/default/sessions"
    sessions = [str(session) for session in there.sessions()]
    assert len(sessions) == 2
    assert there.messages(there.session_id("20261120-104851-03f8e7e974524db8"))[0].text.startswith("My name is Ada.")
    assert "Harbor" in there.find("Harbor is a delivery service").memories[0].match.text
    # What their memory_diff.json quotes is as private as the conversation.
    view = there.snapshot()
    said = [path for path, _ in view.walk("session") if b"freeze the schema" in view.read(path)]
    assert bool(said) == (policy == "tracked")
    before = view.tree
    take(there, file, "viking://user/default/", on_conflict="overwrite")
    assert there.snapshot().tree == before


def test_memories_of_a_real_server(there: Workspace) -> None:
    file = DATA / "openviking-memories.v1.ovpack"
    report = take(there, file, "viking://user/default/")
    assert_whole(there, file, report)
    assert there.abstract("user/default/memories/preferences/default_tabs_over") == "I prefer tabs over spaces.\n"
    assert any("events/2026/11/: empty" in note for note in report.notes)


SHAPES: dict[str, dict[str, bytes]] = {
    "done": {"sessions/s1/history/archive_001/.done": b'{"coverage_start_archive": "archive_001"}'},
    "failed": {"sessions/s1/history/archive_001/.failed.json": b'{"stage": "memory_extraction", "skipped": true}'},
    "nothing said": {"sessions/s1/messages.jsonl": b"", "sessions/s1/.meta.json": THEIR_META},
    "only running": {"sessions/s1/messages.jsonl": LINE, "sessions/s1/.meta.json": THEIR_META},
    "archived and nothing running": {
        "sessions/s1/messages.jsonl": b"", "sessions/s1/.meta.json": THEIR_META,
        "sessions/s1/.overview.md": b"# Theirs\n", "sessions/s1/history/archive_001/messages.jsonl": LINE,
    },
    "no archive but layers": {"sessions/s1/.abstract.md": b"Nothing yet.\n", "sessions/s1/.meta.json": THEIR_META},
    "diff": {
        "sessions/s1/history/archive_001/messages.jsonl": LINE,
        "sessions/s1/history/archive_001/memory_diff.json": THEIR_DIFF,
    },
    "a diff and no transcript": {"sessions/s1/history/archive_001/memory_diff.json": THEIR_DIFF},
    "an archive is missing": {"sessions/s1/history/archive_003/messages.jsonl": LINE},
    "beside archives": {
        "sessions/s1/history/notes.txt": b"n", "sessions/s1/history/old/a.txt": b"a",
        "sessions/s1/history/archive_001/messages.jsonl": LINE,
    },
    "an archive is a file": {"sessions/s1/history/archive_001": b"x"},
    "records of nobody": {
        "sessions/s1/history/archive_001/messages.jsonl": LINE,
        "sessions/s1/history/archive_001/decisions/01.json": b'{"uris": 3}',
        "sessions/s1/history/archive_001/extraction.json": b"[]",
        "sessions/s1/history/archive_001/.meta.json": b"\xff",
        "sessions/s1/.relations.json": b"{",
    },
    "files in date folders": {
        "memories/events/2026/11/02/photo.png": b"\x89PNG\xff", "memories/events/2026/11/notes.txt": b"n",
        "memories/events/2026/11/02/.overview.md": b"# Theirs\n",
        "memories/events/2026/12/.abstract.md": b"December.\n",
    },
    "memories that are none": {
        "memories/preferences/tea/content.md": b"\xff\0", "memories/preferences/tea/.meta.json": b'{"sources": 5}',
        "memories/preferences/a\xc3\xa9/x.txt".encode("latin-1").decode(): b"x",
    },
    "layers of what is none": {"memories/preferences/tea/.overview.md": b"# T\n", "memories/.meta.json": b"[]"},
    "sidecars of others": {"notes/.meta.json": b'{"layers": 1}', "notes/a.md": b"# A\n", "notes/.relations.json": b"7"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_others(there: Workspace, tmp_path: Path, shape: str) -> None:
    maker = PackMaker(SHAPES[shape], uri="viking://user/ada")
    file = maker.write(tmp_path / "ada.ovpack")
    report = take(there, file)
    assert report.files == len(maker.files)
    assert_findable(there, file)
    assert_sound(top(there))
    # What stays without a memory is the pack's own; nothing that the import made is found fault with.
    assert {f.rule for f in check(there, whole=True).findings} <= {"VG304", "VG305", "VG309"}
    for session in there.sessions():
        there.messages(session.session)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_branch_brings_the_same(there: Workspace, tmp_path: Path, shape: str) -> None:
    file = PackMaker(SHAPES[shape], uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    report = take(there, file, branch="import/ada")
    git(top(there), "merge", "-q", "--no-ff", "-m", "import: ada", "import/ada")
    there.refresh()
    assert report.files == len(SHAPES[shape])
    assert_findable(there, file)
    assert_sound(top(there))


EMPTY = ["sessions/s1/history", "sessions/s2/history/archive_001", "sessions/s3", "memories/events/2026/11/02",
         "memories/preferences/ada", "memories/events/2027", "sessions/s4/history/old"]  # fmt: skip


@pytest.mark.parametrize("as_is", [False, True])
def test_empty_directories_break_no_rule(there: Workspace, tmp_path: Path, as_is: bool) -> None:
    wanted = [name for name in EMPTY if not (as_is and name.startswith("sessions/"))]
    file = PackMaker({"notes/a.txt": b"a"}, wanted, uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    take(there, file, as_is=as_is)
    assert_sound(top(there))
    assert {f.rule for f in check(there, whole=True).findings} <= {"VG305"}


@pytest.mark.parametrize("shape", ["files in date folders", "memories that are none", "sidecars of others"])
def test_as_is_names_what_cannot_stand(there: Workspace, tmp_path: Path, shape: str) -> None:
    file = PackMaker(SHAPES[shape], uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    before = there.snapshot().tree
    with pytest.raises(BadPack) as caught:
        take(there, file, as_is=True)
    assert caught.value.hint == "leave out --as-is"
    assert there.snapshot().tree == before


def test_what_cannot_be_kept_is_refused_by_name(there: Workspace, tmp_path: Path) -> None:
    large = b'{"x": "' + b"x" * 2**20 + b'"}'
    file = PackMaker({"memories/tea/.relations.json": large}, uri="viking://user/ada").write(tmp_path / "ada.ovpack")
    with pytest.raises(BadPack, match="too large to be kept"):
        take(there, file)
    far = {"sessions/s1/history/archive_999999999/messages.jsonl": LINE}
    with pytest.raises(BadPack, match="lack more than"):
        take(there, PackMaker(far, uri="viking://user/ada").write(tmp_path / "far.ovpack"))
    odd = {"sessions/s1/history/archive_0001/messages.jsonl": LINE}
    with pytest.raises(BadPack, match="no archive's name"):
        take(there, PackMaker(odd, uri="viking://user/ada").write(tmp_path / "odd.ovpack"))
