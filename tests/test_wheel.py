"""The built wheel, installed in an environment of its own and used away from the checkout."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.helpers import assert_sound, talk, write_transcript

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``viking-git`` from the wheel; the libraries it needs come from the environment that runs the tests."""
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(place.glob("*.whl"))
    venv.create(place / "venv", with_pip=False, symlinks=True)
    bin_dir = place / "venv/bin"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place / "venv")}))
    python = bin_dir / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    # Path files of a directory that a path file names are not read, so the checkout's editable install stays unseen.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return bin_dir / "viking-git"


def test_the_main_job_from_the_wheel(program: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = subprocess.run([str(program), *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [str(program.with_name("python")), "-c", "import viking_git; print(viking_git.__file__)"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert str(ROOT) not in where
    write_transcript(tmp_path / "chat.jsonl", talk())
    run("init", "w")
    run("-C", "w", "session", "import", "chat.jsonl")
    assert "archived as archive_001" in run("-C", "w", "commit")
    assert "TypeScript" in run("-C", "w", "find", "TypeScript")
    assert run("-C", "w", "refresh") == "all layers are true\n"
    assert_sound(tmp_path / "w")
