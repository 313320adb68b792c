"""The bytes of a tree object (gitformat: mode, name, NUL, twenty bytes of id, for each entry).

libgit2 makes an object of every entry that it is asked for, which for a directory of thousands takes longer than
everything else that is done with it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import pygit2
from pygit2.enums import FileMode

TreeEntry = tuple[str, str, int]
"""Name, object id in hex, git file mode."""

Entries = Mapping[str, TreeEntry]
"""The entries of a tree by name."""

RawEntry = tuple[bytes, bytes, bytes]
"""Mode in octal without zeros before it, name and id as a tree object holds them."""

_ENTRY = re.compile(rb"0*([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)


def raw_entries(tree: bytes) -> list[RawEntry]:
    """The entries of a tree object, in git's order."""
    return _ENTRY.findall(tree)


def decoded(raw: RawEntry) -> TreeEntry:
    """One entry; bytes of its name that are no UTF-8 come as surrogates."""
    return name_of(raw), raw[2].hex(), int(raw[0], 8)


def encoded(entry: TreeEntry) -> RawEntry:
    """The opposite of ``decoded``."""
    name, oid, mode = entry
    return b"%o" % mode, encoded_name(name), bytes.fromhex(oid)


def name_of(raw: RawEntry) -> str:
    """The name of one entry."""
    return raw[1].decode("utf-8", "surrogateescape")


def is_utf8(name: str) -> bool:
    """Whether a name, as ``decoded`` gives it, is text."""
    return name.isascii() or not any("\udc80" <= c <= "\udcff" for c in name)


def encoded_name(name: str) -> bytes:
    """The name as a tree object holds it."""
    return name.encode("utf-8", "surrogateescape")


def entries_of(git: pygit2.Repository, entry: TreeEntry | None) -> dict[str, TreeEntry]:
    """The entries of a directory, none of what is no directory."""
    if entry is None or entry[2] != FileMode.TREE:
        return {}
    return {found[0]: found for found in parse_tree(git[entry[1]].read_raw())}


def parse_tree(tree: bytes) -> Iterator[TreeEntry]:
    """The entries of a tree object, in git's order."""
    return map(decoded, raw_entries(tree))


def format_tree(entries: Iterable[RawEntry]) -> bytes:
    """The tree object that holds ``entries``, which come in any order."""
    return b"".join([b"%b %b\0%b" % raw for raw in sorted(entries, key=_in_order)])


def _in_order(raw: RawEntry) -> bytes:
    # Git compares a directory's name as if it ended in a slash.
    return raw[1] + b"/" if raw[0] == b"40000" else raw[1]
