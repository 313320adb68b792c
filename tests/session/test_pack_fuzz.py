"""Packs from a grammar, damaged at random: no crash, nothing outside, nothing half there, nothing dropped silently.

A few hundred by a fixed seed; ``make torture`` runs ten thousand.
"""

import base64
import hashlib
import json
import os
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import git
from tests.packs import Item, PackMaker, deflated, make_zip
from viking_git.config import PackPolicy
from viking_git.errors import BadPack, BrokenRules, VikingError
from viking_git.model.layers import LAYER_FILES
from viking_git.model.names import check_path
from viking_git.pack.read import open_pack
from viking_git.session.importing import ImportOptions, ImportReport
from viking_git.session.state import transcripts
from viking_git.workspace import Workspace

PACKS = int(os.environ.get("TORTURE_PACKS", "300"))
SEED = int(os.environ.get("TORTURE_SEED", "20261120"))

NAMES = [
    "a", "b.md", "README.md", ".abstract.md", ".overview.md", ".meta.json", ".relations.json", "content.md",
    "x.md", "profile.md",
    "messages.jsonl", "archive_001", "archive_002", "history", "decisions", "01.json", "usage.jsonl", "memories",
    ".done", "memory_diff.json", "extraction.json", "s1", "s1", "files",
    "preferences", "events",
    "2026", "11", "02", "2026-11-02_x", "cases", "sessions", "skills", "peers", "SKILL.md", "ü", "日本", "sub",
    ".x", "user",
]  # fmt: skip
PLAIN = [name for name in NAMES if name not in LAYER_FILES]
NASTY = [
    "..", ".", "", ".git", ".GIT", "git~1", "a\\b", "C:", "a\0b", "a\nb", "con", "x.ovpack", "A", "a.", "a ",
    "\u200c.git",
    "_ovpack", "x" * 300, "\ud7ff", ".gitmodules", ".gitattributes", "-x", "'; rm -rf /",
]  # fmt: skip
URIS = [
    "viking://resources/x", "viking://resources/memories", "viking://resources", "viking://user/ada", "viking://user",
    "viking://user/ada/memories", "viking://user/ada/sessions/s1", "viking://agent/bot",
    "viking://agent/bot/memories",
    "viking://session/ada/s1", "viking://session/ada", "viking://queue/x", "viking://", "viking://x/no uri",
    "viking://user/we ird",
]  # fmt: skip
CONTENTS = [
    b"", b"text\n", b"# Title\n\nA paragraph.\n", b"\xff\xfe\0", b"---\nname: x\n---\n# X\n\nA.\n", b"{}", b"[]",
    b"[" * 5_000, b'{"layers": 1, "generated_by": [], "imported": 7}',
    b'{"layers": {"abstract": "x"}, "generated_by": "extractive"}', b'{"messages": [{"id": 1}]}',
    b'{"messages": [{"id": "m", "created_at": "t", "role": "user"}]}', b"\n" * 3_000, b"word " * 2_000,
    b'{"id": "m1", "role": "user", "parts": [{"type": "text", "text": "Hi"}], "created_at": "2026-11-02T09:00:00Z"}\n',
    b"---\n? {a: b}\n: [[[\n---\n", b"---\na: &x [1]\nb: *x\n---\n# T\n\nP\n", b"<!-- MEMORY_FIELDS {{{ -->",
    b'# T\n\nP\n\n<!-- MEMORY_FIELDS {"topic": "t", "created_at": 5} -->\n', "é".encode("latin-1"), b'{"uris": 3}',
    b'{"uris": ["viking://user/ada/memories/preferences/x"], "decision": "create"}',
    b"---\nname: x\ncategory: preferences\ntopic: t\nstatus: active\n---\n# X\n\nA.\n",
]  # fmt: skip
TARGETS = [
    "",
    "resources",
    "resources/in",
    "user",
    "user/ada",
    "user/ada/sessions",
    "agent",
    "agent/bot",
    "session/ada",
]
MANIFESTS: list[dict[str, Any]] = [
    {"kind": "x"}, {"format_version": 9}, {"entries": []}, {"content_sha256": ""}, {"root": {}},
    {"root": None}, {"index": {}},
    {"index": None}, {"scopes": ["resources"]}, {"generator": "viking-git"}, {"root": {"name": "x",
    "uri": "viking://y"}},
    {"index": {"records": {"path": "_ovpack/manifest.json", "count": 0, "sha256": ""}}},
    {"index": {"dense": {"path": "_ovpack/dense.f32", "count": -1, "dimensions": 2**40, "sha256": ""}}},
]  # fmt: skip


