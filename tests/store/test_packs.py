"""A large change is one pack: git reads it, it is synced before the ref moves, and a kill leaves nothing broken."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import ObjectType

from tests.helpers import git
from viking_git.model.changes import Changes
from viking_git.store.objects import PACK_FROM
from viking_git.store.packs import _index, write_pack
from viking_git.store.repo import Store

WRITE = """
import os, signal, sys
from pathlib import Path
from viking_git.model.changes import Changes
from viking_git.store.repo import Store
def step(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
store = Store(Path(sys.argv[1]), step=step)
def build(writer, tip):
    changes = Changes({f"resources/x/{n % 7}/{n}.md": str(n).encode() for n in range(int(sys.argv[3]))})
    return store.commit(writer, writer.apply(store.tree(tip), changes), [tip] if tip else [], "add: many")
store.advance("refs/heads/main", build, "test")
"""


def write(top: Path, kill_at: str = "", count: int = PACK_FROM) -> int:
    return subprocess.run(words(top, kill_at, count), check=False).returncode


def words(top: Path, kill_at: str, count: int = PACK_FROM) -> list[str]:
    return [sys.executable, "-c", WRITE, str(top), kill_at, str(count)]


@pytest.fixture
def top(tmp_path: Path) -> Path:
    pygit2.init_repository(str(tmp_path / "w"), initial_head="main")
    return tmp_path / "w"


def packs(top: Path) -> list[Path]:
    return sorted((top / ".git/objects/pack").glob("*.pack"))


def test_many_objects_are_one_pack_and_few_are_loose(top: Path) -> None:
    assert write(top, count=PACK_FROM - 1) == 0
    assert packs(top) == []
    assert write(top, count=2 * PACK_FROM) == 0
    assert len(packs(top)) == 1
    assert "in-pack: 511" in git(top, "count-objects", "-v")
    git(top, "verify-pack", str(packs(top)[0]))
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert git(top, "status", "--porcelain") == ""
    assert (top / "resources/x/1/8.md").read_text() == "8"


def test_objects_that_are_there_are_not_packed_again(top: Path) -> None:
    assert write(top) == 0
    store = Store(top)
    writer = store.writer()
    changes = Changes({f"resources/y/{n % 7}/{n}.md": str(n).encode() for n in range(PACK_FROM)})
    writer.apply(None, changes)
    assert len(packs(top)) == 1


@pytest.mark.parametrize(
    "data", [b"", b"x", b"x" * 15, b"x" * 16, b"x" * 2047, b"x" * 2048, bytes(range(256)) * 9000], ids=len
)
def test_sizes_of_every_length_are_read_back(top: Path, data: bytes) -> None:
    oid = str(pygit2.hash(data))
    write_pack(top / ".git/objects", {oid: (ObjectType.BLOB, data)})
    assert pygit2.Repository(str(top))[oid].read_raw() == data
    assert git(top, "cat-file", "-s", oid).strip() == str(len(data))


def test_offsets_beyond_two_gigabytes_stand_in_the_second_table() -> None:
    raw = _index([("00" * 20, 1, 12), ("ff" * 20, 2, 1 << 33)], b"\0" * 20)
    offsets = raw[8 + 1024 + 40 + 8 :]
    assert offsets[:8] == (12).to_bytes(4, "big") + (0x80000000).to_bytes(4, "big")
    assert offsets[8:16] == (1 << 33).to_bytes(8, "big")


@pytest.mark.parametrize("step", ["built", "locked", "before-checkout", "checked-out", "index-swapped"])
def test_a_kill_before_the_ref_moves_is_followed_by_one_that_carries_on(top: Path, step: str) -> None:
    assert write(top, step) == -9
    assert git(top, "for-each-ref") == ""
    assert write(top) == 0
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert git(top, "status", "--porcelain") == ""


def test_a_pack_that_a_repack_took_is_written_again(top: Path) -> None:
    store = Store(top)

    def build(writer, tip):  # type: ignore[no-untyped-def]
        tree = writer.apply(None, Changes({f"resources/x/{n}.md": str(n).encode() for n in range(PACK_FROM)}))
        commit = store.commit(writer, tree, [], "add: many")
        git(top, "repack", "-a", "-d", "-q")
        git(top, "prune", "--expire=now")
        assert packs(top) == []
        return commit

    store.advance("refs/heads/main", build, "test")
    assert git(top, "fsck", "--strict") == ""
    assert git(top, "status", "--porcelain") == ""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_the_pack_is_synced_before_the_ref_moves(top: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    watched = "trace=fsync,fdatasync,rename,renameat,renameat2,link,linkat"
    command = ["strace", "-f", "-y", "-s", "200", "-e", watched, "-o", str(trace), *words(top, "")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    calls = trace.read_text().splitlines()

    def first(*patterns: str) -> int:
        return next(n for n, call in enumerate(calls) if all(re.search(p, call) for p in patterns))

    moved = first(r"refs/heads/main\.lock", "rename|link")
    assert first(r"sync\(.*tmp_pack_viking_\d+>") < first(r"rename.*tmp_pack_viking_\d+\"") < moved
    assert first(r"sync\(.*tmp_pack_viking_\d+_idx") < first(r"rename.*tmp_pack_viking_\d+_idx\"") < moved
    assert first(r"rename.*_idx\"") < first(r"sync\(.*objects/pack>") < moved
