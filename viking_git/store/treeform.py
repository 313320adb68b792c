"""The bytes of a tree object (gitformat: mode, name, NUL, twenty bytes of id, for each entry).

libgit2 makes an object of every entry that it is asked for, which for a directory of thousands takes longer than
everything else that is done with it.
"""

import re
from collections.abc import Iterable, Iterator

from pygit2.enums import FileMode

TreeEntry = tuple[str, str, int]
"""Name, object id in hex, git file mode."""

RawEntry = tuple[bytes, bytes, bytes]
"""Mode in octal, name and id as a tree object holds them."""

_ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def raw_entries(tree: bytes) -> list[RawEntry]:
    """The entries of a tree object as they stand."""
    return _ENTRY.findall(tree)


def decoded(raw: RawEntry) -> TreeEntry:
    """One entry; bytes of its name that are no UTF-8 come as surrogates."""
    return raw[1].decode("utf-8", "surrogateescape"), raw[2].hex(), int(raw[0], 8)


def parse_tree(tree: bytes) -> Iterator[TreeEntry]:
    """The entries of a tree object, in git's order."""
    return map(decoded, _ENTRY.findall(tree))


def format_tree(entries: Iterable[TreeEntry]) -> bytes:
    """The tree object that holds ``entries``, which come in any order."""
    ordered = sorted((_in_order(name, mode), oid, mode) for name, oid, mode in entries)
    return b"".join(b"%o %s\0%s" % (mode, name.rstrip(b"/"), bytes.fromhex(oid)) for name, oid, mode in ordered)


def _in_order(name: str, mode: int) -> bytes:
    # Git compares a directory's name as if it ended in a slash.
    return name.encode("utf-8", "surrogateescape") + (b"/" if mode == FileMode.TREE else b"")
