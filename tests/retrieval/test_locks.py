import subprocess
import sys
from pathlib import Path

from viking_git.retrieval.locks import file_lock


def test_one_holder_at_a_time_and_death_lets_go(tmp_path: Path) -> None:
    program = (
        "import sys, os; from pathlib import Path; from viking_git.retrieval.locks import file_lock\n"
        "with file_lock(Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.readline(); os._exit(1)"
    )
    path = tmp_path / "lock"
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with file_lock(path, wait=False) as mine:
            assert not mine
        other.communicate("die\n")
    with file_lock(path, wait=False) as mine:
        assert mine
    with file_lock(path) as mine:
        assert mine
