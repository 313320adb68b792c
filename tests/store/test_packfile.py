"""Many blobs as one pack file: git's own ids, git's own check, and nothing there before it is whole."""

import zlib
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import git
from viking_git.store.packfile import BlobPack, blob_pack
from viking_git.store.repo import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    pygit2.init_repository(str(tmp_path / "r"), initial_head="main")
    return Store(tmp_path / "r")


def put(blobs: BlobPack, data: bytes, piece: int = 1000) -> str:
    """As a ZIP member comes: deflated, in pieces."""
    packer, unpacker = zlib.compressobj(6, zlib.DEFLATED, -15), zlib.decompressobj(-15)
    raw = packer.compress(data) + packer.flush()
    blobs.begin(len(data))
    for start in range(0, len(raw), piece):
        blobs.piece(raw[start : start + piece], unpacker.decompress(raw[start : start + piece]))
    return blobs.end(zlib.adler32(data))


@settings(max_examples=20)
@given(st.lists(st.tuples(st.binary(max_size=5_000), st.booleans()), max_size=12))
def test_what_goes_in_is_what_git_has(store: Store, contents: list[tuple[bytes, bool]]) -> None:
    with blob_pack(store) as blobs:
        oids = [put(blobs, data, 7) if packed else blobs.add(data) for data, packed in contents]
        assert [blobs.read(oid) for oid in oids] == [data for data, _ in contents]
        with blobs.install(store):
            found = pygit2.Repository(store.git.path)
            assert [found[oid].data for oid in oids] == [data for data, _ in contents]


def test_git_finds_nothing_wrong(store: Store, tmp_path: Path) -> None:
    with blob_pack(store) as blobs:
        for size in (0, 1, 15, 16, 2_000, 3_000_000):
            put(blobs, b"x" * size)
        with blobs.install(store):
            assert list((store.common_dir / "objects/pack").glob("*.keep"))
    git(tmp_path / "r", "fsck", "--strict")
    assert len(git(tmp_path / "r", "cat-file", "--batch-all-objects", "--batch-check").splitlines()) == 6
    assert not list((store.common_dir / "objects/pack").glob("*.keep"))


def test_the_same_blob_is_kept_once(store: Store) -> None:
    with blob_pack(store) as blobs:
        assert put(blobs, b"same") == blobs.add(b"same") == put(blobs, b"same")
        assert len(blobs) == 1
        other = blobs.add(b"other")
        assert (blobs.read(other), blobs.size(other)) == (b"other", 5)


def test_nothing_is_there_before(store: Store) -> None:
    with blob_pack(store) as blobs:
        oid = blobs.add(b"not yet")
    assert oid not in pygit2.Repository(store.git.path)
    assert not list((store.private_dir / "incoming").iterdir())


def test_equal_packs_have_keeps_of_their_own(store: Store) -> None:
    packs = store.common_dir / "objects/pack"
    with blob_pack(store) as blobs:
        oid = blobs.add(b"x")
        with blobs.install(store):
            (keep,) = packs.glob("*.keep")
            with blob_pack(store) as again:
                again.add(b"x")
                with again.install(store):
                    assert len(list(packs.glob("*.keep"))) == 2
            assert list(packs.glob("*.keep")) == [keep]
            git(store.common_dir.parent, "prune", "--expire=now")
            git(store.common_dir.parent, "repack", "-adq")
            assert pygit2.Repository(store.git.path)[oid].data == b"x"
