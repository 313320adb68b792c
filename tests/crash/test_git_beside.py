"""A person's git, halted at each of its calls that count, beside each step of a write: no work tree undoes the write.

``VIKING_TORTURE`` tries every command at every call beside every step; else it is one cell of 37.
"""

import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pygit2
import pytest

from tests.helpers import copied, git
from viking_git.cli.main import main
from viking_git.errors import DirtyWorkTree, VikingError
from viking_git.model.changes import Changes
from viking_git.store import heads
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Build, Store
from viking_git.workspace import Workspace

MAIN = "refs/heads/main"
LONG = "VIKING_TORTURE" in os.environ
PEOPLES = {"notes.txt", "topic.txt"}

pytestmark = pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and cc")

# On which branch the command is typed, what was done before it, and the command.
COMMANDS = {
    "checkout": ("other", "", "checkout -q main"),
    "switch": ("other", "", "switch -q main"),
    "edited checkout": ("other", "edit", "checkout -q main"),
    "worktree add": ("other", "", "worktree add -f ../two main"),
    "leave": ("main", "", "checkout -q other"),
    "stash": ("main", "edit", "stash -q"),
    "pop": ("main", "stash", "stash pop -q"),
    "reset": ("main", "edit", "reset -q --hard"),
    "commit": ("main", "edit", "commit -qam mine"),
    "fast forward": ("main", "", "merge -q ahead"),
    "merge": ("main", "", "merge -q --no-edit other"),
    "rebase main": ("main", "", "rebase -q other"),
    "rebase onto main": ("other", "", "rebase -q main"),
}
# A call and the end of its path.
CALLS = (
    ("open", "/index.lock"),
    ("rename", "/index"),
    ("renamed", "/index"),
    ("open", "/HEAD.lock"),
    ("rename", "/HEAD"),
    ("open", "/main.lock"),
    ("open", "/head-name"),
)
STEPS = ("built", "durable", "locked", "before-checkout", "checked-out", "index-swapped", "ref-moved", "end")
CELLS = list(itertools.product(COMMANDS, CALLS, STEPS))


