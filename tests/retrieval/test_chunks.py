from hypothesis import given
from hypothesis import strategies as st

from viking_git.retrieval.chunks import TARGET, chunk_lines, chunk_markdown

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


@given(st.lists(st.text(alphabet="ab# `~-\n", max_size=300), max_size=12).map("\n\n".join))
def test_every_line_with_content_is_in_a_chunk_and_says_where(text: str) -> None:
    lines = text.split("\n")
    for chunks in (chunk_markdown(text), chunk_lines(text)):
        covered = {number for chunk in chunks for number in range(chunk.start, chunk.end + 1)}
        assert {number for number, line in enumerate(lines, start=1) if line.strip()} <= covered
        for chunk in chunks:
            whole = "\n".join(lines[chunk.start - 1 : chunk.end])
            assert chunk.text in whole
        assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)
