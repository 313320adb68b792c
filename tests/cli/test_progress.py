"""Work over a second shows a sign of life on a terminal, and nowhere else."""

import os
import pty
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

PROGRAM = """
import sys, time
from viking_git.cli.output import say
from viking_git.cli.progress import working
with working("adding documents"):
    time.sleep(float(sys.argv[1]))
    say("note")
print("done", flush=True)
"""


WITH_A_BAR = """
import sys, time
from viking_git.cli.bar import Bar
from viking_git.cli.progress import working
with working("committing chat"):
    bar = Bar("files")
    for done in range(int(sys.argv[1])):
        bar(done, 40)
        time.sleep(0.1)
    bar(40, 40)
    time.sleep(1.1)
print("done", flush=True)
"""


def on_a_terminal(seconds: str, program: str = PROGRAM) -> str:
    """What the program writes to stderr where that is a terminal."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program, seconds], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    assert child.communicate()[0] == "done\n"
    said = b""
    try:
        while chunk := os.read(ours, 4096):
            said += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    return said.decode()


def test_long_work_is_counted_and_the_line_taken_away() -> None:
    said = on_a_terminal("2.3")
    assert "\r\x1b[Kadding documents … 1 s\r\x1b[Kadding documents … 2 s" in said
    assert said.endswith("\r\x1b[Knote\r\n")


def test_short_work_says_nothing() -> None:
    assert on_a_terminal("0") == "note\r\n"


def test_a_bar_is_not_wiped_out_by_the_seconds() -> None:
    said = on_a_terminal("32", WITH_A_BAR)
    first, last = said.index("["), said.rindex("40 of 40 files")
    assert "committing" not in said[first + len("\r\x1b[K") : last]
    assert "committing chat … " in said[last:]


def test_elsewhere_nothing_is_said() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "1.2"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "note\n")


EARLY = """
import sys
class Stop:
    def find_spec(self, name, *_):
        if name == "viking_git.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
from viking_git.__main__ import run
run()
"""


def test_an_interruption_is_said(tmp_path: Path) -> None:
    where = str(tmp_path / "w")
    subprocess.run([sys.executable, "-m", "viking_git", "init", where], check=True, stdout=subprocess.DEVNULL)
    words = [sys.executable, "-m", "viking_git", "-C", where, "session", "add-message", "chat", "user", "-"]
    # Who runs the tests in the background has it ignored, and children inherit that.
    usual = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stderr=pipe, text=True, preexec_fn=usual) as child:
        time.sleep(2.0)
        child.send_signal(signal.SIGINT)
        assert child.stderr is not None
        assert child.stderr.read() == "interrupted\n"
    assert child.returncode == 130


def test_an_interruption_while_the_program_is_read_is_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
