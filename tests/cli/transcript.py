"""Terminal transcripts as tests: commands with what they print, and how they end.

::

    -- A comment, up to the next command.
    $ viking-git write viking://resources/note.md
    < what stands on stdin
    <hash>  edit: write resources/note.md
    $ viking-git read viking://resources/nowhere
    ! error: nothing at viking://resources/nowhere
    [2]

Lines with ``!`` are stderr, ``[2]`` is the exit code where it is not 0. ``<hash>``, ``<date>`` and ``<any>`` stand for
what differs from run to run, a line ``...`` for any number of lines. ``VIKING_RECORD=1 pytest tests/cli`` writes into
the files what the commands print now, for a person to look through.
"""

import io
import os
import re
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from viking_git.cli.main import main

HOLES = {
    "<hash>": "[0-9a-f]{7,40}",
    "<date>": r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?",
    "<any>": ".*",
}
SHELL = {"|", ">", "<", "&&", "||", ";", "&", ">>"}
"""Words that make a command one for the shell; others run in this process, which is faster."""


@dataclass
class Step:
    """One command and what is expected of it."""

    command: str
    stdin: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    code: int = 0
    prose: list[str] = field(default_factory=list)

    def render(self) -> str:
        """The step as it stands in a file."""
        lines = [*self.prose, f"$ {self.command}", *(f"< {line}".rstrip() for line in self.stdin), *self.out]
        lines += [f"! {line}".rstrip() for line in self.err] + ([f"[{self.code}]"] if self.code else [])
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> list[Step]:
    """The steps of a transcript."""
    steps: list[Step] = []
    prose: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:], prose=prose))
            prose = []
        elif line.startswith("-- ") or not steps or prose:
            prose.append(line)
        elif line == "<" or line.startswith("< "):
            steps[-1].stdin.append(line[2:])
        elif line == "!" or line.startswith("! "):
            steps[-1].err.append(line[2:])
        elif match := re.fullmatch(r"\[(\d+)\]", line):
            steps[-1].code = int(match[1])
        else:
            steps[-1].out.append(line)
    for step in steps:
        while step.out and not step.out[-1]:
            step.out.pop()
    return steps


def run(step: Step, where: Path, program: Path | None) -> Step:
    """The step with what it really prints, run in ``where``; by ``program`` and the shell, or in this process."""
    data = "".join(f"{line}\n" for line in step.stdin).encode()
    lexer = shlex.shlex(step.command, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.whitespace_split = "", True
    words = list(lexer)
    if program is None and words[0] == "viking-git" and not SHELL & set(words):
        code, out, err = _inside(shlex.split(step.command)[1:], data)
    else:
        path = f"{(program or _this(where)).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "COLUMNS": "100"}
        environment.pop("PYTHONPATH", None)
        done = subprocess.run(
            ["bash", "-c", step.command], input=data, capture_output=True, check=False, cwd=where, env=environment
        )
        code, out, err = done.returncode, done.stdout.decode(), done.stderr.decode()
    return Step(step.command, step.stdin, out.splitlines(), err.splitlines(), code, step.prose)


def matches(expected: list[str], found: list[str]) -> bool:
    """Whether what was printed is what was expected."""
    return (
        re.fullmatch("".join(_pattern(line) for line in expected), "".join(f"{line}\n" for line in found)) is not None
    )


def blanked(found: Step, expected: Step, holes: dict[str, str]) -> Step:
    """``found`` with placeholders where they are needed; what matched before stays as it was written."""

    def blank(line: str) -> str:
        for text, hole in holes.items():
            line = line.replace(text, hole)
        line = re.sub(rf"\b{HOLES['<date>']}", "<date>", line)
        line = re.sub(r"^(  )?[0-9a-f]{8}(?=  )", r"\1<hash>", line)
        return re.sub(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,40}\b", "<hash>", line)

    out = expected.out if matches(expected.out, found.out) else [blank(line) for line in found.out]
    err = expected.err if matches(expected.err, found.err) else [blank(line) for line in found.err]
    return Step(found.command, found.stdin, out, err, found.code, found.prose)


def _pattern(line: str) -> str:
    if line == "...":
        return "(?:.*\n)*?"
    parts = re.split("(<hash>|<date>|<any>)", line)
    return "".join(HOLES.get(part, re.escape(part)) for part in parts).rstrip() + " *\n"


def _this(where: Path) -> Path:
    """A program that runs the code under test."""
    program = where.parent / "bin/viking-git"
    program.parent.mkdir(exist_ok=True)
    root = Path(__file__).parent.parent.parent
    program.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m viking_git "$@"\n')
    program.chmod(0o755)
    return program


def _inside(words: list[str], stdin: bytes) -> tuple[int, str, str]:
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), patch("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin))):
        code = main(words)
        if sys.stdout is not None:
            sys.stdout.flush()
    return code, out.buffer.getvalue().decode(), err.getvalue()  # type: ignore[attr-defined]
