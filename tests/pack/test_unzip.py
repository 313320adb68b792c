"""ZIP files that lie: each is refused by a typed error that names the member, before or while it is unpacked."""

import io
import random
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tests.packs import Item, deflated, make_zip
from viking_git.config import PackPolicy
from viking_git.errors import BadPack
from viking_git.pack.unzip import Unzip

LIMITS = PackPolicy()


def unpack(data: bytes, limits: PackPolicy = LIMITS) -> dict[str, bytes]:
    archive = Unzip(io.BytesIO(data), limits)
    return {member.name: archive.read(member) for member in archive.members}


def test_what_zipfile_writes_is_read(tmp_path: Path) -> None:
    chance = random.Random(1)
    contents = {
        "a/": b"", "a/empty": b"", "a/text.md": b"words " * 5_000, "a/noise": chance.randbytes(300_000),
        "a/ünïcode/日本.md": b"x", "a/stored.bin": chance.randbytes(100),
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data, zipfile.ZIP_STORED if "stored" in name else None)
    assert unpack((tmp_path / "x.zip").read_bytes()) == contents


def test_a_streamed_zip_is_read() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a/b", b"hello " * 100)
    assert unpack(bytes(pipe.data)) == {"a/b": b"hello " * 100}


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(66_000):
            archive.writestr(f"a/{number}", b"")
    assert len(Unzip(buffer, LIMITS).members) == 66_000


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (Item("a/link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777), "symbolic link"),
        (Item("a/pipe", mode=stat.S_IFIFO), "special file"),
        (Item("a/dir", mode=stat.S_IFDIR), "file by its name"),
        (Item("a/file/", mode=stat.S_IFREG), "file by its name"),
        (Item("a/secret", b"x", flags=1), "encrypted"),
        (Item("a/bzip", b"x", method=12), "packed in a way"),
        (Item("a/crc", b"hello", crc=1), "CRC"),
        (Item("a/small", b"hello", size=3), "more than the 3 bytes"),
        (Item("a/large", b"hello", size=9), "unpacks to 5 bytes, not 9"),
        (Item("a/cut", b"hello " * 50, packed=5), "unpacks to"),
        (Item("a/stored", b"hello", method=0, size=4), "packed in a way"),
        (Item("a/hidden/", b"payload"), "directory with content"),
        (Item("a/one", b"x", local_name=b"a/two"), "another member by its own header"),
        (Item("a/tail", b"x", after=b"junk", packed=len(deflated(b"x")) + 4), "belong to nothing"),
        (Item("a/far", b"x", offset=10**6), "is cut off"),
        (Item(b"a/\xff\xfe", b"x", flags=0x800), "not UTF-8"),
        (Item("a/ü", b"x", flags=0), "not UTF-8, or not marked"),
        (Item("a/big", b"x", size=2 * 2**30), "more than 1,073,741,824"),
    ],
    ids=lambda value: str(value.name) if isinstance(value, Item) else None,
)
def test_lies_are_named(item: Item, words: str) -> None:
    with pytest.raises(BadPack, match=words) as caught:
        unpack(make_zip([Item("a/fine", b"x"), item]))
    assert caught.value.member in {item.name, item.raw.decode("utf-8", "backslashreplace")}


def test_members_do_not_lie_over_each_other() -> None:
    with pytest.raises(BadPack, match="lies over another"):
        unpack(make_zip([Item("a/x", b"hello"), Item("a/x2", b"hello", offset=0)]))


def test_an_extra_field_does_not_move_data_over_the_next_member() -> None:
    data = bytearray(make_zip([Item("a/1", b"hello", method=0), Item("a/2", b"world", method=0)]))
    data[28] = 38  # the first local header's length of extra fields: its data would be that of the second member
    with pytest.raises(BadPack, match="lies over another"):
        unpack(bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK", b"x" * 100, make_zip([])[:-1], make_zip([Item("a/b")], count=2), make_zip([Item("a/b")], count=0),
        make_zip([Item("a/b")], tail=b"more"), b"#!/bin/sh\n" + make_zip([Item("a/b")]),
    ],
    ids=["empty", "short", "noise", "cut", "too-many", "too-few", "tail", "head"],
)  # fmt: skip
def test_what_is_no_zip_file(data: bytes) -> None:
    with pytest.raises(BadPack):
        unpack(data)


def test_a_comment_at_the_end_is_passed_over() -> None:
    assert unpack(make_zip([Item("a/b", b"x")], comment=b"PK\5\6 made by hand")) == {"a/b": b"x"}


def test_it_is_refused_wherever_it_is_cut() -> None:
    chance = random.Random(3)
    data = make_zip([Item(f"a/{number}", chance.randbytes(3_000)) for number in range(12)])
    for end in range(0, len(data) - 1, 1024):
        with pytest.raises(BadPack):
            unpack(data[:end])


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    small = PackPolicy(max_bytes=1_000)
    with pytest.raises(BadPack, match="it unpacks to 2,000 bytes"):
        Unzip(io.BytesIO(make_zip([Item("a/1", b"x" * 1000), Item("a/2", b"x" * 1000)])), small)
    with pytest.raises(BadPack, match="times its size"):
        Unzip(io.BytesIO(make_zip([Item(f"a/{n}", b"x", size=2**29) for n in range(3)])), LIMITS)
    with pytest.raises(BadPack, match="more than 2"):
        Unzip(io.BytesIO(make_zip([Item(f"a/{n}") for n in range(3)])), PackPolicy(max_entries=2))


def test_a_bomb_that_lies_about_its_size_stops_there() -> None:
    bomb = make_zip([Item("a/bomb", bytes(48 * 2**20), size=1_000)])
    tracemalloc.start()
    with pytest.raises(BadPack, match="more than the 1,000 bytes"):
        unpack(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def test_a_million_entries_cost_little(tmp_path: Path) -> None:
    one = make_zip([Item("a/0000000")])
    start = one.index(b"PK\1\2")
    central = one[start : one.index(b"PK\5\6")]
    file = tmp_path / "many.zip"
    with file.open("wb") as out:
        out.write(one[:start])
        for _ in range(1_000):
            out.write(central * 1_000)
        size = 1_000_000 * len(central)
        zip64 = b"PK\6\6" + (44).to_bytes(8, "little") + b"\x2d\0\x2d\0" + bytes(8)
        zip64 += (10**6).to_bytes(8, "little") * 2 + size.to_bytes(8, "little") + start.to_bytes(8, "little")
        out.write(zip64 + b"PK\6\7" + bytes(4) + (start + size).to_bytes(8, "little") + b"\1\0\0\0")
        out.write(b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2))
    tracemalloc.start()
    with file.open("rb") as data, pytest.raises(BadPack, match="1,000,000 entries, more than 200,000"):
        Unzip(data, LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
