"""What a clone of some scopes holds, as git's sparse checkout says it."""

from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.store.cone import SEARCHED, Cone, cone_of, held_by
from viking_git.store.remote import narrow

FILES = [
    "top.md",
    "a/one.md",
    "a/b/two.md",
    "a/b/c/three.md",
    "a/d/four.md",
    "e/five.md",
    "s[1]*/six?.md",
    "a b/seven.md",
]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "source")
    for name in FILES:
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{name}\n")
    git(tmp_path / "source", "add", "-A")
    git(tmp_path / "source", "commit", "-qm", "one")
    git(tmp_path / "source", "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--sparse", f"file://{tmp_path}/source", "clone")
    return tmp_path / "clone"


@pytest.mark.parametrize("chosen", [[], ["a/b"], ["a", "e"], ["a/b/c", "a/d"], ["s[1]*"], ["a b", "a/b", "a/b/c"]])
def test_it_holds_what_git_checks_out(clone: Path, chosen: list[str]) -> None:
    narrow(clone, chosen)
    cone = cone_of(pygit2.Repository(str(clone)))
    assert cone is not None
    # Git marks with an S what it leaves out of the work tree.
    marked = dict(line.split(" ", 1)[::-1] for line in git(clone, "ls-files", "-tz").split("\0") if line)
    assert {path: cone.holds(path) for path in FILES} == {path: marked[path] == "H" for path in FILES}
    assert cone == Cone.of(chosen)


def test_a_clone_of_everything_has_none(clone: Path, tmp_path: Path) -> None:
    assert cone_of(pygit2.Repository(str(tmp_path / "source"))) is None
    git(tmp_path / "source", "sparse-checkout", "set", "--cone", "a")
    assert cone_of(pygit2.Repository(str(tmp_path / "source"))) is None, "nothing of it is elsewhere"
    git(clone, "sparse-checkout", "set", "--no-cone", "/a/*.md")
    assert cone_of(pygit2.Repository(str(clone))) is None
    git(clone, "sparse-checkout", "disable")
    assert cone_of(pygit2.Repository(str(clone))) is None


def test_more_may_be_held_beside_the_work_tree(clone: Path) -> None:
    git(clone, "sparse-checkout", "set", "--cone", "a/b")
    git(clone, "config", SEARCHED, "e\na/d")
    repository = pygit2.Repository(str(clone))
    assert held_by(repository) == Cone(("a/b", "a/d", "e"))
    assert cone_of(repository) == Cone(("a/b",))


def test_directories_above_and_below() -> None:
    cone = Cone.of(["a/b", "a/b/c", "x"])
    assert cone.whole == ("a/b", "x")
    assert cone.above == {"", "a"}
    assert cone.covers("a/b/c/d")
    assert not cone.covers("a")
    assert not cone.covers("a/bc")
    assert cone.meets("a")
    assert not cone.meets("y")
    assert cone.key == Cone.of(["x", "a/b"]).key != cone.widened(["y"]).key
    assert Cone.of([""]).covers("anything")
