"""What a command acknowledges is on disk: every object is fsynced before the ref that needs it moves."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.model.changes import Changes
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store

WRITE = """
import sys
from pathlib import Path
from viking_git.model.changes import Changes
from viking_git.store.repo import Store
store = Store(Path(sys.argv[1]))
def build(writer, tip):
    changes = Changes({f"resources/x/{n}.md": str(n).encode() for n in range(5)})
    return store.commit(writer, writer.apply(store.tree(tip), changes), [tip] if tip else [], "add: five")
store.advance("refs/heads/main", build, "test")
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_objects_are_synced_before_the_ref_moves(tmp_path: Path) -> None:
    top, trace = tmp_path / "w", tmp_path / "trace"
    pygit2.init_repository(str(top), initial_head="main")
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "200", "-e", "trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2", "-o",
         str(trace), sys.executable, "-c", WRITE, str(top)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = trace.read_text().splitlines()
    moved = next(
        n for n, call in enumerate(calls) if "refs/heads/main.lock" in call and re.search(r"rename|link", call)
    )
    before = calls[:moved]
    synced = {m[1] for call in before if "sync(" in call and (m := re.search(r"objects/(tmp_object_git2_\w+)", call))}
    stored = {
        m[1]
        for call in before
        if (m := re.search(r'objects/(tmp_object_git2_\w+)", .*= 0', call)) and "sync(" not in call
    }
    objects = [line for line in git(top, "count-objects", "-v").splitlines() if line.startswith("count:")]
    assert len(stored) == int(objects[0].split()[1]) >= 9
    assert stored <= synced
    assert any("sync(" in call and "main.lock" in call for call in before)
    assert any("sync(" in call and "viking-index" in call for call in before)


def test_objects_that_a_prune_took_are_written_again(tmp_path: Path) -> None:
    top = tmp_path / "w"
    pygit2.init_repository(str(top), initial_head="main")
    store = Store(top)

    def build(writer: ObjectWriter, tip: str | None) -> str:
        tree = writer.apply(None, Changes({"resources/x/a.md": b"a\n", "b.md": b"b\n"}))
        commit = store.commit(writer, tree, [], "add: two")
        git(top, "prune", "--expire=now")
        assert git(top, "count-objects").startswith("0 objects")
        return commit

    store.advance("refs/heads/main", build, "test")
    assert git(top, "fsck", "--strict") == ""
    assert git(top, "status", "--porcelain") == ""
    assert (top / "b.md").read_text() == "b\n"
