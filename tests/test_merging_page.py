"""docs/merging.md: what it shows is what is merged, and a contested memory is found by both of its wordings."""

import re
from pathlib import Path

import pytest

from viking_git.model.categories import CATEGORIES
from viking_git.model.layout import memories_path
from viking_git.model.memory import parse_memory
from viking_git.model.threeway import merge_memory_text
from viking_git.workspace import Workspace

PAGE = (Path(__file__).parent.parent / "docs" / "merging.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(base|ours|theirs|merged)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [dict(BLOCKS[at : at + 4]) for at in range(0, len(BLOCKS), 4)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_what_is_merged(example: dict[str, str]) -> None:
    assert list(example) == ["base", "ours", "theirs", "merged"]
    named = parse_memory(example["base"])
    for sides in (("ours", "theirs"), ("theirs", "ours")):
        merged = merge_memory_text(
            example["base"], *(example[side] for side in sides), category_name=named.category, name=named.name
        )
        assert merged.text == example["merged"]


def test_both_wordings_are_found_and_flagged(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    (text,) = (example["merged"] for example in EXAMPLES if "status: contested" in example["merged"])
    memory = parse_memory(text)
    place = f"{memories_path(memory.kind, 'default', 'default')}/{memory.path}"
    workspace.files.write(f"{place}/content.md", text.encode())
    for wording in memory.paragraphs()[:2]:
        first = workspace.find(wording).memories[0]
        assert wording in first.match.text
        assert first.to_json()["status"] == "contested"
    workspace.close()


def test_every_category_is_named() -> None:
    table = PAGE.partition("## The categories")[2].partition("*Put together*")[0]
    assert all(re.search(rf"\b{name}\b", table) for name in CATEGORIES)
