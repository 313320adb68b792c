"""Every test runs in a home of its own, with git configured here and nowhere else."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, settings
from pygit2.enums import ConfigLevel

# Nothing here is timed: machines are shared. And a fixture that all examples of a test share is meant to be.
settings.register_profile(
    "shared", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean HOME, git config with an identity, caches and temporary files of its own, and the hashing embedder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch")))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ada Tester\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n"
        "[viking]\n\tbackground = false\n"
    )
    for name in [name for name in os.environ if name.startswith(("GIT_", "VIKING_")) or name == "EMAIL"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / ".state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(home.parent))
    monkeypatch.setenv("VIKING_EMBEDDER", "hashing")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    # Buffers as a person has them: errors of a full stream come later then.
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    # Where a transcript tells only UTC, the machine's own zone tells the day.
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    # libgit2 looks HOME up once, when it is loaded.
    for level in (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM):
        pygit2.settings.search_path[level] = str(home if level == ConfigLevel.GLOBAL else home / "none")
    return home


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``viking-git`` from the wheel; the libraries it needs come from the environment that runs the tests."""
    place = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(place),
        str(Path(__file__).parent.parent),
    ]
    subprocess.run(build, check=True, capture_output=True)
    built = next(place.glob("*.whl"))
    venv.create(place / "venv", with_pip=False, symlinks=True)
    bin_dir = place / "venv/bin"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place / "venv")}))
    python = bin_dir / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(built)]
    subprocess.run(install, check=True, capture_output=True)
    # Path files of a directory that a path file names are not read, so the checkout's editable install stays unseen.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return bin_dir / "viking-git"
