"""Small packs are joined once there are many, and not beside a git that repacks."""

import subprocess
import time
from pathlib import Path

import pygit2
import pytest

from tests.helpers import git
from viking_git.store.repack import join_small_packs


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_nothing_is_joined_while_a_git_repacks(tmp_path: Path) -> None:
    top = tmp_path / "w"
    repository = pygit2.init_repository(str(top), initial_head="main")
    for number in range(45):
        (top / "a.txt").write_text(f"{number}\n")
        git(top, "add", "a.txt")
        git(top, "commit", "-qm", str(number))
        git(top, "repack", "-dq")
    (top / ".git/viking").mkdir()
    words = ["git", "-C", str(top), "pack-objects", "--stdout"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(1000):
            if top.samefile(f"/proc/{process.pid}/cwd"):
                break
            time.sleep(0.01)
        assert not join_small_packs(repository, top / ".git/viking")
        process.communicate()
    assert join_small_packs(repository, top / ".git/viking")
    assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert len(list((top / ".git/objects/pack").glob("*.pack"))) < 5
