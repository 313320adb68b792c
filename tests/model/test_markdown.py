"""The one reader of Markdown's blocks: each form of headings and code, and texts larger than what is read at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viking_git.model import markdown
from viking_git.model.markdown import Block, blocks_of, code_lines, front_matter_end, pieces


def headings(text: str) -> list[tuple[int, int, str]]:
    return [(block.start, block.level, block.title) for block in blocks_of(text) if block.kind == "heading"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# One\n\n## Two ##\n", [(0, 1, "One"), (2, 2, "Two")]),
        ("# About C#\n", [(0, 1, "About C#")]),
        ("One\n===\n\nTwo\n---\n", [(0, 1, "One"), (3, 2, "Two")]),
        ("two\nlines\n===\n", [(0, 1, "two\nlines")]),
        ("#no space\n####### seven\n    # indented\n", []),
        ("text\n\n---\n\nmore\n", []),
        ("| a | b |\n|---|---|\n| # x | y |\n", []),
        ("> # quoted\n\n- # in a list\n", []),
        ("<!--\n# hidden\n-->\n\n# Seen\n", [(4, 1, "Seen")]),
        ("---\ntitle: x\n# comment\n---\n# Title\n", [(4, 1, "Title")]),
        ("---\n\n# After a rule\n\n---\n", [(2, 1, "After a rule")]),
    ],
)  # fmt: skip
def test_headings(text: str, found: list[tuple[int, int, str]]) -> None:
    assert headings(text) == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```\n# no\n```\n# yes\n", {0, 1, 2}),
        ("~~~ py\n```\n~~~\n# yes\n", {0, 1, 2}),
        ("````\n```\n# no\n```\n````\n# yes\n", {0, 1, 2, 3, 4}),
        ("```inline``` is text\n# yes\n", set()),
        ("text ```\n# yes\n", set()),
        ("- item\n\n  ```\n  # no\n\n  x\n  ```\n\n# yes\n", {2, 3, 4, 5, 6}),
        ("text\n\n    ```\n    code\n\n    more\n\n# yes\n", {2, 3, 4, 5}),
        ("> ```\n> # no\n> ```\n# yes\n", {0, 1, 2}),
        ("# yes\n\n```\nnever closed\n", {2, 3}),
        ("\tcode\n\n# yes\n", {0}),
    ],
)
def test_code(text: str, code: set[int]) -> None:
    assert code_lines(text) == code
    assert headings(text) == [] if "# yes" not in text else [h[2] for h in headings(text)] == ["yes"]


def test_tables_with_their_lines() -> None:
    text = "text\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |\n\n- in a list\n\n  | c |\n  |---|\n  | 5 |\n"
    assert [b for b in blocks_of(text) if b.kind == "table"] == [Block("table", 2, 6), Block("table", 9, 12)]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("---\na: 1\n---\nbody", 13),
        ("---\na: 1\n---", 12),
        ("---\na: 1\n...\nbody", 13),
        ("---\n---\nbody", 8),
        ("---\n'quoted key': 1\n---\n", 24),
        ("--- \na:\n - 1\n---\n", 17),
        ("---\nnever closed: 1\n", 0),
        ("---\n\ntext\n\n---\n", 0),
        ("----\na: 1\n---\n", 0),
        (" ---\na: 1\n---\n", 0),
        ("", 0),
    ],
)
def test_front_matter(text: str, end: int) -> None:
    assert front_matter_end(text) == end


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "WINDOW", 120)


GUIDE = "---\ntitle: Guide\n---\n\n" + "".join(
    f"Part {n}\n------\n\nsome words of part {n}\n\n```\n# no {n}\n\nmore\n```\n\n| a | b |\n|---|---|\n| {n} | x |\n\n"
    for n in range(9)
)


def test_a_large_text_is_read_in_pieces_and_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = blocks_of(GUIDE)
    assert len(whole) == 1 + 9 * 3
    for window in range(20, 400, 7):
        monkeypatch.setattr(markdown, "WINDOW", window)
        assert blocks_of(GUIDE) == whole
        assert "\n".join(line for piece in pieces(GUIDE) for line in piece.lines).rstrip("\n") == GUIDE.rstrip("\n")


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("fence", ["```", "~~~~", "  ```"])
def test_code_and_a_table_larger_than_a_piece_stay_whole(fence: str) -> None:
    code = f"{fence}\n" + "# no\n\n" * 200 + f"{fence}\n"
    table = "| a | b |\n|---|---|\n" + "| x | y |\n" * 200
    text = f"# One\n\n{code}\n# Two\n\n{table}\n# Three\n"
    assert [h[2] for h in headings(text)] == ["One", "Two", "Three"]
    assert [(b.kind, b.end - b.start) for b in blocks_of(text) if b.kind != "heading"] == [
        ("code", 402),
        ("table", 202),
    ]


@given(st.text(alphabet="ab# `~-=|>*1.\t\n\r:", max_size=300))
def test_any_text_is_read_and_its_lines_are_all_there(text: str) -> None:
    text = text.replace("\r", "")
    found = list(pieces(text))
    assert "\n".join(line for piece in found for line in piece.lines) in {text, text[:-1]}
    for piece in found:
        for block in piece.blocks:
            assert 0 <= block.start < block.end <= len(piece.lines)
