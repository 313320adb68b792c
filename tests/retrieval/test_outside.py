"""How many files a search in a clone of some scopes does not see."""

from pathlib import Path

import pygit2

from viking_git.model.changes import Changes
from viking_git.retrieval.changes import Trees
from viking_git.retrieval.outside import note_outside
from viking_git.store.cone import Cone
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

FILES = ["viking.yaml", "resources/top.md", "resources/.abstract.md", "resources/a/1.md", "resources/a/.meta.json",
         "resources/b/2.md", "resources/b/c/3.md", "resources/b/c/.overview.md", "user/x/memories/4.md"]  # fmt: skip


def test_visible_files_outside_are_counted_and_the_count_is_kept(tmp_path: Path) -> None:
    writer = ObjectWriter(pygit2.init_repository(str(tmp_path / "r"), bare=True))
    tree = writer.apply(None, Changes(dict.fromkeys(FILES, b"x\n")))
    trunk, nothing = Snapshot(writer.git, tree), Snapshot(writer.git, None)
    home = tmp_path / "home"
    home.mkdir()

    def said(*whole: str) -> str:
        return note_outside(home, Trees(trunk, nothing, Cone(whole)))

    assert note_outside(home, Trees(trunk, nothing)) == ""
    assert list(home.iterdir()) == []
    assert said("resources/a").startswith("3 files outside of this clone's scopes are not searched")
    assert said("resources", "user") == said("resources/a"), "counted anew for one tree"
    (home / "outside").write_text("damaged")
    assert said("resources/b", "user/x").startswith("1 file outside of this clone's scopes is not")
    (home / "outside").unlink()
    assert said("resources", "user") == ""
    assert Trees(trunk, nothing, Cone(("resources/b",))).all() == {
        "resources/top.md", "resources/.abstract.md", "resources/b/2.md", "resources/b/c/3.md",
        "resources/b/c/.overview.md",
    }  # fmt: skip


def test_only_what_is_held_is_compared(tmp_path: Path) -> None:
    writer = ObjectWriter(pygit2.init_repository(str(tmp_path / "r"), bare=True))
    old = writer.apply(None, Changes(dict.fromkeys(FILES, b"x\n")))
    new = writer.apply(old, Changes(dict.fromkeys([*FILES, "resources/new.md", "resources/b/new.md"], b"y\n")))
    nothing, cone = Snapshot(writer.git, None), Cone(("resources/b/c",))
    before, after = (Trees(Snapshot(writer.git, tree), nothing, cone) for tree in (old, new))
    assert before.changed(after) == {
        "resources/top.md", "resources/.abstract.md", "resources/new.md", "resources/b/2.md", "resources/b/new.md",
        "resources/b/c/3.md", "resources/b/c/.overview.md",
    }  # fmt: skip
