"""Memories: three layers or none, one spelling in bytes, and nothing lost by reading and writing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.layers import ABSTRACT_LIMIT, OVERVIEW_LIMIT
from viking_git.model.memory import Candidate, Memory, Quote, parse_memory, split_paragraphs

TEXT = """\
---
name: coding
category: preferences
topic: coding
version: '1.10'
aliases:
- code
status: active
created_at: '2024-01-15T10:00:00Z'
---
# Coding preferences

User prefers TypeScript.

## Overview

Typed languages, small modules.

## Details

User prefers TypeScript over JavaScript for new projects. It is typed.

## Tools

User formats with prettier.

```sh
# not a heading

npm test
```
"""


def memory(**changes: Any) -> Memory:
    values: dict[str, Any] = {
        "category": "preferences", "name": "coding", "title": "Coding preferences",
        "abstract": "User prefers TypeScript.", "detail": "User prefers TypeScript over JavaScript.",
        "fields": {"topic": "coding"},
    }  # fmt: skip
    return Memory(**{**values, **changes})


def candidate(**changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "category": "preferences", "name": "coding", "title": "Coding", "abstract": "Likes TypeScript.",
        "overview": "Typed languages.", "content": "User likes TypeScript.", "quotes": (Quote("msg_1", "I like"),),
        "created_at": "2024-01-15T10:00:00Z", "fields": {"topic": "coding"},
    }  # fmt: skip
    return Candidate(**{**values, **changes})


def test_content_md_comes_back_byte_for_byte() -> None:
    found = parse_memory(TEXT, category_name="preferences", name="coding")
    assert found.render() == TEXT
    assert (found.title, found.abstract) == ("Coding preferences", "User prefers TypeScript.")
    assert found.overview == "Typed languages, small modules."
    assert found.aliases == ("code",)
    assert found.fields == {"topic": "coding", "version": "1.10"}
    assert found.paragraphs() == [
        "User prefers TypeScript over JavaScript for new projects. It is typed.",
        "User formats with prettier.",
        "```sh\n# not a heading\n\nnpm test\n```",
    ]
    assert found.path == "preferences/coding"


def test_text_that_people_type_differently_means_the_same() -> None:
    loose = (
        "\ufeff---\r\ntopic: coding\r\n---\r\n\r\n# Coding preferences  \r\nUser prefers TypeScript.\r\n\r\n\r\n"
        "User prefers TypeScript over JavaScript.\r\n"
    )
    assert parse_memory(loose, category_name="preferences", name="coding") == memory()


def test_unknown_fields_are_kept_and_sorted() -> None:
    text = memory(fields={"topic": "coding", "zeal": "high", "by": ["a", "b"]}).render()
    assert text.index("by:") < text.index("topic:") < text.index("zeal:")
    assert parse_memory(text).fields == {"topic": "coding", "zeal": "high", "by": ["a", "b"]}


def test_a_heading_inside_a_fence_is_text() -> None:
    detail = "Before.\n\n````md\n## Overview\n\n```\nx\n```\n\nnot the overview\n````\n\nAfter."
    found = parse_memory(memory(detail=detail).render())
    assert (found.overview, found.detail) == ("", detail)
    assert len(found.paragraphs()) == 3


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        ("", []),
        ("a\nb\n\n\n \nc", ["a\nb", "c"]),
        ("## Notes\nfact\n### More\n\nfact 2", ["## Notes", "fact", "### More", "fact 2"]),
        ("#1 priority is tests", ["#1 priority is tests"]),
        ("~~~\na\n\nb\n~~~~\nc", ["~~~\na\n\nb\n~~~~\nc"]),
        ("```\nnever closed\n\nb", ["```\nnever closed\n\nb"]),
        ("```inline``` is no fence\n\nb", ["```inline``` is no fence", "b"]),
        ("line\u2028separator\x85stays\n\nb", ["line\u2028separator\x85stays", "b"]),
        ("- item\n\n      ```\n      x\n\n      ```\n\nb", ["- item", "      ```\n      x\n\n      ```", "b"]),
    ],
)
def test_paragraphs(text: str, paragraphs: list[str]) -> None:
    assert split_paragraphs(text) == paragraphs
    assert split_paragraphs("\n\n".join(paragraphs)) == paragraphs


def test_facts_are_paragraphs_without_headings() -> None:
    assert memory(detail="## Notes\n#1 is tests\n\nTwo").paragraphs() == ["#1 is tests", "Two"]


PROSE = st.text("ab #`~-.:\n\u00e9", max_size=60)


@given(PROSE, PROSE, st.text("ab #é", min_size=1, max_size=20))
def test_writing_settles_at_once_and_loses_no_word(overview: str, detail: str, abstract: str) -> None:
    try:
        first = memory(overview=overview, detail=detail, abstract=abstract)
    except InvalidContent:
        return
    text = first.render()
    found = parse_memory(text)
    again = found.render()
    assert parse_memory(again).render() == again
    assert sorted(w for w in again.split() if w != "Details") == sorted(w for w in text.split() if w != "Details")
    assert found.abstract == abstract.strip()


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"title": " "}, "title on one line"),
            ({"title": "a\nb"}, "title on one line"),
            ({"abstract": ""}, "abstract may not be empty"),
            ({"abstract": "x" * 257}, "257 characters"),
            ({"abstract": "a\n\nb"}, "one paragraph"),
            ({"abstract": "## Heading"}, "not a heading"),
            ({"status": "lost"}, "unknown status"),
            ({"category": "dreams"}, "unknown memory category"),
            ({"fields": {}}, "needs the field 'topic'"),
            ({"fields": {"topic": " "}}, "needs the field 'topic'"),
            ({"fields": {"topic": None}}, "needs the field 'topic'"),
        ],
    )
    def test_a_memory(self, changes: dict[str, Any], says: str) -> None:
        with pytest.raises(InvalidContent, match=says):
            memory(**changes)

    def test_a_memory_without_a_valid_name(self) -> None:
        with pytest.raises(InvalidName):
            memory(name="a/b")

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"quotes": ()}, "quotes at least one message"),
            ({"overview": " "}, "three layers; its overview is empty"),
            ({"content": ""}, "three layers; its content is empty"),
            ({"abstract": ""}, "abstract may not be empty"),
            ({"fields": {}}, "needs the field 'topic'"),
        ],
    )
    def test_a_candidate(self, changes: dict[str, Any], says: str) -> None:
        with pytest.raises(InvalidContent, match=says):
            candidate(**changes)

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ("---\nname", "name", "begins with YAML front matter"),
            ("# Coding", "Coding", "comes a title"),
            ("User prefers TypeScript.\n\n## Overview", "## Overview", "one paragraph, the abstract"),
            ("topic: coding\n", "", "needs the field 'topic'"),
            ("topic: coding\n", "topic:\n", "needs the field 'topic'"),
            ("- code", "  code: 1", "aliases is a list"),
            ("status: active", "status: lost", "unknown status 'lost'"),
            ("name: coding", "name: other", "front matter says name 'other', the directory says 'coding'"),
            ("category: preferences", "category: tools", "front matter says category 'tools'"),
            ("User prefers TypeScript.\n\n##", "x" * 300 + "\n\n##", "300 characters, 256 at most"),
        ],
    )
    def test_a_content_md(self, old: str, new: str, says: str) -> None:
        assert old in TEXT
        with pytest.raises(InvalidContent, match=says):
            parse_memory(TEXT.replace(old, new, 1), category_name="preferences", name="coding")

    def test_an_empty_created_at_is_none(self) -> None:
        assert parse_memory(TEXT.replace("'2024-01-15T10:00:00Z'", "")).created_at == ""


class TestLayers:
    def test_the_overview_section_is_l1(self) -> None:
        layers = parse_memory(TEXT).layers()
        assert layers.abstract == "User prefers TypeScript."
        assert layers.overview == "# Coding preferences\n\nUser prefers TypeScript.\n\nTyped languages, small modules."

    def test_without_one_the_first_sentences_are(self) -> None:
        layers = memory(detail="User prefers TypeScript.\n\nOne. Two.\n\n## H\n\nThree.").layers()
        assert layers.overview.endswith("User prefers TypeScript.\n\n- One.\n- Three.")

    @given(st.integers(0, 60), st.integers(1, 300), st.booleans())
    def test_they_fit_whatever_the_memory_holds(self, count: int, words: int, as_overview: bool) -> None:
        text = "\n\n".join(f"{n} " + "word " * words for n in range(count)).strip()
        layers = memory(title="T" * 300, **{"overview" if as_overview else "detail": text}).layers()
        assert len(layers.abstract) <= ABSTRACT_LIMIT
        assert len(layers.overview) <= OVERVIEW_LIMIT


def test_a_candidate_becomes_a_memory_with_its_layers() -> None:
    made = candidate(aliases=("ts",)).memory()
    assert (made.abstract, made.overview, made.detail) == (
        "Likes TypeScript.",
        "Typed languages.",
        "User likes TypeScript.",
    )
    assert (made.aliases, made.created_at, made.status) == (("ts",), "2024-01-15T10:00:00Z", "active")
    assert candidate(overview="User likes TypeScript.\n").memory().overview == ""
    assert made.kind.name == "preferences"


@pytest.mark.parametrize(
    "body",
    [
        "# T\n\nAbstract with a blank \n\nMore.\n",
        "# T\n\n  indented abstract\n",
        "# T\n\n\x0cce\n\nMore.\n",
        "# T\n\nA.\xa0\n",
        "# T\n\nA.\n\nBefore.\n\n## Overview\n\n```\nopen\n",
        "# T\n\nA.\n\nBefore.\n\n## Part\n\nx\n\n## Overview\n\n~~~\n\nopen\n",
        "# T\n\nA.\n\n## Overview\n## Overview\n\nSecond.\n\nMore.\n",
        "# T\n\nA.\n\n## Overview\n\nO.\n\n## Details\n\nx\n\n## Overview\n\nx\n",
    ],
)
def test_writing_changes_no_layer(body: str) -> None:
    memory = parse_memory(f"---\nname: x\ncategory: preferences\ntopic: t\n---\n{body}")
    assert parse_memory(memory.render()).layers() == memory.layers()
    assert parse_memory(memory.render()).render() == memory.render()


PIECES = [
    "\n",
    "\n\n",
    "# ",
    "## ",
    "## Overview\n",
    "## Details\n",
    "```\n",
    "~~~\n",
    "- x",
    "word. ",
    " ",
    "\t",
    "\x0c",
    "\u2028",
    "---\n",
]


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14))
def test_writing_anything_readable_changes_no_layer(pieces: list[str]) -> None:
    try:
        memory = parse_memory(f"---\nname: x\ncategory: preferences\ntopic: t\n---\n# T\n\nAbstract{''.join(pieces)}")
    except InvalidContent:
        return
    assert parse_memory(memory.render()).layers() == memory.layers()
