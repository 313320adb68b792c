"""Private transcripts keep what lies beside them, whatever number they get, and none takes another's place."""

from pathlib import Path

import pytest

from tests.store.test_merge import Trees
from viking_git.store.arranging import arranged, is_arranged, merge_kept
from viking_git.store.kept import Kept, place_of, transcript_at
from viking_git.store.snapshot import Snapshot

HISTORY = "session/ada/plan/history"


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repo")


def kept(**said: str) -> dict[str, str]:
    """Archives by number (``n1``), each with a transcript and an image beside it."""
    files = {}
    for number, text in said.items():
        place = f"{HISTORY}/archive_{int(number[1:]):03d}"
        files |= {f"{place}/messages.jsonl": f"{text}\n", f"{place}/files/{text}.png": f"image of {text}"}
    return files


def snapshot(trees: Trees, files: dict[str, str]) -> Snapshot:
    return Snapshot(trees.writer.git, trees.tree(files))


def read(trees: Trees, tree: str | None) -> dict[str, str]:
    found = Snapshot(trees.writer.git, tree)
    return {path: found.read_oid(entry.oid).decode() for path, entry in found.walk()}


def merged(trees: Trees, base: dict[str, str], ours: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    sides = (snapshot(trees, side) for side in (base, ours, theirs))
    return read(trees, merge_kept(trees.writer, *sides))


def test_each_goes_where_its_archive_is_and_the_rest_out_of_the_way(trees: Trees) -> None:
    there = snapshot(trees, kept(n1="a", n2="b", n3="c"))
    stamps = {f"archive_00{n}": trees.writer.blob(f"{text}\n".encode()) for n, text in ((1, "b"), (2, "d"), (4, "a"))}
    assert not is_arranged(there, HISTORY, stamps)
    tree = arranged(trees.writer, there, HISTORY, stamps)
    assert read(trees, tree) == kept(n1="b", n3="c", n4="a")
    assert is_arranged(Snapshot(trees.writer.git, tree), HISTORY, stamps)
    assert read(trees, arranged(trees.writer, there, HISTORY, {}, vacate="archive_002")) == kept(n1="a", n3="c", n4="b")


def test_two_that_stand_in_each_others_place_change_places(trees: Trees) -> None:
    there = snapshot(trees, kept(n1="a", n2="b"))
    stamps = {f"archive_00{n}": trees.writer.blob(f"{text}\n".encode()) for n, text in ((1, "b"), (2, "a"))}
    assert read(trees, arranged(trees.writer, there, HISTORY, stamps)) == kept(n1="b", n2="a")


def test_a_merge_takes_none_for_another(trees: Trees) -> None:
    assert merged(trees, {}, kept(n1="a"), kept(n1="b")) == kept(n1="a", n2="b")
    assert merged(trees, kept(n1="p"), kept(n1="a", n2="p"), kept(n1="b", n2="p")) == kept(n1="a", n2="p", n3="b")
    # What one side moved, the other's image does not go along with.
    assert merged(trees, kept(n1="b"), kept(n2="b"), kept(n1="b", n3="c")) == kept(n2="b", n3="c")
    assert merged(trees, kept(n1="a", n2="b"), kept(n1="a"), kept(n1="b", n2="a")) == kept(n1="a")
    assert merged(trees, kept(n1="a", n2="b"), kept(n1="a", n2="b"), kept(n1="b")) == kept(n2="b")
    both = kept(n1="a") | {f"{HISTORY}/archive_001/usage.jsonl": "u\n"}
    assert merged(trees, {}, kept(n2="a"), both) == kept(n2="a") | {f"{HISTORY}/archive_002/usage.jsonl": "u\n"}


def test_files_outside_of_archives_merge_by_path(trees: Trees) -> None:
    base = {"user/a": "1", "user/b": "1", "user/c": "1"}
    ours = {"user/a": "2", "user/b": "1", "user/c": "1", "user/d": "2"}
    theirs = {"user/a": "3", "user/b": "3", "user/d": "3", "user/e": "3"}
    assert merged(trees, base, ours, theirs) == {"user/a": "2", "user/b": "3", "user/d": "2", "user/e": "3"}


def test_what_is_anothers_is_not_shown(trees: Trees) -> None:
    archive = f"{HISTORY}/archive_001"
    own = trees.writer.blob(b"a\n")
    trunk = snapshot(trees, {f"{archive}/.meta.json": f'{{"summarizes": "{own}"}}'})
    right, wrong = snapshot(trees, kept(n1="a", n2="b")), snapshot(trees, kept(n1="b", n2="a"))
    assert Kept(trunk, right).get(f"{archive}/messages.jsonl") == b"a\n"
    assert [entry.name for entry in Kept(trunk, right).entries(f"{archive}/files")] == ["a.png"]
    shown = Kept(trunk, wrong)
    assert shown.entry(f"{archive}/messages.jsonl") is shown.get(f"{archive}/files/b.png") is None
    assert shown.entries(archive) == shown.entries(f"{archive}/files") == []
    assert [path for path, _ in shown.walk("session")] == list(kept(n2="a"))[::-1]
    assert (transcript_at(wrong, archive), place_of(wrong, archive, own)) == (
        trees.writer.blob(b"b\n"), f"{HISTORY}/archive_002",
    )  # fmt: skip
    assert place_of(right, archive, "0" * 40) is None
