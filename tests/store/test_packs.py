"""Packs: git reads them, keeps its hands off while it must, and nothing half-written is ever seen."""

import os
import random
import subprocess
import time
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import ObjectType

from tests.helpers import git
from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.packs import _index, kept_pack, loose_form, object_id, release_dead_packs
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

SIZES = (0, 1, 15, 16, 17, 127, 128, 2047, 2048, 70_000, 3_000_000)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    pygit2.init_repository(str(tmp_path / "r"), initial_head="main")
    return tmp_path / "r"


def places(repo: Path) -> tuple[Path, Path]:
    return repo / ".git/objects/pack", repo / ".git/viking/incoming"


def test_git_reads_what_was_packed(repo: Path) -> None:
    source = random.Random(5)
    blobs = [source.randbytes(size) for size in SIZES] + [b"text\n" * size for size in SIZES]
    objects = {object_id(ObjectType.BLOB, data): (ObjectType.BLOB, data) for data in blobs}
    with kept_pack(*places(repo), objects):
        (index,) = (repo / ".git/objects/pack").glob("*.idx")
        listed = git(repo, "verify-pack", "-v", str(index))
        assert sum(1 for line in listed.splitlines() if " blob " in line) == len(objects)
        again = subprocess.run(
            ["git", "-C", str(repo), "index-pack", "-o", str(repo / "own.idx"), str(index.with_suffix(".pack"))],
            check=True, capture_output=True,
        )  # fmt: skip
        assert again.returncode == 0
        assert (repo / "own.idx").read_bytes() == index.read_bytes()
    for oid, (_, data) in objects.items():
        found = subprocess.run(["git", "-C", str(repo), "cat-file", "blob", oid], check=True, capture_output=True)
        assert found.stdout == data
    assert pygit2.Repository(str(repo))[next(iter(objects))].type == ObjectType.BLOB
    assert not list((repo / ".git/objects/pack").glob("*.keep"))


def test_ids_and_loose_form_are_gits(repo: Path) -> None:
    oid = object_id(ObjectType.BLOB, b"hello\n")
    assert oid == str(pygit2.hash(b"hello\n"))
    path = repo / ".git/objects" / oid[:2] / oid[2:]
    path.parent.mkdir()
    path.write_bytes(loose_form(ObjectType.BLOB, b"hello\n"))
    assert git(repo, "cat-file", "blob", oid) == "hello\n"


def test_a_failed_write_leaves_nothing(repo: Path) -> None:
    pack, scratch = places(repo)
    objects = {"not hex": (ObjectType.BLOB, b"")}
    with pytest.raises(ValueError, match="hexadecimal"), kept_pack(pack, scratch, objects):
        pytest.fail("no pack was written")
    assert not list(pack.glob("pack-*"))
    assert not list(scratch.iterdir())


def test_keeps_of_the_dead_are_released_and_others_stay(repo: Path) -> None:
    pack, scratch = places(repo)
    data = {object_id(ObjectType.BLOB, b"1"): (ObjectType.BLOB, b"1")}
    with kept_pack(pack, scratch, data):
        (live,) = pack.glob("*.keep")
        (pack / "pack-theirs.keep").write_text("mine\n")
        dead = pack / "pack-dead.keep"
        dead.write_bytes(live.read_bytes())
        for old in (pack / "pack-theirs.keep", dead):
            os.utime(old, (time.time() - 7200, time.time() - 7200))
        assert release_dead_packs(pack) == 1
        assert live.exists()
        assert not dead.exists()
        assert (pack / "pack-theirs.keep").exists()


def test_a_large_change_is_one_pack(repo: Path) -> None:
    store = Store(repo)

    def build(writer: ObjectWriter, tip: str | None) -> str:
        files = {f"resources/x/{n % 7}/{n}.md": f"{n}\n".encode() for n in range(1000)}
        tree = writer.apply(None, Changes(files))
        assert Snapshot(store.git, tree).read("resources/x/1/8.md") == b"8\n"
        return store.commit(writer, tree, [], "add: many\n")

    store.advance("refs/heads/main", build, "test")
    listed = git(repo, "count-objects", "-v").splitlines()
    assert listed[0] == "count: 0"
    assert {"in-pack: 1011", "packs: 1"} <= set(listed)
    assert git(repo, "fsck", "--strict") == ""
    assert not [path for path in (repo / ".git/viking/incoming").rglob("*") if path.is_file()]


def test_offsets_beyond_two_gigabytes_stand_in_the_second_table() -> None:
    raw = _index({"ff" * 20: (2, 1 << 33), "00" * 20: (1, 12)}, b"\0" * 20)
    offsets = raw[8 + 1024 + 40 + 8 :]
    assert offsets[:8] == (12).to_bytes(4, "big") + (0x80000000).to_bytes(4, "big")
    assert offsets[8:16] == (1 << 33).to_bytes(8, "big")
