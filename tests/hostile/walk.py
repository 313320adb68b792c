"""Every command over one repository, in this process: exit codes, and what must still be answered."""

import contextlib
import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from viking_git.cli.main import main

DONE, JUDGED, ANY = (0,), (0, 1), (0, 1, 2)


@dataclass
class Outcome:
    """What one command did."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str


@dataclass
class Walk:
    """The commands' outcomes, and what was wrong with them."""

    outcomes: list[Outcome] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(top: Path, *words: str) -> Outcome:
    """One command in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(["-C", str(top), *words])
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    out.seek(0)
    return Outcome(words, code, out.buffer.read().decode("utf-8", "surrogateescape"), err.getvalue())


def commands(root: Path) -> list[tuple[tuple[str, ...], Sequence[int], str]]:
    """Words, the exit codes that they may end with, and what stdout must hold.

    What is asked of things that no mutation touches has to be answered; what takes in all there is may say no.
    """
    text, pack = str(root / "extra.md"), str(root / "out.ovpack")
    return [
        (("sync",), DONE, "origin: "),
        (("status",), DONE, "workspace"),
        (("session", "list"), DONE, "default/kept"),
        (("task", "list", "--all"), DONE, "default/kept/archive_001"),
        (("find", "kept marmalade oranges", "--uri", "viking://resources"), DONE, "viking://resources/kept/jam.md"),
        (("context", "TypeScript over JavaScript"), DONE, "TypeScript"),
        (("ls", "-l", "viking://resources"), DONE, "kept/"),
        (("tree",), DONE, "jam.md"),
        (("grep", "kept marmalade"), DONE, "viking://resources/kept/jam.md"),
        (("check",), JUDGED, ""),
        (("write", "viking://resources/kept/new.md", text), DONE, ""),
        (("mkdir", "viking://resources/kept/sub"), DONE, ""),
        (("mv", "viking://resources/kept/new.md", "viking://resources/kept/moved.md"), DONE, ""),
        (("add", text, "--to", "viking://resources/extra"), DONE, "+1"),
        (("refresh",), JUDGED, ""),
        (("session", "add-message", "fresh", "user", "I prefer marmalade over honey for breakfast."), DONE, ""),
        (("commit", "fresh"), DONE, "archive_001"),
        (("merge", "viking/default/waiting"), DONE, "viking/default/waiting"),
        (("commit",), ANY, ""),
        (("session", "show", "kept"), DONE, "TypeScript"),
        (("session", "show", "chat"), ANY, ""),
        (("skill", "list"), DONE, "kept"),
        (("relations", "viking://resources/docs"), ANY, ""),
        (("stat", "viking://resources/docs"), ANY, ""),
        (("abstract", "viking://resources/kept"), DONE, ""),
        (("overview", "viking://user/default"), ANY, ""),
        (("export", "viking://resources/kept", pack), DONE, ""),
        (("backup", pack + ".all"), ANY, ""),
        (("index", "status"), DONE, ""),
        (("index", "build"), DONE, ""),
        (("stats",), DONE, ""),
        (("log",), DONE, ""),
        (("doctor",), JUDGED, ""),
        (("check", "--all", "--json"), JUDGED, '"findings"'),
        (("check", "--fix"), JUDGED, ""),
        (("session", "list", "--json"), DONE, '"session_id"'),
        (("find", "breakfast honey", "--json"), DONE, "honey"),
        (("sync",), DONE, "origin: "),
    ]  # fmt: skip


def walk(root: Path) -> Walk:
    """Run all of them in ``root/w``."""
    done = Walk()
    for words, codes, expected in commands(root):
        found = run(root / "w", *words)
        done.outcomes.append(found)
        if found.code not in codes or (found.code == 0 and expected not in found.out):
            said = "\n".join(line for line in found.err.split("\n") if line)[-600:]
            if found.code == 3:
                said += (Path(os.environ["XDG_STATE_HOME"]) / "viking-git/log/last-error.log").read_text()[-1500:]
            done.wrong.append(f"{' '.join(words)}: exit {found.code}\n{said}\n{found.out[-300:]}")
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]) / "viking-git", ignore_errors=True)
    return done
