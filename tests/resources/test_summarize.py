"""Resource layers: what they say, what they depend on, and whose words they never overwrite."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.errors import InvalidContent
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT_LIMIT, LAYER_FILES, OVERVIEW_LIMIT
from viking_git.resources.summarize import (
    directory_layers,
    is_summarised,
    refresh_resources,
    resource_changes,
    stamp,
    state,
)
from viking_git.resources.view import View
from viking_git.store.snapshot import Snapshot

DOCS = {
    "resources/p/README.md": "# Project\n\nA tool that sorts mail.\n\n## Install\n",
    "resources/p/notes.txt": "Loose notes on sorting.\n",
    "resources/p/api/mail.md": "# Mail API\n\nHow to send mail.\n",
    "resources/p/api/deep/x.md": "# Deep\n\nDown here.\n",
}


def settled(grow, files) -> Snapshot:
    """A tree with layers in all its resource directories."""
    base = grow()
    changes = Changes({path: data.encode() for path, data in files.items()})
    layers = resource_changes(base, changes, changes.paths())
    changes.update(layers)
    return grow(changes, base)


def meta_of(tree: Snapshot, path: str) -> dict[str, object]:
    return json.loads(tree.read(f"{path}/.meta.json"))


def test_every_directory_on_the_way_gets_layers_but_not_the_scope(grow) -> None:
    tree = settled(grow, DOCS)
    assert tree.read("resources/p/.abstract.md") == b"A tool that sorts mail.\n"
    assert tree.read("resources/p/api/deep/.abstract.md") == b"Down here.\n"
    assert [state(tree, path) for path in ("resources/p", "resources/p/api", "resources/p/api/deep")] == ["current"] * 3
    assert not tree.exists("resources/.abstract.md")
    assert set(meta_of(tree, "resources/p")) == {"generated_by", "layers", "summarizes"}


def test_overview_has_a_line_a_file_and_a_line_a_directory(grow) -> None:
    overview = settled(grow, DOCS).read("resources/p/.overview.md").decode()
    assert overview == (
        "# Project\n\nA tool that sorts mail.\n\n## Files\n\n"
        "- [README.md](README.md) — Project: A tool that sorts mail.\n  Sections: Install\n"
        "- [notes.txt](notes.txt) — Loose notes on sorting.\n\n"
        "## Directories\n\n- [api/](api/) — 1 file: Mail API. Also 1 directory.\n"
    )


def test_without_a_readme_the_titles_describe_the_directory(grow) -> None:
    tree = grow(
        {"resources/p/a.md": "# Alpha\n\nFirst.", "resources/p/b.md": "# Beta\n\nSecond.", "resources/p/c.png": b"\0"}
    )
    assert directory_layers(tree, "resources/p").abstract == "3 files: Alpha, Beta, c.png."


def test_a_leading_module_gives_no_title_and_a_binary_its_name(grow) -> None:
    tree = grow({"resources/p/__init__.py": '"""What it is."""\n', "resources/q/logo.png": b"\0"})
    assert directory_layers(tree, "resources/p").overview.startswith("# Contents\n\nWhat it is.\n")
    assert directory_layers(tree, "resources/q").abstract == "1 file: logo.png."


def test_directories_alone_and_nothing_at_all(grow) -> None:
    tree = grow({"resources/p/a/x": "1", "resources/p/b/x": "2", "resources/e/.abstract.md": "old"})
    assert directory_layers(tree, "resources/p").abstract == "2 directories: a, b."
    assert directory_layers(tree, "resources/e").abstract == "Nothing here yet."


def test_layers_use_only_what_the_stamp_names(grow) -> None:
    tree = settled(grow, DOCS)
    allowed = {"resources/p/README.md", "resources/p/notes.txt", "resources/p/api/.abstract.md"}

    class Fenced:
        """The tree with everything else out of reach."""

        def entry(self, path):
            raise AssertionError(path)

        def get(self, path):
            raise AssertionError(path)

        def entries(self, path=""):
            assert path == "resources/p"
            return tree.entries(path)

    def read(path: str) -> bytes:
        assert path in allowed
        return tree.read(path)

    assert directory_layers(Fenced(), "resources/p", read) == directory_layers(tree, "resources/p")


def test_what_the_stamp_does_not_name_does_not_change_the_layers(grow) -> None:
    tree = settled(grow, DOCS)
    before = directory_layers(tree, "resources/p"), stamp(tree, "resources/p")
    for path, data in {
        "resources/p/api/mail.md": b"# Other\n\nText.",
        "resources/p/api/deep/new.md": b"# New\n",
        "resources/p/api/.overview.md": b"rewritten",
        "resources/p/.abstract.md": b"by hand",
        "resources/p/.relations.json": b"{}",
        "resources/q/x.md": b"# Elsewhere\n",
    }.items():
        changed = grow(Changes({path: data}), tree)
        assert (directory_layers(changed, "resources/p"), stamp(changed, "resources/p")) == before, path


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("resources/p/README.md", b"# Project\n\nA tool that sorts mail!\n"),
        ("resources/p/new.bin", b"\0"),
        ("resources/p/api/.abstract.md", b"Another line.\n"),
    ],
)
def test_what_the_stamp_names_makes_layers_stale(grow, path: str, data: bytes) -> None:
    changed = grow(Changes({path: data}), settled(grow, DOCS))
    assert state(changed, "resources/p") == "stale"


def test_the_executable_bit_is_in_the_stamp(grow) -> None:
    tree = settled(grow, DOCS)
    changes = Changes()
    changes.write("resources/p/notes.txt", tree.read("resources/p/notes.txt"), executable=True)
    assert state(grow(changes, tree), "resources/p") == "stale"


def test_a_child_without_an_abstract_counts_by_its_tree(grow) -> None:
    one = grow({"resources/p/a/x": "1"})
    assert stamp(one, "resources/p") != stamp(grow({"resources/p/a/x": "2"}), "resources/p")


def test_renaming_a_directory_keeps_layers_and_stamp(grow) -> None:
    here = settled(grow, DOCS)
    there = settled(grow, {path.replace("resources/p/", "resources/q/"): data for path, data in DOCS.items()})
    assert here.entry("resources/p").oid == there.entry("resources/q").oid


def test_a_second_run_changes_nothing(grow) -> None:
    tree = settled(grow, DOCS)
    assert not resource_changes(tree, Changes(), DOCS)
    changes, report = refresh_resources(tree, ["resources"])
    assert (bool(changes), report.current, report.written) == (False, 3, ())


def test_only_directories_on_touched_paths_are_written(grow) -> None:
    tree = settled(grow, {**DOCS, "resources/q/a.md": "# A\n\nText."})
    stale = grow(Changes({"resources/q/a.md": b"# A\n\nOther."}), tree)
    changes = Changes({"resources/p/api/deep/x.md": b"# Deep\n\nChanged.\n"})
    layers = resource_changes(stale, changes, changes.paths())
    assert {path for path, _ in layers.files()} == {
        "resources/p/api/deep/.abstract.md", "resources/p/api/deep/.overview.md", "resources/p/api/deep/.meta.json",
        "resources/p/api/.overview.md", "resources/p/api/.meta.json",
    }  # fmt: skip
    assert state(grow(layers, grow(changes, stale)), "resources/p") == "current"


def test_deleting_documents_mends_the_directories_above(grow) -> None:
    tree = settled(grow, DOCS)
    changes = Changes()
    changes.delete("resources/p/api")
    layers = resource_changes(tree, changes, ["resources/p/api/mail.md", "resources/p/api/deep/x.md"])
    changes.update(layers)
    after = grow(changes, tree)
    assert not after.exists("resources/p/api")
    assert b"api" not in after.read("resources/p/.overview.md")
    assert state(after, "resources/p") == "current"


def test_unknown_keys_and_the_source_stay(grow) -> None:
    tree = grow({"resources/p/a.md": "# A\n\nText.", "resources/p/.meta.json": '{"source": "docs", "mine": [1]}'})
    after = grow(resource_changes(tree, Changes(), ["resources/p/a.md"]), tree)
    assert (meta_of(after, "resources/p")["source"], meta_of(after, "resources/p")["mine"]) == ("docs", [1])


def test_agent_skills_and_instructions_are_summarised_too() -> None:
    assert [is_summarised(path) for path in (
        "resources", "resources/p", "agent/a/skills", "agent/a/skills/release", "agent/a/instructions/style",
        "agent/a/memories/cases/x", "user/u/memories", "session/s/id/history",
    )] == [False, True, False, True, True, False, False, False]  # fmt: skip


class TestWordsOfAPerson:
    @pytest.fixture
    def edited(self, grow) -> Snapshot:
        return grow(Changes({"resources/p/api/.abstract.md": b"Written by hand.\n"}), settled(grow, DOCS))

    def test_an_edit_shows(self, edited) -> None:
        assert [state(edited, path) for path in ("resources/p/api", "resources/p")] == ["edited", "stale"]

    def test_they_are_never_overwritten(self, grow, edited) -> None:
        changes = Changes({"resources/p/api/new.md": b"# New\n\nText."})
        layers = resource_changes(edited, changes, changes.paths())
        assert not [path for path in layers.paths() if path.startswith("resources/p/api/")]
        changes, report = refresh_resources(edited, ["resources"])
        assert report.kept == (("resources/p/api", "edited"),)
        assert report.written == ("resources/p",)
        assert b"Written by hand." in grow(changes, edited).read("resources/p/.overview.md")

    def test_accept_stamps_them_until_the_documents_change(self, grow, edited) -> None:
        changes, report = refresh_resources(edited, ["resources"], accept=True)
        assert report.accepted == ("resources/p/api",)
        after = grow(changes, edited)
        assert after.read("resources/p/api/.abstract.md") == b"Written by hand.\n"
        assert (state(after, "resources/p/api"), meta_of(after, "resources/p/api")["generated_by"]) == (
            "current",
            "human",
        )
        later = grow(Changes({"resources/p/api/mail.md": b"# Mail\n\nOther."}), after)
        assert state(later, "resources/p/api") == "stale"
        _, report = refresh_resources(later, ["resources/p/api"])
        assert report.kept == (("resources/p/api", "stale"),)

    def test_rewrite_replaces_them(self, grow, edited) -> None:
        accepted = grow(refresh_resources(edited, ["resources"], accept=True)[0], edited)
        for tree in (edited, accepted):
            changes, report = refresh_resources(tree, ["resources"], rewrite=True)
            after = grow(changes, tree)
            assert "resources/p/api" in report.written
            assert after.read("resources/p/api/.abstract.md") == b"1 file: Mail API. Also 1 directory.\n"
            assert meta_of(after, "resources/p/api")["generated_by"] == "extractive"

    def test_a_models_layers_stay_a_models(self, grow) -> None:
        tree = settled(grow, DOCS)
        meta = {**meta_of(tree, "resources/p/api"), "generated_by": "llm:some-model"}
        stale = grow(
            Changes({"resources/p/api/.meta.json": json.dumps(meta).encode(), "resources/p/api/mail.md": b"x"}), tree
        )
        assert not resource_changes(stale, Changes(), ["resources/p/api/deep/y.md"])
        accepted = grow(refresh_resources(stale, ["resources"], accept=True)[0], stale)
        assert meta_of(accepted, "resources/p/api")["generated_by"] == "llm:some-model"
        assert state(accepted, "resources/p/api") == "current"

    def test_layers_without_a_stamp_are_a_persons(self, grow) -> None:
        tree = grow({"resources/p/a.md": "x", "resources/p/.abstract.md": "Mine.", "resources/p/.overview.md": "Mine."})
        assert state(tree, "resources/p") == "edited"
        assert not resource_changes(tree, Changes(), ["resources/p/a.md"])

    def test_one_layer_of_a_person_is_enough_to_stay_away(self, grow) -> None:
        tree = grow({"resources/p/a.md": "x", "resources/p/.abstract.md": "Mine."})
        assert state(tree, "resources/p") == "missing"
        assert not resource_changes(tree, Changes(), ["resources/p/a.md"])
        assert refresh_resources(tree, ["resources/p"])[1].kept == (("resources/p", "missing"),)

    def test_a_broken_stamp_is_no_reason_to_overwrite(self, grow) -> None:
        tree = grow(Changes({"resources/p/.meta.json": b"{"}), settled(grow, DOCS))
        assert state(tree, "resources/p") == "edited"
        assert not resource_changes(tree, Changes(), ["resources/p/README.md"])

    @pytest.mark.parametrize("bad", [b"", b"\xff\0", b"x" * 300, b"one\n\ntwo"])
    def test_accept_refuses_what_is_no_layer(self, grow, bad: bytes) -> None:
        tree = grow(Changes({"resources/p/.abstract.md": bad}), settled(grow, DOCS))
        with pytest.raises(InvalidContent, match="resources/p"):
            refresh_resources(tree, ["resources"], accept=True)


def test_a_deleted_layer_is_made_again(grow) -> None:
    tree = settled(grow, DOCS)
    changes = Changes()
    changes.delete("resources/p/.overview.md")
    broken = grow(changes, tree)
    assert state(broken, "resources/p") == "missing"
    mended, _ = refresh_resources(broken, ["resources/p"])
    assert grow(mended, broken).tree == tree.tree


def test_the_size_of_the_rest_does_not_matter(grow) -> None:
    files = {f"resources/big/d{i:03}/f{j}.md": f"# {i} {j}\n" for i in range(120) for j in range(10)}
    tree = settled(grow, {**DOCS, **files})
    seen: list[str] = []

    class Counting(Snapshot):
        def entries(self, path: str = ""):
            seen.append(path)
            return super().entries(path)

    changes = Changes({"resources/p/notes.txt": b"Other notes.\n"})
    counted = Counting(tree._git, tree.tree)
    assert resource_changes(counted, changes, changes.paths())
    assert seen
    assert not [path for path in seen if path.startswith("resources/big")]


NAME = st.text(alphabet="aé文 [](){}<>.\\`*\"#'&|~1_-", min_size=1, max_size=60).filter(
    lambda name: name not in {".", ".."} and "\\" not in name and name not in LAYER_FILES
)


@settings(max_examples=60)
@given(
    files=st.dictionaries(NAME, st.text(max_size=500), max_size=12),
    directories=st.dictionaries(NAME, st.text(max_size=600), max_size=12),
)
def test_budgets_hold_whatever_the_names_and_texts(grow, files, directories) -> None:
    tree = {f"resources/p/{name}": text for name, text in files.items()}
    tree |= {f"resources/p/d-{name}/.abstract.md": text for name, text in directories.items()}
    layers = directory_layers(grow(tree), "resources/p")
    assert 0 < len(layers.abstract) <= ABSTRACT_LIMIT
    assert "\n" not in layers.abstract
    assert 0 < len(layers.overview) < OVERVIEW_LIMIT


def test_a_wide_directory_lists_64_and_counts_the_rest(grow) -> None:
    files = {f"resources/p/{i:04}.md": f"# Title {i}\n\nSome words on {i}." for i in range(300)}
    layers = directory_layers(grow(files), "resources/p")
    assert layers.overview.count("\n- [") == 64
    assert "And 236 more." in layers.overview
    assert layers.abstract.startswith("300 files: Title 0, Title 1,")
    assert layers.abstract.endswith(" more.")
    assert len(layers.overview) < OVERVIEW_LIMIT


def test_names_too_long_for_the_budget_are_counted_not_cut(grow) -> None:
    files = {f"resources/p/{str(i) * 200}.md": "text" for i in range(1, 10)} | {
        f"resources/p/{i:0240}": "x" for i in range(50)
    }
    layers = directory_layers(grow(files), "resources/p")
    assert len(layers.overview) < OVERVIEW_LIMIT
    listed = layers.overview.count("\n- [")
    assert f"And {59 - listed} more." in layers.overview


def test_a_view_gives_the_layers_of_the_commit(grow) -> None:
    base = settled(grow, DOCS)
    changes = Changes({"resources/p/z.md": b"# Z\n\nLast."})
    view = View(base, changes)
    after = grow(changes, base)
    assert (directory_layers(view, "resources/p"), stamp(view, "resources/p")) == (
        directory_layers(after, "resources/p"), stamp(after, "resources/p"),
    )  # fmt: skip
