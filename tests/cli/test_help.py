"""Every command explains itself: ``-h`` and ``--help``, a sentence, an example; and the manual page says the same."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from viking_git.cli import manpage
from viking_git.cli.main import app, main

TOP = Path(__file__).parent.parent.parent
ROOT = typer.main.get_command(app)
COMMANDS = {
    name: command for name, command, _ in manpage._commands(ROOT, typer.Context(ROOT, info_name="viking-git"))
}  # fmt: skip
GROUPS = sorted({name.split()[0] for name in COMMANDS if " " in name})


@pytest.mark.parametrize("name", [*COMMANDS, *GROUPS, ""])
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_a_sentence_and_an_example(name: str, flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), flag]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert f"viking-git {name}".strip() in printed.out
    if name:
        assert f"viking-git {name.split()[0]}" in " ".join(printed.out.split()).partition("Example: ")[2]


@pytest.mark.parametrize("name", [*GROUPS, ""])
def test_a_list_of_commands_cuts_no_sentence_short(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*name.split(), "-h"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    inside = [c for whole, c in COMMANDS.items() if whole.split()[:-1] == name.split() and not c.hidden]
    assert inside
    for command in inside:
        sentence = " ".join((command.help or "").partition("\n\n")[0].split()).partition(". ")[0]
        assert sentence.rstrip(".") in shown, command.name
    assert "..." not in shown.replace("[ARGS]...", "")


def test_help_is_a_command_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "session", "import"]) == main(["session", "import", "-h"]) == 0
    first, second = capsys.readouterr().out.split("Usage: ")[1:]
    assert first == second


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_is_explained(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


def test_the_manual_page_is_up_to_date() -> None:
    page = (TOP / "man/git-viking.1").read_text(encoding="utf-8")
    assert page == manpage.render(app), "make man writes it again"
    for name in COMMANDS:
        assert f"\n.SS {name.replace('-', chr(92) + '-')}\n" in page
    assert (TOP / "man/viking-git.1").read_text() == ".so man1/git-viking.1\n"


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
def test_man_reads_it_without_a_warning() -> None:
    done = subprocess.run(
        ["man", "--warnings=w", "-l", str(TOP / "man/git-viking.1")], capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    assert "session add-message" in done.stdout


@pytest.mark.parametrize("width", ["40", "200"])
def test_examples_stand_whole_on_lines_of_their_own(
    width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    for name, command in COMMANDS.items():
        assert main([*name.split(), "-h"]) == 0
        lines = capsys.readouterr().out.rstrip("\n").split("\n")
        shown = [line.strip() for line in lines[lines.index("Example:") + 1 :]]
        assert shown == [text.removeprefix("Example: ") for text in (command.epilog or "").split("\n")], name


def test_the_usage_has_words_and_brackets_as_git_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main([*name.split(), "-h"]) == 0
        usage = capsys.readouterr().out.partition("\n\n")[0]
        assert not re.search(r"\[\[|\]\]|\{(?!\S*\|)|[\[ ][a-z]+\]", usage), usage
