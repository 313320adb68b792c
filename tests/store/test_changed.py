"""What differs between two trees, beside a walk of both."""

from pathlib import Path

import pygit2
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Entry, Snapshot

MODES = (0o100644, 0o100755, 0o120000)
NAMES = st.sampled_from(["a", "a.b", "a-b", "b", "é", "A"])
LEAVES = st.tuples(st.sampled_from([b"1", b"2"]), st.sampled_from(MODES))
TREES = st.recursive(st.dictionaries(NAMES, LEAVES, max_size=4), lambda inner: st.dictionaries(
    NAMES, st.one_of(LEAVES, inner), max_size=4), max_leaves=8)  # fmt: skip


def written(writer: ObjectWriter, tree: dict[str, object]) -> str | None:
    entries = []
    for name, value in tree.items():
        if isinstance(value, tuple):
            entries.append((name, writer.blob(value[0]), value[1]))
        elif (oid := written(writer, value)) is not None:  # type: ignore[arg-type]
            entries.append((name, oid, 0o40000))
    return writer.tree(entries)


def test_it_is_what_a_walk_of_both_finds(tmp_path: Path) -> None:
    writer = ObjectWriter(pygit2.init_repository(str(tmp_path / "r.git"), bare=True))

    @given(TREES, TREES)
    @settings(max_examples=60)
    def check(one: dict[str, object], other: dict[str, object]) -> None:
        old, new = Snapshot(writer.git, written(writer, one)), Snapshot(writer.git, written(writer, other))
        was, now = dict(old.walk()), dict(new.walk())
        expected: dict[str, tuple[Entry | None, Entry | None]] = {
            path: (was.get(path), now.get(path)) for path in was.keys() | now.keys() if was.get(path) != now.get(path)
        }
        found = list(old.changed(new))
        assert {path: sides for path, *sides in found} == {path: list(sides) for path, sides in expected.items()}
        assert len(found) == len(expected)
        assert [path for path, _, _ in found] == sorted(expected, key=lambda path: path.split("/"))
        below = {path: sides for path, sides in expected.items() if f"{path}/".startswith("a/")}
        assert {path for path, _, _ in old.changed(new, "a")} == set(below)

    check()
