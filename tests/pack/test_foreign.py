"""Memories and layers of other versions, made ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT
from viking_git.model.memory import parse_memory
from viking_git.pack.foreign import foreign_layer, foreign_memory, memory_place, verbatim

FLAT = b"""# Editors

She edits with Vim.

- Never Emacs.

<!-- MEMORY_FIELDS
{"topic": "editors", "created_at": "2026-11-02T10:00:00Z", "score": 1}
-->
"""


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("user/a/memories/preferences/Code Style.md", "user/a/memories/preferences/code_style"),
        ("user/a/memories/profile.md", "user/a/memories/profile/profile"),
        ("user/a/memories/entities/people/Alice.md", "user/a/memories/entities/people_alice"),
        ("user/a/memories/events/2026/11/02/moved.md", "user/a/memories/events/2026/2026-11-02_moved"),
        ("user/a/memories/events/2025-01-31_left job.md", "user/a/memories/events/2025/2025-01-31_left_job"),
        ("user/a/memories/events/dated-inside.md", "user/a/memories/events/2026/2026-11-02_dated_inside"),
        ("agent/b/memories/cases/fix.md", "agent/b/memories/cases/fix"),
        ("agent/b/user/a/memories/tools/rg.md", "agent/b/user/a/memories/tools/rg"),
        ("user/a/memories/preferences/coding/content.md", "user/a/memories/preferences/coding"),
    ],
)
def test_flat_files_become_directories(path: str, directory: str) -> None:
    made = foreign_memory(path, FLAT)
    assert made is not None
    assert made.directory.startswith(directory)
    text = made.memory.render()
    again = parse_memory(text, category_name=made.memory.category, name=made.memory.name)
    assert again == made.memory
    assert made.memory.abstract == "She edits with Vim."
    assert "Never Emacs." in text
    assert "MEMORY_FIELDS" not in text
    assert made.memory.created_at == "2026-11-02T10:00:00Z"


@pytest.mark.parametrize(
    "path",
    ["user/a/memories/notes/x.md", "user/a/memories/x.md", "user/a/memories/preferences/x.txt",
     "resources/preferences/x.md", "user/a/memories/preferences/.abstract.md", "user/a/preferences/x.md"],
)  # fmt: skip
def test_other_files_are_no_memories(path: str) -> None:
    assert memory_place(path) is None
    assert foreign_memory(path, FLAT) is None


def test_an_event_without_a_date_stays_as_it_is() -> None:
    assert foreign_memory("user/a/memories/events/once.md", b"Something happened.\n") is None


@pytest.mark.parametrize("data", [b"\xff\xfe\xfd", b"a\0b", b"x" * (2 << 20)])
def test_what_is_no_text_or_too_long_stays_as_it_is(data: bytes) -> None:
    assert foreign_memory("user/a/memories/preferences/x.md", data) is None


@given(st.text(max_size=300))
def test_any_text_becomes_a_memory_that_can_be_read_or_none(text: str) -> None:
    data = text.encode("utf-8", "ignore")
    made = foreign_memory("user/a/memories/preferences/x.md", data)
    if made is not None:
        again = parse_memory(made.memory.render(), category_name="preferences", name="x")
        assert (again.abstract, again.detail.split()) == (made.memory.abstract, made.memory.detail.split())


def test_front_matter_is_taken_off_a_layer() -> None:
    layer = foreign_layer(b"---\ngenerated_by:\n  component: Maker\n---\n\nWhat it is.\n", ABSTRACT_LIMIT)
    assert layer is not None
    assert (layer.text, layer.maker, layer.changed) == ("What it is.\n", "Maker", True)


def test_a_layer_of_ours_is_not_changed() -> None:
    layer = foreign_layer(b"What it is.\n", ABSTRACT_LIMIT)
    assert layer is not None
    assert not layer.changed


@given(st.text(max_size=9_000), st.sampled_from([ABSTRACT_LIMIT, OVERVIEW_LIMIT - 1]))
def test_a_layer_keeps_its_budget(text: str, limit: int) -> None:
    layer = foreign_layer(text.encode("utf-8", "ignore"), limit)
    if layer is not None:
        assert 0 < len(layer.text) - 1 <= limit
        assert layer.text.strip()


def test_bytes_are_kept_verbatim() -> None:
    assert verbatim("ü\n".encode()) == "ü\n"
    assert verbatim(b"\xff") == {"base64": "/w=="}
    assert verbatim(b"a\0") == {"base64": "YQA="}
