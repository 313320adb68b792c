"""Index records: written and read back, and refused where they point nowhere."""

import io

import pytest

from viking_git.errors import BadPack
from viking_git.pack.records import IndexRecord, RecordWriter, read_records

RECORDS = [
    IndexRecord("", "directory", 0, "the root", {"abstract": "ü"}, b"\0\0\x80\x3f" * 4),
    IndexRecord("a.md", "file", 2, "a text", {}, b""),
    IndexRecord("b.md", "file", 2, "another", {"tags": ""}, b"\0\0\0\x40" * 4),
]


def test_they_are_read_as_they_are_written() -> None:
    lines, dense = io.BytesIO(), io.BytesIO()
    writer = RecordWriter(lines, dense)
    for record in RECORDS:
        writer.add(record)
    assert list(read_records(lines.getvalue().splitlines(), dense, 4)) == RECORDS
    assert (writer.records_index().count, len(dense.getvalue())) == (3, 32)


@pytest.mark.parametrize(
    "line",
    [
        b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"path": "a", "kind": "file", "level": "x"}',
        b'{"path": "a", "kind": "file", "level": 2, "vector": {"dense": {"offset": 100, "dimensions": 4}}}',
        b'{"path": "a", "kind": "file", "level": 2, "vector": {"dense": {"offset": -1, "dimensions": 4}}}',
        b'{"path": "a", "kind": "file", "level": 2, "vector": {"dense": {"offset": 0, "dimensions": 3}}}',
        b'{"path": "a", "kind": "file", "level": 2, "vector": []}',
    ],
)  # fmt: skip
def test_what_is_no_record(line: bytes) -> None:
    with pytest.raises(BadPack, match="line 1 is no index record"):
        list(read_records([line], io.BytesIO(bytes(16)), 4))
