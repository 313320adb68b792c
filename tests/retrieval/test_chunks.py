from hypothesis import given
from hypothesis import strategies as st

from viking_git.retrieval import chunks as module
from viking_git.retrieval.chunks import TARGET, Chunk


def chunk_markdown(text: str, **options: bool) -> list[Chunk]:
    return list(module.chunk_markdown(text, **options))


def chunk_lines(text: str) -> list[Chunk]:
    return list(module.chunk_lines(text))


GUIDE = """# Guide

Intro.

## Install

Use pip.

```sh
# not a heading

pip install x
```

### On Windows
## Use

Run it.
"""


def test_a_heading_begins_a_chunk_and_headings_in_a_row_stay_together() -> None:
    found = [(chunk.fragment, chunk.trail, chunk.text.split("\n")[0]) for chunk in chunk_markdown(GUIDE)]
    assert found == [
        ("L1-L3", "Guide", "# Guide"),
        ("L5-L13", "Guide > Install", "## Install"),
        ("L15-L18", "Guide > Use", "### On Windows"),
    ]


def test_front_matter_is_left_out_when_asked() -> None:
    text = "---\nname: x\n---\n# Title\n\nBody.\n"
    assert [chunk.fragment for chunk in chunk_markdown(text, skip_front_matter=True)] == ["L4-L6"]
    assert chunk_markdown(text)[0].start == 1
    assert chunk_markdown("---\nnever closed\n", skip_front_matter=True)[0].fragment == "L1-L2"


def test_paragraphs_are_packed_while_they_fit_and_a_long_section_is_several_chunks() -> None:
    text = "# T\n\n" + "\n\n".join(f"{n} {'word ' * 60}".strip() for n in range(9))
    chunks = chunk_markdown(text)
    assert [chunk.fragment for chunk in chunks] == ["L1-L5", "L7-L9", "L11-L13", "L15-L17", "L19"]
    assert all(len(chunk.text) <= TARGET for chunk in chunks)
    assert {chunk.trail for chunk in chunks} == {"T"}


def test_one_long_line_is_cut_at_white_space_and_keeps_its_line_number() -> None:
    chunks = chunk_lines("short\n" + "word " * 1000 + "\nend")
    assert {chunk.fragment for chunk in chunks[1:-1]} == {"L2"}
    assert all(chunk.text.startswith("word") and chunk.text.endswith("word") for chunk in chunks[1:-1])
    assert chunks[-1].text == "end"
    assert [len(c.text) for c in chunk_lines("x" * 2000)] == [900, 900, 200]


def test_nothing_gives_nothing() -> None:
    assert chunk_lines("") == chunk_markdown("\n \n") == []


@given(st.lists(st.text(alphabet="ab# `~-=|>\t\n", max_size=300), max_size=12).map("\n\n".join))
def test_every_line_with_content_is_in_a_chunk_and_says_where(text: str) -> None:
    lines = text.split("\n")
    for chunks in (chunk_markdown(text), chunk_lines(text)):
        covered = {number for chunk in chunks for number in range(chunk.start, chunk.end + 1)}
        assert {number for number, line in enumerate(lines, start=1) if line.strip()} <= covered
        for chunk in chunks:
            whole = "\n".join(lines[chunk.start - 1 : chunk.end])
            # Rows of a table that is cut have its header above them.
            assert chunk.text in whole or chunk.text.split("\n", 2)[2] in whole
        assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


def test_a_setext_heading_begins_a_chunk_and_a_comment_in_code_does_not() -> None:
    code = "````md\n```\n# no\n\n```\n````\n\n~~~\n# no\n~~~\n"
    text = f"Guide\n=====\n\nIntro.\n\nInstall\n-------\n\n{code}\nUse\n---\nRun.\n"
    assert [(chunk.fragment, chunk.trail) for chunk in chunk_markdown(text)] == [
        ("L1-L4", "Guide"),
        ("L6-L18", "Guide > Install"),
        ("L20-L22", "Guide > Use"),
    ]


def test_front_matter_is_a_block_and_its_end_no_heading() -> None:
    (chunk,) = chunk_markdown("---\ntitle: x\nabout: y\n---\n# Title\n\nBody.\n")[1:]
    assert (chunk.fragment, chunk.trail) == ("L5-L7", "Title")


def test_a_table_that_is_cut_has_its_header_with_every_part() -> None:
    rows = [f"| host{n} | {'words about it ' * 4}|" for n in range(60)]
    chunks = chunk_markdown("# Hosts\n\n| name | use |\n|---|---|\n" + "\n".join(rows) + "\n\nAfter.\n")
    assert chunks.pop().text == "After."
    assert len(chunks) > 4
    for chunk in chunks[1:]:
        assert chunk.text.startswith("| name | use |\n|---|---|\n| host")
        assert len(chunk.text) <= TARGET
    assert chunks[0].text.startswith("# Hosts\n\n| name | use |\n|---|---|\n| host0 ")
    said = [row for chunk in chunks for row in chunk.text.split("\n") if row.startswith("| host")]
    assert said == rows, "each row is in one chunk"
    starts = [chunk.text.split("\n")[2].split()[1] for chunk in chunks[1:]]
    assert starts == [f"host{chunk.start - 5}" for chunk in chunks[1:]], "the lines are those of the rows"


def test_a_long_text_is_cut_in_linear_time() -> None:
    for text in ("x" * 3_000_000, "word " * 600_000, " " * 3_000_000 + "x"):
        chunks = chunk_lines(text)
        assert "".join(chunk.text.replace(" ", "") for chunk in chunks) == text.replace(" ", "")
