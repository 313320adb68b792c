"""Work that nobody waits for, by processes of their own: what ``commit --no-wait`` leaves, and an index to be built."""

import os
from pathlib import Path

from viking_git.session.commit import CommitResult
from viking_git.session.tasks import task_log
from viking_git.store.remote import run_detached
from viking_git.store.repo import Store


def is_wanted(store: Store) -> bool:
    """Whether ``viking.background`` lets the index be brought up to date by processes that nobody waits for."""
    return store.config("viking.background") is None or store.config_flag("viking.background")


def index_soon(store: Store) -> bool:
    """Start a process that brings the search index up to date, as hooks do, if that is wanted; whether it is.

    Until it is done, a search answers by words.
    """
    if not is_wanted(store):
        return False
    where = str(store.workdir or store.common_dir)
    run_detached(["-C", where, "hooks", "run", "post-checkout"], Path(os.devnull))
    return True


def go_on(store: Store, result: CommitResult) -> CommitResult:
    """Start that process for a commit that was accepted; forget what it said once the commit is done. Returns it.

    If it dies, nothing is lost: any later commit of the session goes on where it was.
    """
    log = task_log(store, result.session)
    if result.status == "accepted":
        where = str(store.workdir or store.common_dir)
        run_detached(["-C", where, "commit", "--resume", str(result.session)], log)
    elif result.status == "committed":
        log.unlink(missing_ok=True)
    return result
