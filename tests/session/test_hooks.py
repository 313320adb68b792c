"""Background work and the guard of pushes, below the shell."""

from pathlib import Path

import pytest

from viking_git.errors import Refused
from viking_git.session.hooks import LOG_LIMIT, in_background, refuse_transcripts
from viking_git.store.locks import file_lock
from viking_git.store.repo import Store
from viking_git.workspace import Workspace


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Workspace.init(tmp_path / "w")[0].store


def log(store: Store) -> str:
    path = store.private_dir / "hooks.log"
    return path.read_text() if path.exists() else ""


def test_failures_are_written_down_and_go_no_further(store: Store) -> None:
    def fail() -> None:
        raise RuntimeError("no model")

    in_background(store, "post-commit", fail)
    assert "post-commit: failed: RuntimeError: no model" in log(store)


def test_one_at_a_time(store: Store) -> None:
    done: list[int] = []
    with file_lock(store.private_dir / "hooks.lock"):
        in_background(store, "post-merge", lambda: done.append(1))
    assert done == []
    in_background(store, "post-merge", lambda: done.append(1))
    assert done == [1]


def test_the_log_stays_short(store: Store) -> None:
    store.private_dir.mkdir(exist_ok=True)
    (store.private_dir / "hooks.log").write_text("old line\n" * (LOG_LIMIT // 8))
    in_background(store, "post-commit", lambda: None)
    assert len(log(store)) < LOG_LIMIT
    assert log(store).startswith("old line\n")
    assert "done in" in log(store).splitlines()[-1]


def test_the_word_that_lets_conversations_go(store: Store) -> None:
    tip = store.tip("refs/heads/main")
    lines = [f"refs/viking/transcripts {tip} refs/viking/transcripts {'0' * 40}"]
    with pytest.raises(Refused) as refused:
        refuse_transcripts(store, "my_fork", lines)
    assert "remote.my_fork.vikingPublish" in str(refused.value.hint)
    store.set_config("remote.my_fork.vikingPublish", "yes")
    refuse_transcripts(store, "my_fork", lines)


def test_deleting_a_branch_publishes_nothing(store: Store) -> None:
    refuse_transcripts(store, "origin", [f"(delete) {'0' * 40} refs/heads/x {store.tip('refs/heads/main')}", ""])
