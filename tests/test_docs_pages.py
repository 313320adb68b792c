"""The console blocks of the pages, run one after the other in a fresh directory: what they show is what is printed.

A block is ``$ command`` lines, each followed by what it prints on both streams; ``…`` stands for any text, on a line of
its own for any lines, and blank lines do not count.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(page for page in DOCS.glob("*.md") if "```console" in page.read_text(encoding="utf-8"))


def commands(block: str) -> list[tuple[str, list[str]]]:
    """The commands of a block with the lines that each prints; a line that ends in a backslash goes on, and what stands
    between ``<<'END'`` and ``END`` is the command's input."""
    found: list[tuple[str, list[str]]] = []
    reading = False
    for line in block.splitlines():
        if reading:
            found[-1] = (f"{found[-1][0]}\n{line}", [])
            reading = line != "END"
        elif line.startswith("$ "):
            found.append((line[2:], []))
            reading = line.endswith("<<'END'")
        elif found and found[-1][0].endswith("\\") and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line.removeprefix('> ')}", [])
        else:
            found[-1][1].append(line)
    return found


def pattern(lines: list[str]) -> str:
    parts = ["(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n" for line in lines]
    return "".join(parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    bin_dir, here = tmp_path / "bin", tmp_path / "here"
    bin_dir.mkdir()
    here.mkdir()
    for name in ("viking-git", "git-viking"):
        (bin_dir / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m viking_git "$@"\n')
        (bin_dir / name).chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{bin_dir}:{os.environ['PATH']}", "PYTHONPATH": str(DOCS.parent), "COLUMNS": "100",
    }  # fmt: skip
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for command, lines in commands(block):
            if command.startswith("cd "):
                here = here / command[3:]
                continue
            done = subprocess.run(
                ["bash", "-c", command], cwd=here, env=environment, text=True, check=False, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            expected = pattern([line for line in lines if line.strip()])
            printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines() if line.strip())
            assert re.fullmatch(expected, printed), f"{page.name}: {command}\n{done.stdout}"