def a_path(chance: random.Random) -> str:
    parts = [chance.choice(PLAIN) for _ in range(chance.randint(0, 4))] + [chance.choice(NAMES)]
    if chance.random() < 0.03:
        parts[chance.randrange(len(parts))] = chance.choice(NASTY)
    return "/".join(parts)


def a_maker(chance: random.Random) -> PackMaker:
    files = {a_path(chance): chance.choice(CONTENTS) for _ in range(chance.randint(0, 9))}
    files = {p: d for p, d in files.items() if not any(other.startswith(f"{p}/") for other in files)}
    directories = [a_path(chance) for _ in range(chance.choice([0, 0, 1, 3]))]
    directories = [d for d in directories if not any(f"{d}/".startswith(f"{p}/") for p in files)]
    maker = PackMaker(files, directories, chance.choice(URIS), chance.choice([1, 2, 3, 3, 3]))
    if chance.random() < 0.3:
        maker.change = {"generator": "viking-git"}
    if chance.random() < 0.15:
        maker.change = chance.choice(MANIFESTS)
    if chance.random() < 0.1:
        backup = {"name": "b", "uri": "viking://", "package_type": "backup"}
        maker = PackMaker({f"user/ada/{p}": d for p, d in files.items()}, uri="viking://x/b", change={"root": backup})
    return maker


