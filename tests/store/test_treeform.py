"""The bytes of tree objects, with git as the referee."""

import subprocess
from pathlib import Path

import pygit2

from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot
from viking_git.store.treeform import encoded, format_tree, parse_tree

BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
ODD = [
    ("a", BLOB, 0o40000), ("a.b", BLOB, 0o100644), ("a-b", BLOB, 0o100755), ("é 🙂\n100644 x", BLOB, 0o120000),
    ("no utf-8: \udcff", BLOB, 0o100644), ("m", BLOB, 0o160000),
]  # fmt: skip


def test_what_is_written_is_read_again_in_git_s_order() -> None:
    assert [name for name, _, _ in parse_tree(format_tree(map(encoded, ODD)))] == [
        "a-b", "a.b", "a", "m", "no utf-8: \udcff", "é 🙂\n100644 x",
    ]  # fmt: skip
    assert sorted(parse_tree(format_tree(map(encoded, ODD)))) == sorted(ODD)
    assert format_tree([]) == b""


def test_git_makes_the_same_tree(tmp_path: Path) -> None:
    git = pygit2.init_repository(str(tmp_path), bare=True)
    writer = ObjectWriter(git)
    blob, inner = writer.blob(b""), writer.tree([("x", writer.blob(b"x"), 0o100644)])
    entries = [(name, inner or "" if mode == 0o40000 else blob, mode) for name, _, mode in ODD if mode != 0o160000]
    tree = writer.tree(entries)
    assert tree is not None
    with writer.durable(tree):
        lines = b"".join(
            b"%06o %s %s\t%s\0" % (mode, b"tree" if mode == 0o40000 else b"blob", oid.encode(),
                                   name.encode("utf-8", "surrogateescape"))
            for name, oid, mode in entries
        )  # fmt: skip
        made = subprocess.run(["git", "mktree", "-z"], cwd=tmp_path, input=lines, capture_output=True, check=True)
        assert made.stdout.decode().strip() == tree
    shown = {(entry.name, entry.oid, entry.mode) for entry in Snapshot(git, tree).entries()}
    assert shown == set(entries)
