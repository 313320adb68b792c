"""Ignore patterns beside git's own reading of them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import git
from viking_git.model.ignore import is_ignored, parse_pattern, parse_patterns

WORDS = "a b c - ] * ** *** ? / / [ab] [!a] [^b] [a-c] [c-a] []a] [a-] [-a] [[:alpha:]] [!/] [a \\a \\* \\/ \\[ \\ ! #"
PIECES = [*WORDS.split(), " "]
SEGMENT = st.text("abc-]*!#", min_size=1, max_size=3)
PATH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
LINE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("".join)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("ignore")
    git(top, "init", "-q")
    return top


@given(st.lists(LINE, min_size=1, max_size=4), st.lists(PATH, min_size=1, max_size=30, unique=True))
def test_git_reads_them_so(repository: Path, lines: list[str], paths: list[str]) -> None:
    (repository / ".gitignore").write_text("\n".join(lines) + "\n")
    asked = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    done = subprocess.run(asked, cwd=repository, input="\0".join(paths), capture_output=True, text=True, check=False)
    theirs = set(done.stdout.split("\0")) - {""}
    patterns = parse_patterns(lines)

    def ignored(path: str) -> bool:
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        return any(is_ignored(patterns, one, directory=True) for one in above) or bool(is_ignored(patterns, path))

    assert {path for path in paths if ignored(path)} == theirs


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("*a" * 25 + "b", "a" * 60),
        ("**/a/" * 8 + "b", "/".join("a" * 90)),
        ("/" + "**/*a*a*a*/" * 30 + "b", "/".join(["a" * 30] * 100)),
        ("[a-z]*" * 600 + "!", "a" * 4000),
        ("?*" * 1000 + "!", "a" * 4000),
    ],
)
def test_stars_never_give_back(line: str, path: str) -> None:
    """A translation into one regular expression does not end on these."""
    pattern = parse_pattern(line)
    assert pattern is not None
    assert not pattern.matches(path)


@pytest.mark.parametrize("line", ["", "#x", "/", "!", "!/", "[a", "a\\", "x" * 5000, "[" * 4097])
def test_lines_that_mean_nothing(line: str) -> None:
    assert parse_pattern(line) is None


def test_a_folder_that_is_being_added_cannot_stop_add(tmp_path: Path) -> None:
    from viking_git.resources.sources import read_sources

    deep = tmp_path / "docs" / Path(*"a" * 90)
    deep.mkdir(parents=True)
    (deep / "b.md").write_text("b")
    (tmp_path / "docs" / ("a" * 60)).write_text("a")
    (tmp_path / "docs/.gitignore").write_text("*a" * 25 + "b\n")
    (tmp_path / "docs/.vikingignore").write_text("**/a/" * 8 + "c\n")
    assert {file.path.rpartition("/")[2] for file in read_sources([tmp_path / "docs"]).files} == {
        "a" * 60, "b.md", ".gitignore", ".vikingignore",
    }  # fmt: skip
