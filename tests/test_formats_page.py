"""The examples of docs/formats.md are what the codecs read and write."""

import json
import re
from pathlib import Path
from typing import Any

import pygit2
import pytest

from viking_git.config import Policy, load_policy
from viking_git.model.categories import CATEGORIES
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT
from viking_git.model.memory import parse_memory
from viking_git.model.messages import message_from_json
from viking_git.model.meta import dump_json, load_lines
from viking_git.model.relations import dump_relations, load_relations
from viking_git.model.searchtests import load_tests
from viking_git.resources.containers import container_layers
from viking_git.resources.summarize import directory_layers
from viking_git.session.usage import usage_fields
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "formats.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = FENCED.findall(PAGE)

PARTS = (Policy().spaces, Policy().sessions, Policy().index, Policy().packs, Policy().checks)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCKS if found == language]


def with_key(key: str) -> dict[str, Any]:
    (found,) = [value for text in blocks("json") if key in (value := json.loads(text))]
    return found


@pytest.mark.parametrize("text", blocks("json"))
def test_json_stands_as_it_is_written(text: str) -> None:
    assert dump_json(json.loads(text)).decode() == text


def test_the_tests_of_the_search_are_read_as_they_stand() -> None:
    _, text = blocks("yaml")
    found = load_tests(text.encode())
    assert found.floor == 0.9
    assert found.tests[0].options == {"uris": ["viking://resources/"], "limit": 5, "type": "resource"}


def test_the_policy_shows_every_key_and_its_default() -> None:
    text, _ = blocks("yaml")
    assert load_policy(text.encode()) == Policy()
    keys = {
        *Policy.__struct_fields__,
        *(
            f
            for part in (Policy().spaces, Policy().sessions, Policy().index, Policy().packs, Policy().checks)
            for f in part.__struct_fields__
        ),
    }
    assert keys == set(re.findall(r"^\s*(\w+):", text, re.MULTILINE))


def test_the_memory_is_read_and_written_back() -> None:
    (text,) = [text for text in blocks("markdown") if text.startswith("---")]
    memory = parse_memory(text, category_name="preferences", name="testing")
    assert memory.render() == text
    assert memory.layers().abstract == "The user prefers pytest over unittest."


def test_every_category_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\w+) \| `(\w+)/.*?\| the (\w+)'s \| (?:`(\w+)` )?\| (yes|no) \|$", PAGE, re.MULTILINE)
    assert [(name, name, kind.owner, "".join(kind.required), "yes" if kind.mergeable else "no")
            for name, kind in CATEGORIES.items()] == rows  # fmt: skip


def test_messages_are_read_and_written_back() -> None:
    (text,) = [text for text in blocks("jsonl") if '"role"' in text]
    messages = [message_from_json(value) for value in load_lines(text.encode(), "page")]
    assert b"".join(message.to_line() for message in messages).decode() == text


def test_usage_is_what_is_recorded() -> None:
    (text,) = [text for text in blocks("jsonl") if '"use_' in text]
    for value in load_lines(text.encode(), "page"):
        fields = usage_fields(value.get("contexts", ()), value.get("skill"))
        assert {**fields, "id": value["id"], "created_at": value["created_at"]} == value


def test_relations_are_read_and_written_back() -> None:
    data = dump_json(with_key("relations"))
    assert dump_relations(load_relations(data)) == data


def test_overviews_are_what_is_made(tmp_path: Path) -> None:
    git = pygit2.init_repository(str(tmp_path / "r.git"), bare=True)
    files = {
        "resources/m/README.md": "# Mail\n\nA tool that sorts mail.\n\n## Install\n\n## Use\n",
        "resources/m/rules.py": '"""Rules for sorting."""\nclass Rule: ...\ndef load_rules(): ...\n',
        "resources/m/api/.abstract.md": "How to send mail.\n",
        "user/u/memories/preferences/coding/.abstract.md": "Prefers pytest over unittest.\n",
        "user/u/memories/preferences/food/.abstract.md": "Eats soup.\n",
        "user/u/memories/preferences/travel/.abstract.md": "Goes by train.\n",
    }
    changes = Changes({path: text.encode() for path, text in files.items()})
    writer = ObjectWriter(git)
    tree = Snapshot(git, writer.apply(None, changes))
    shown = [text for text in blocks("markdown") if not text.startswith("---")]
    assert [
        f"{directory_layers(tree, 'resources/m').overview}\n",
        f"{container_layers(tree, 'user/u/memories/preferences').overview}\n",
    ] == shown


def test_budgets_are_the_ones_that_hold() -> None:
    assert f"at most {ABSTRACT_LIMIT} characters" in PAGE
    assert f"at most {OVERVIEW_LIMIT:,}" in PAGE


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([\w./-]+\.md)\)", FENCED.sub("", page.read_text(encoding="utf-8"))):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