@dataclass
class Halted:
    """A git that waits at a call, if it makes that call at all."""

    process: subprocess.Popen[str]
    place: Path

    def go(self) -> None:
        """Let it run to its end."""
        (self.place / "go").touch()
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shim") / "halt.so"
    source = Path(__file__).with_name("halt.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def writing(store: Store, files: dict[str, str]) -> Build:
    def build(writer: ObjectWriter, tip: str | None) -> str:
        changes = Changes()
        for path, text in files.items():
            changes.write(path, text)
        return store.commit(writer, writer.apply(store.tree(tip), changes), [tip] if tip else [], "edit: x\n")

    return build


def learn(store: Store, number: int) -> None:
    """What a write to trunk is like: a file of its own, and one that every write changes."""
    files = {f"m/{number}.md": f"{number}\n", "overview.md": f"{number} of them\n"}
    store.advance(MAIN, writing(store, files), "learn")


def template(top: Path) -> Path:
    pygit2.init_repository(str(top), initial_head="main")
    store = Store(top)
    start = {"notes.txt": "notes\n", "topic.txt": "-\n", "m/0.md": "0\n", "overview.md": "none\n"}
    store.advance(MAIN, writing(store, start), "first")
    git(top, "branch", "other")
    learn(store, 1)
    git(top, "checkout", "-q", "-b", "ahead")
    (top / "topic.txt").write_text("ahead\n")
    git(top, "commit", "-qam", "ahead")
    git(top, "checkout", "-q", "other")
    (top / "topic.txt").write_text("other\n")
    git(top, "commit", "-qam", "other")
    return top


def prepared(top: Path, branch: str, before: str) -> None:
    git(top, "checkout", "-q", branch)
    if before:
        (top / "notes.txt").write_text("edited\n")
    if before == "stash":
        git(top, "stash", "-q")


def halted(shim: Path, top: Path, place: Path, words: str, call: tuple[str, str]) -> Halted:
    place.mkdir()
    halt = {"LD_PRELOAD": str(shim), "HALT_CALL": call[0], "HALT_NAME": call[1], "HALT_DIR": str(place)}
    process = subprocess.Popen(
        ["git", "-C", str(top), *words.split()], env={**os.environ, **halt}, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    while process.poll() is None and not (place / "there").exists():
        time.sleep(0.002)
    return Halted(process, place)


def try_to_learn(top: Path, number: int, step: str = "", beside: Halted | None = None) -> bool:
    """Write, and let ``beside`` run to its end at ``step``; whether the write was acknowledged."""

    def at(name: str) -> None:
        if name == step and beside is not None and beside.process.poll() is None:
            beside.go()

    try:
        learn(Store(top, step=at), number)
    except VikingError:
        return False
    return True


def own_edits_only(top: Path) -> bool:
    lines = git(top, "status", "--porcelain").splitlines()
    return {line[3:] for line in lines} <= PEOPLES


def finish(top: Path) -> None:
    """What a person does about a rebase or a merge that git gave up on."""
    for verb, sign in (("rebase", "rebase-merge"), ("merge", "MERGE_HEAD")):
        if (top / ".git" / sign).exists():
            git(top, verb, "--abort")


def assert_nothing_undone(top: Path, learnt: list[int]) -> None:
    for place in (top, top.parent / "two"):
        if place.exists():
            assert own_edits_only(place), git(place, "status", "--porcelain")
            subprocess.run(["git", "-C", str(place), "commit", "-qam", "anything"], capture_output=True, check=False)
    names = git(top, "ls-tree", "-r", "--name-only", "main").splitlines()
    assert [number for number in learnt if f"m/{number}.md" not in names] == []
    assert git(top, "show", "main:overview.md") == f"{max(learnt)} of them\n"
    assert git(top, "fsck", "--strict", "--no-dangling") == ""


def test_no_work_tree_undoes_a_write(tmp_path: Path, shim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A git that is halted until after the write is not worth its time of waiting here.
    monkeypatch.setattr(heads, "AT_WORK", 0.3)
    start = template(tmp_path / "start")
    ends: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for number, (command, call, step) in enumerate(CELLS if LONG else CELLS[::37]):
        root = tmp_path / str(number)
        root.mkdir()
        top = copied(start, root / "w")
        branch, before, words = COMMANDS[command]
        prepared(top, branch, before)
        beside = halted(shim, top, root / "halt", words, call)
        where = f"{command} at {' '.join(call)}, beside {step}"
        try:
            learnt = [1, *([2] if try_to_learn(top, 2, step, beside) else [])]
            outlived = beside.process.poll() is None
            beside.go()
            if not own_edits_only(top):
                # Nobody could know of it: it held no lock, or held one for longer than is waited.
                assert outlived, git(top, "status", "--porcelain")
                late[f"{command} at {' '.join(call)}"] += 1
            finish(top)
            assert try_to_learn(top, 3)
            assert_nothing_undone(top, [*learnt, 3])
        except BaseException as error:
            error.add_note(f"{where}, left in {root}")
            raise
        ends[f"{'written' if 2 in learnt else 'refused'}, git {beside.process.returncode}"] += 1
        shutil.rmtree(root)
    sys.stdout.write(f"{dict(ends)}; brought along by the next write: {dict(late)}\n")


def test_a_checkout_that_began_before_the_write_ends_at_what_was_written(tmp_path: Path, shim: Path) -> None:
    """Git has read the branch and holds its lock: it is waited for, and its work tree is brought along."""
    top = template(tmp_path / "w")
    beside = halted(shim, top, tmp_path / "halt", "checkout -q main", ("open", "m/1.md"))
    threading.Timer(0.3, beside.go).start()
    learn(Store(top), 2)
    assert git(top, "status", "--porcelain", "--branch") == "## main\n"
    assert (top / "m/2.md").exists()


def test_a_checkout_of_a_branch_that_is_published_meanwhile(tmp_path: Path, shim: Path) -> None:
    """The same for a session's branch, which moves without the trunk lock."""
    top = template(tmp_path / "w")
    store = Store(top)
    git(top, "branch", "viking/default/chat", "main")
    git(top, "checkout", "-q", "other")
    beside = halted(shim, top, tmp_path / "halt", "checkout -q viking/default/chat", ("open", "m/1.md"))
    ref = "refs/heads/viking/default/chat"
    old, writer = store.tip(ref), store.writer()
    new = writing(store, {"m/2.md": "2\n", "overview.md": "2 of them\n"})(writer, old)
    assert new is not None
    threading.Timer(0.3, beside.go).start()
    store.publish(writer, ref, new, old, "learn")
    assert git(top, "status", "--porcelain", "--branch") == "## viking/default/chat\n"
    assert (top / "m/2.md").exists()


def test_what_a_stash_brings_back_names_the_way_on(tmp_path: Path) -> None:
    """The files of an earlier tip, unstaged: no write goes on over them, and ``doctor --fix`` takes nothing else."""
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top)
    (top / "resources/mine.md").write_text("mine\n")
    before = git(top, "rev-parse", "main").strip()
    workspace.files.write("resources/learnt.md", b"learnt\n")
    git(top, "restore", "--worktree", f"--source={before}", "resources/.overview.md", "resources/.abstract.md")
    (top / "resources/learnt.md").unlink()
    with pytest.raises(DirtyWorkTree, match=f"as they were at {before[:10]}") as refused:
        workspace.files.write("resources/more.md", b"more\n")
    assert "doctor --fix" in str(refused.value.hint)
    assert main(["-C", str(top), "doctor"]) == 1
    assert main(["-C", str(top), "doctor", "--fix"]) == 0
    assert git(top, "status", "--porcelain") == "?? resources/mine.md\n"
    assert (top / "resources/learnt.md").read_text() == "learnt\n"
    workspace.files.write("resources/more.md", b"more\n")


def test_an_edit_among_older_files_stays(tmp_path: Path) -> None:
    """A checkout came late, and somebody edited what it laid out: all else is brought along."""
    top = template(tmp_path / "w")
    store = Store(top)
    learn(store, 2)
    git(top, "checkout", "-q", "main")
    git(top, "read-tree", "-m", "-u", "HEAD", "HEAD~1")
    (top / "m/1.md").write_text("edited\n")
    learn(store, 3)
    assert git(top, "status", "--porcelain") == " M m/1.md\n"
    assert (top / "m/2.md").exists()


def test_what_a_person_takes_back_by_hand_is_left(tmp_path: Path) -> None:
    """The same state, but made on the branch and not by coming to it: it is the person's."""
    top = template(tmp_path / "w")
    git(top, "checkout", "-q", "main")
    learn(Store(top), 2)
    git(top, "restore", "--staged", "--worktree", "--source=HEAD~1", ".")
    with pytest.raises(DirtyWorkTree):
        learn(Store(top), 3)
    assert git(top, "status", "--porcelain") == "D  m/2.md\nM  overview.md\n"
