"""Written packs: what is in them, and that equal trees make equal bytes."""

import io
import zipfile

import pytest

from viking_git.config import PackPolicy
from viking_git.errors import BadPack
from viking_git.pack.manifest import Embedding, Root, Version
from viking_git.pack.records import IndexRecord
from viking_git.pack.unzip import Unzip
from viking_git.pack.write import Source, Vectors, check_sources, escaped, limited, unescaped, write_pack

BLOBS = {"1": b"# One\n", "2": bytes(range(256)) * 40, "3": b""}
SOURCES = [Source(".dot", "1"), Source("dir"), Source("dir/ünï.bin", "2", True), Source("dir/zero", "3")]
ROOT = Root("x", "viking://resources/x", "resources")


def written(version: Version, vectors: Vectors | None = None) -> bytes:
    buffer = io.BytesIO()
    write_pack(buffer, version, ROOT, SOURCES, BLOBS.__getitem__, vectors=vectors)
    return buffer.getvalue()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_equal_trees_make_equal_bytes(version: Version) -> None:
    assert written(version) == written(version)


def test_members_of_v3_stand_in_the_published_order() -> None:
    names = zipfile.ZipFile(io.BytesIO(written(3))).namelist()
    assert names == [
        "x/", "x/files/", "x/files/.dot", "x/files/dir/", "x/files/dir/ünï.bin", "x/files/dir/zero", "x/_ovpack/",
        "x/_ovpack/index_records.jsonl", "x/_ovpack/manifest.json",
    ]  # fmt: skip


def test_v1_writes_dots_its_own_way_and_nothing_about_itself() -> None:
    names = zipfile.ZipFile(io.BytesIO(written(1))).namelist()
    assert names == ["x/", "x/_._dot", "x/dir/", "x/dir/ünï.bin", "x/dir/zero"]


def test_headers_are_those_of_git_archive_and_of_no_time() -> None:
    members = {info.filename: info for info in zipfile.ZipFile(io.BytesIO(written(3))).infolist()}
    assert {info.date_time for info in members.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert members["x/files/dir/ünï.bin"].external_attr >> 16 == 0o100755
    assert not members["x/files/.dot"].external_attr >> 16 & 0o111
    found = {m.name: m.executable for m in Unzip(io.BytesIO(written(3)), PackPolicy()).members}
    assert [name for name, executable in found.items() if executable] == ["x/files/dir/ünï.bin"]


def test_vectors_lie_beside_the_records() -> None:
    records = [IndexRecord("a", "file", 2, f"text {n}", {"level": 2}, bytes([n]) * 16) for n in range(3)]
    archive = zipfile.ZipFile(io.BytesIO(written(3, Vectors(records, Embedding("p", "m", dimensions=4)))))
    assert archive.read("x/_ovpack/dense.f32") == b"".join(record.vector for record in records)
    lines = archive.read("x/_ovpack/index_records.jsonl").splitlines()
    assert b'"offset": 8' in lines[2]
    assert b'"record_id": "r000003"' in lines[2]


def test_dots_come_back() -> None:
    for path in (".a", "a/.b/.c", "a.b", "...", "a"):
        assert unescaped(escaped(path)) == path


@pytest.mark.parametrize(
    ("version", "sources", "words"),
    [
        (1, [Source("a/_._b", "1")], "stands for a dot"),
        (3, [Source("a", "1"), Source("A", "1")], "one name"),
        (3, [Source("in.ovpack", "1")], "pack inside"),
        (3, [Source("a\\b", "1")], "Windows"),
        (3, [Source(str(n), "1") for n in range(300)], "more than 100"),
    ],
)
def test_nothing_is_written_that_cannot_be_read(version: Version, sources: list[Source], words: str) -> None:
    with pytest.raises(BadPack, match=words):
        check_sources(version, sources, PackPolicy(max_entries=100))


def test_bytes_are_counted_as_they_are_read() -> None:
    read = limited(lambda oid: b"x" * int(oid), PackPolicy(max_file_bytes=10, max_bytes=15))
    with pytest.raises(BadPack, match="a file of 11"):
        read("11")
    read = limited(lambda oid: b"x" * int(oid), PackPolicy(max_file_bytes=10, max_bytes=15))
    read("10")
    with pytest.raises(BadPack, match="more than 15"):
        read("10")
