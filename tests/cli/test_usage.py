"""Slips on the command line are said as other errors are: a sentence, a hint with what would be right, exit code 2."""

import pytest

from viking_git.cli.main import main


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (["read"], "URI is missing", "viking-git read -h shows what there is; an example: viking-git read viking://"),
        (["export", "resources/docs"], "FILE is missing", "viking-git export -h shows what there is; an example: "),
        (["skil"], "no command skil", "did you mean skill; viking-git -h shows what there is"),
        (["frobnicate"], "no command frobnicate", "viking-git -h shows what there is"),
        (["session", "lst"], "no command lst", "did you mean list; viking-git session -h shows what there is"),
        (["ls", "--foo"], "no option --foo", "viking-git ls -h shows what there is; an example: viking-git ls "),
        (["find", "x", "--limt", "3"], "no option --limt", "did you mean --limit; viking-git find -h "),
        (["ls", "a", "b"], "too much: b", "viking-git ls -h shows what there is; an example: viking-git ls "),
        (["log", "-n"], "-n needs a value", "viking-git -h shows what there is"),
        (["ls", "--json=3"], "--json takes no value", "viking-git -h shows what there is"),
        (["log", "-n", "x"], "-n / --limit: should be a valid integer", "viking-git log -h shows what there is"),
        (["tree", "-L", "0"], "-L / --depth: should be greater than or equal to 1", "viking-git tree -h "),
        (["check", "--format", "x"], "--format: x is not one of text, json, github, sarif", "viking-git check -h "),
        (["session", "import"], "name a FILE, or a program with --from", "viking-git session import -h shows "),
    ],
)  # fmt: skip
def test_a_slip(capsys: pytest.CaptureFixture[str], words: list[str], error: str, hint: str) -> None:
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    first, blank, second, end = printed.err.split("\n")
    assert (first, blank, end) == (f"error: {error}", "", "")
    assert second.startswith(f"hint: {hint}")


@pytest.mark.parametrize("words", [[], ["session"], ["pack"]])
def test_nothing_but_a_group_is_its_help(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("Usage: viking-git")
