"""Finding the workspace that a command is about, and its policy."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from viking_git.config import POLICY_FILE, Environment, Policy, load_policy
from viking_git.errors import NotAWorkspace, NotFound
from viking_git.model.uri import Spaces
from viking_git.store.livelog import list_live
from viking_git.store.locate import discover, global_config
from viking_git.store.repo import Store, no_step, utc_now
from viking_git.store.snapshot import Snapshot

Notice = Callable[[str], None]
"""Told a line for a person when something takes long or works only in part."""
Progress = Callable[[int, int], None]
"""Told how many of how many are done."""


def silent(text: str) -> None:
    """A ``Notice`` that nobody hears: the default of programs, which pass their own to hear."""


def unheard(done: int, total: int) -> None:
    """A ``Progress`` that nobody sees."""


def open_workspace(
    start: Path | None, environment: Environment, *, clock: Callable[[], datetime], step: Callable[[str], None]
) -> tuple[Store, Policy]:
    """Store and policy of the workspace at ``start`` or above; without, of the one that ``Workspace.open`` looks for.

    Raises:
        NotAWorkspace: there is none.
    """
    for place, up in _places(start, environment):
        found = discover(place) if up else (place if place.exists() else None)
        if found is None:
            continue
        store = open_store(found, environment, clock=clock, step=step)
        policy = _policy(store)
        if policy is not None:
            return store, policy
    where = start or environment.workspace or Path.cwd()
    named = (
        "it is what VIKING_WORKSPACE says"
        if start is None and environment.workspace
        else "-C DIR names one elsewhere, git config --global viking.workspace DIR one for everywhere"
    )
    raise NotAWorkspace(
        f"not a viking-git workspace: {where}" if where.is_dir() else f"no directory at {where}",
        hint=f"viking-git init makes one; {named}",
    )


def open_store(
    path: Path,
    environment: Environment,
    *,
    clock: Callable[[], datetime] = utc_now,
    step: Callable[[str], None] = no_step,
) -> Store:
    """The repository at ``path``, signed by whom the environment names."""
    return Store(
        path,
        clock=clock,
        author=environment.author,
        committer=environment.committer,
        step=step,
        staging_index=environment.staging_index,
    )


def _places(start: Path | None, environment: Environment) -> Iterator[tuple[Path, bool]]:
    if start is not None:
        yield start, True
        return
    if environment.workspace is not None:
        yield environment.workspace, True
        return
    yield Path.cwd(), True
    configured = global_config("viking.workspace")
    if configured:
        yield Path(configured).expanduser(), True


def _policy(store: Store) -> Policy | None:
    """The policy of trunk, found through the branch that is checked out or the work tree's file; None where none is."""
    head = store.head_branch()
    candidates = [store.tip(f"refs/heads/{head}") if head else store.tip("HEAD")]
    data = next((found for tip in candidates if (found := store.snapshot(tip).get(POLICY_FILE))), None)
    if data is None:
        for name in ("main", "master"):
            data = store.snapshot(store.tip(f"refs/heads/{name}")).get(POLICY_FILE)
            if data is not None:
                break
    if data is None:
        return None
    policy = load_policy(data)
    trunk = store.snapshot(store.tip(f"refs/heads/{policy.trunk}")).get(POLICY_FILE)
    return load_policy(trunk) if trunk is not None else policy


def trunk_tip(store: Store, trunk: str) -> str:
    """The commit that trunk names.

    Raises:
        NotFound: this clone has no such branch; the hint makes one of the remote's.
    """
    tip = store.tip(f"refs/heads/{trunk}")
    if tip is None:
        remote = next((ref for ref in store.refs("refs/remotes/") if ref.endswith(f"/{trunk}")), None)
        source = remote.removeprefix("refs/remotes/") if remote else "COMMIT"
        raise NotFound(f"trunk, the branch {trunk!r}, does not exist here", hint=f"git branch {trunk} {source}")
    return tip


def spaces_of(store: Store, policy: Policy, trunk: Snapshot) -> Spaces:
    """The spaces that shorthands stand for: git config before the policy, and those that hold sessions."""
    known = {entry.name for entry in trunk.entries("session") if entry.is_dir}
    known.update(space for space, _ in list_live(store.private_dir / "live"))
    user = store.config("viking.user") or policy.spaces.user
    return Spaces(user, store.config("viking.agent") or policy.spaces.agent, frozenset(known))
