"""What a command acknowledges is on disk: objects are fsynced before the ref that needs them moves."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git

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
    synced = {m[1] for call in before if "sync(" in call and (m := re.search(r"(pack-[0-9a-f]{40}\.\w+)>", call))}
    named = {m[1] for call in before if "rename" in call and (m := re.search(r'"[^"]*(pack-\w+\.\w+)", "', call))}
    assert {name.rpartition(".")[2] for name in named} == {"pack", "idx"}
    assert named < synced
    assert any("sync(" in call and call.rstrip().endswith("objects/pack>) = 0") for call in before)
    assert "in-pack: 9\n" in git(top, "count-objects", "-v")
    assert any("sync(" in call and "main.lock" in call for call in before)
    assert any("sync(" in call and "/incoming/" in call and "/index>" in call for call in before)