def damaged(chance: random.Random, items: list[Item]) -> bytes:
    if chance.random() < 0.4:
        return make_zip(items)
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        item = chance.choice(items)
        match chance.randrange(9):
            case 0:
                item.mode = chance.choice([0o120777, 0o100755, 0o040755, 0o010644, 0xFFFF])
            case 1:
                item.size = chance.choice([0, 1, len(item.data) + 1, 2**31, 2**32 - 1])
            case 2:
                item.crc = chance.getrandbits(32)
            case 3:
                item.packed = max(0, len(deflated(item.data)) + chance.randint(-5, 50))
            case 4:
                item.offset = chance.choice([0, 1, 10, 2**32 - 1])
            case 5:
                item.flags = chance.choice([1, 8, 0x800, 0xFFFF])
            case 6:
                item.name = chance.choice([item.raw, b"x/" + chance.choice(NASTY).encode(), b"\xff/" + item.raw])
            case 7:
                items.append(Item(item.name, chance.choice(CONTENTS)))
            case _:
                item.method = chance.choice([0, 8, 12, 99])
    data = bytearray(make_zip(items))
    for _ in range(chance.choice([0, 0, 0, 1, 4])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    cut = chance.randrange(len(data)) if chance.random() < 0.08 else len(data)
    return bytes(data[:cut])


def some_options(chance: random.Random, number: int) -> ImportOptions:
    return ImportOptions(
        on_conflict=chance.choice(["fail", "overwrite", "overwrite", "skip"]), as_is=chance.random() < 0.3,
        skills=chance.choice(["agent", "user"]), dry_run=chance.random() < 0.1,
        branch=f"import/{number}" if chance.random() < 0.1 else None,
    )  # fmt: skip


def refs(workspace: Workspace) -> dict[str, str | None]:
    return {ref: workspace.store.tip(ref) for ref in workspace.store.refs("refs/")}


def assert_nothing_dropped(workspace: Workspace, file: Path, report: ImportReport) -> None:
    """Each file's bytes are a blob of the tree or of the transcripts, or stand in a .meta.json, or were projections."""
    store = workspace.store
    here = store.snapshot(report.commit)
    blobs = {entry.oid for snapshot in (here, transcripts(store)) for _, entry in snapshot.walk()}
    kept: set[bytes] = set()
    metas: list[Any] = []
    for path, entry in here.walk():
        if path.endswith("/.meta.json"):
            try:
                metas.append(json.loads(here.read_oid(entry.oid)))
                found = metas[-1]["imported"].values()
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue
            kept |= {base64.b64decode(v["base64"]) if isinstance(v, dict) else str(v).encode() for v in found}
        check_path(path)
        assert not any(part.casefold() == ".git" for part in path.split("/"))
    own = report.manifest.generator == "viking-git"
    with open_pack(file, PackPolicy()) as pack:
        for checked in pack.check(sink := Collected()):
            data = sink.files[checked.oid]
            layer = checked.path.rpartition("/")[2] in {".abstract.md", ".overview.md"}
            stands = checked.oid in blobs or data in kept or (own and layer) or report.skipped
            assert stands or is_said(checked.path, data, metas), checked.path


def is_said(path: str, data: bytes, metas: list[Any]) -> bool:
    """Whether a ``.meta.json`` of ours says all that the pack's says."""
    try:
        said = json.loads(data) if path.rpartition("/")[2] == ".meta.json" else None
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and any(isinstance(m, dict) and said.items() <= m.items() for m in metas)


class Collected:
    """A sink that keeps what it gets, under git's ids."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._data = bytearray()

    def begin(self, size: int) -> None:
        self._data = bytearray()

    def piece(self, deflated: bytes | None, data: bytes) -> None:
        self._data += data

    def end(self, adler: int) -> str:
        data = bytes(self._data)
        assert zlib.adler32(data) == adler
        oid = hashlib.sha1(b"blob %d\0%s" % (len(data), data), usedforsecurity=False).hexdigest()
        self.files[oid] = data
        return oid


def outside(tmp_path: Path) -> list[str]:
    return sorted(str(p) for p in tmp_path.iterdir())


def test_fuzzed_packs(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    workspace = Workspace.init(tmp_path / "w")[0]
    top = tmp_path / "w"
    file = tmp_path / "pack.ovpack"
    file.touch()
    around = outside(tmp_path)
    sound = 0
    for number in range(PACKS):
        seed = chance.getrandbits(64)
        own = random.Random(seed)
        maker = a_maker(own)
        file.write_bytes(damaged(own, maker.items()))
        above = maker.uri.removeprefix("viking://").rpartition("/")[0]
        options, target = some_options(own, number), above if own.random() < 0.6 else own.choice(TARGETS)
        before = refs(workspace)
        try:
            if own.random() < 0.15:
                report = workspace.packs.restore(file, options, vectorize=False)
            else:
                report = workspace.packs.import_(file, workspace.uri(f"viking://{target}"), options, vectorize=False)
        except VikingError as error:
            problem = error.message
            assert problem
            # Only what trunk holds for good may not be replaced; nothing else of a pack breaks a rule.
            if isinstance(error, BrokenRules) and "[VG306]" not in problem and "[VG402]" not in problem:
                raise AssertionError(f"seed {seed}: {problem}") from error
            assert refs(workspace) == before, f"seed {seed}"
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}, pack {number}") from error
        if report.commit is None:
            assert refs(workspace) == before, f"seed {seed}"
        else:
            sound += 1
            assert_nothing_dropped(workspace, file, report)
            workspace.sessions()
        assert outside(tmp_path) == around
    assert sound > PACKS // 20
    assert git(top, "status", "--porcelain") == ""
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    workspace.refresh()


NAME = st.sampled_from([*PLAIN, "long " * 8, "ß", "Ω"])
LAST = st.sampled_from([".abstract.md", ".overview.md", ".meta.json"])
PATHS = st.builds(lambda above, last: "/".join([*above, last]), st.lists(NAME, max_size=4), NAME | LAST)
FILES = st.dictionaries(PATHS, st.binary(max_size=200) | st.sampled_from(CONTENTS), max_size=12)


@settings(max_examples=max(20, PACKS // 100))
@given(files=FILES, version=st.sampled_from([1, 2, 3]))
def test_what_is_imported_is_exported(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], version: int
) -> None:
    """For any sound pack of documents: as it is, every byte comes back; and again, the same tree."""
    files = {p: d for p, d in files.items() if not any(o.startswith(f"{p}/") for o in files)}
    tmp_path = tmp_path_factory.mktemp("p")
    from viking_git.session.export import ExportOptions

    one, two = Workspace.init(tmp_path / "1")[0], Workspace.init(tmp_path / "2")[0]
    written = {(p.replace("/.", "/_._") if version == 1 else p): d for p, d in files.items()}
    written = {(f"_._{p[1:]}" if version == 1 and p.startswith(".") else p): d for p, d in written.items()}
    file = PackMaker(written, version=version).write(tmp_path / "x.ovpack")
    if not files:
        return
    before = refs(one)
    try:
        one.packs.import_(file, one.uri("resources"), ImportOptions(as_is=True), vectorize=False)
    except BadPack:
        # Layer files that are none may not reach trunk, as they are or otherwise; documents may always.
        assert any(p.rpartition("/")[2] in LAYER_FILES for p in files)
        assert refs(one) == before
        return
    back = tmp_path / "back.ovpack"
    one.packs.export(one.uri("resources/x"), back, ExportOptions())
    with open_pack(back, PackPolicy()) as pack:
        sums = {checked.path: checked.sha256 for checked in pack.check()}
    assert {p: hashlib.sha256(d).hexdigest() for p, d in files.items()}.items() <= sums.items()
    two.packs.import_(back, two.uri("resources"), ImportOptions(), vectorize=False)
    trees = [git(tmp_path / name, "rev-parse", "HEAD:resources/x") for name in ("1", "2")]
    if all(".abstract" not in p and ".overview" not in p and ".meta" not in p for p in files):
        assert trees[0] == trees[1]
