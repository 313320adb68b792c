"""What ``commit --no-wait`` leaves is finished by a process of its own: ``viking-git commit --resume``."""

from viking_git.session.commit import CommitResult
from viking_git.session.tasks import task_log
from viking_git.store.remote import run_detached
from viking_git.store.repo import Store


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
