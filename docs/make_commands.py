"""Writes docs/commands.md from the help of the commands: ``python docs/make_commands.py``. A test compares."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import typer
from typer.main import get_command

PAGE = Path(__file__).with_name("commands.md")
HEAD = """# Commands

What `viking-git COMMAND -h` says, of every command. This page is made from it by `python docs/make_commands.py`.

"""


def page() -> str:
    """The text of the page."""
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = "100"
    from viking_git.cli.main import app, main

    def help_of(words: list[str]) -> str:
        out = io.StringIO()
        with redirect_stdout(out):
            main([*words, "-h"])
        return "\n".join(line.rstrip() for line in out.getvalue().strip("\n").splitlines())

    parts = []
    for words in commands(get_command(app)):
        title = " ".join(["viking-git", *words])
        parts.append(f"## {title}\n\n```text\n{help_of(words)}\n```\n")
    return HEAD + "\n".join(parts)


def commands(command: object, words: tuple[str, ...] = ()) -> Iterator[list[str]]:
    """The words of the program and of every command below it, groups before what they hold."""
    yield list(words)
    for name, child in sorted(getattr(command, "commands", {}).items()):
        yield from commands(child, (*words, name))


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parent.parent))
    PAGE.write_text(page(), encoding="utf-8")
    typer.echo(f"wrote {PAGE}")
