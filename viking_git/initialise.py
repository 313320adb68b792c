"""``init``: a repository becomes a workspace, or a clone of one gets the space of the person who cloned it."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from viking_git import assets
from viking_git.config import POLICY_FILE, Environment, Policy, load_policy
from viking_git.errors import InvalidContent, InvalidURI, UnsupportedRepository
from viking_git.model.changes import Changes
from viking_git.model.layers import ABSTRACT, OVERVIEW
from viking_git.model.layout import BRANCH_PREFIX
from viking_git.model.names import check_name, slug
from viking_git.model.uri import TRACKED_SCOPES, Spaces, VikingURI
from viking_git.resources.containers import container_changes
from viking_git.session.blocks import ATTRIBUTES, IGNORED, write_block
from viking_git.session.refresh import TRAILER, prefetch
from viking_git.store.cone import Cone
from viking_git.store.create import create_repository
from viking_git.store.driver import register_driver
from viking_git.store.objects import ObjectWriter
from viking_git.store.remote import clone, narrow, switch
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot
from viking_git.store.view import View

_WHOLE = (
    "the remote does not filter (git config uploadpack.allowFilter there), so every file was fetched; "
    "the scopes alone are checked out and searched"
)


@dataclass(frozen=True, slots=True)
class Initialised:
    """What ``init`` did.

    Attributes:
        store: the repository.
        created: whether the workspace is new.
        policy: its policy.
        own_space: the space it gave the person who cloned somebody else's workspace, None otherwise.
        scopes: the directories that a clone of some scopes holds.
        notes: what else whoever cloned should know, each a sentence.
    """

    store: Store
    created: bool
    policy: Policy
    own_space: str | None
    scopes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def initialise(
    directory: Path,
    environment: Environment,
    *,
    transcripts: Literal["private", "tracked"] = "private",
    user: str = "default",
    agent: str = "default",
    open_store: Callable[[Path, Environment], Store],
) -> Initialised:
    """Make ``directory`` a workspace: the repository if there is none, the scopes, the policy, one commit.

    Raises:
        UnsupportedRepository: a repository whose own folders or branches are called like ours, or a detached HEAD.
        NoIdentity: git cannot sign the commit; nothing was created.
    """
    check_name(user, "space")
    check_name(agent, "space")
    top, fresh = create_repository(directory)
    try:
        store = open_store(top, environment)
        store.signatures()
        branch = _current_branch(store)
        tip = store.tip(f"refs/heads/{branch}")
        existing = store.snapshot(tip).get(POLICY_FILE)
        if existing is not None:
            policy = load_policy(existing)
            register_driver(store)
            return Initialised(store, False, policy, _own_space(store, policy, tip))
        policy = Policy(trunk=branch)
        _refuse_foreign(store, store.snapshot(tip))
        _first_commit(store, branch, transcripts, user, agent)
        register_driver(store)
    except BaseException:
        fresh.undo()
        raise
    policy = load_policy(store.snapshot(store.tip(f"refs/heads/{branch}")).read(POLICY_FILE))
    return Initialised(store, True, policy, None)


def clone_workspace(
    url: str,
    directory: Path,
    environment: Environment,
    scopes: Sequence[str] = (),
    *,
    open_store: Callable[[Path, Environment], Store],
) -> Initialised:
    """Clone the workspace at ``url`` into ``directory`` and take part in it.

    With ``scopes``, URIs of directories, it is git's own partial clone and sparse checkout: the history and the tree
    of all, the files of these directories and of those above them; other files are fetched when they are read.

    Raises:
        UnsupportedRepository: something is in ``directory``, or what was cloned is no workspace; nothing is left.
        RemoteFailed: git could not clone; nothing is left.
        InvalidURI, NotFound: a scope is no directory there; nothing is left.
    """
    wanted = [_scope(text, Spaces()) for text in scopes]
    if directory.exists() and any(directory.iterdir()):
        raise UnsupportedRepository(f"{directory} is not empty", hint="name another directory")
    was_there = directory.exists()
    try:
        # A path would be copied whole.
        warnings = clone(url, directory, ["--filter=blob:none", "--sparse", "--no-local"] if wanted else [])
        store = open_store(directory, environment)
        if not _to_trunk(store, directory):
            raise UnsupportedRepository(
                f"{url} is no workspace: it has no {POLICY_FILE}",
                hint="git clone it, then viking-git init makes it one",
            )
        held = _narrow(store, directory, scopes)
        made = initialise(directory, environment, open_store=open_store)
        prefetch(made.store, f"refs/heads/{made.policy.trunk}")
        whole = any(line.startswith("filtering not recognized") for line in warnings)
        return replace(made, scopes=held, notes=(_WHOLE,) if whole else ())
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        if was_there:
            directory.mkdir()
        raise


def _to_trunk(store: Store, directory: Path) -> bool:
    """Check out the branch that memories land on in a fresh clone; whether it is a workspace.

    A remote may show another branch, or one that it has not: a bare repository is made before anybody pushes to it.
    """
    prefix = f"refs/remotes/{store.remotes()[0]}/"
    there = {ref.removeprefix(prefix): ref for ref in store.refs(prefix)}
    head = store.head_branch()
    data = store.snapshot(store.tip(f"refs/heads/{head}" if head else "HEAD")).get(POLICY_FILE)
    trunk = load_policy(data).trunk if data is not None else None
    if trunk is None:
        trunk = next((name for name, ref in there.items() if _names_itself(store, name, ref)), None)
    if trunk in there and trunk != head:
        switch(directory, trunk)
    return trunk is not None


def _names_itself(store: Store, name: str, ref: str) -> bool:
    data = store.snapshot(store.tip(ref)).get(POLICY_FILE)
    try:
        return data is not None and load_policy(data).trunk == name
    except InvalidContent:
        return False


def _scope(text: str, spaces: Spaces) -> VikingURI:
    uri = VikingURI.parse(text, spaces)
    if not uri.full_path:
        raise InvalidURI(f"{text} is everything", hint="clone without --scope")
    return uri


def _narrow(store: Store, directory: Path, scopes: Sequence[str]) -> tuple[str, ...]:
    """Let the work tree hold ``scopes`` and no other directories; their paths."""
    if not scopes:
        return ()
    tree = store.snapshot(store.tip("HEAD"))
    spaces = load_policy(tree.read(POLICY_FILE)).spaces
    uris = [_scope(text, Spaces(spaces.user, spaces.agent)) for text in scopes]
    for uri in uris:
        entry = tree.entry(uri.full_path)
        if entry is None:
            raise View(store, tree, Snapshot(store.git, None)).missing(uri)
        if not entry.is_dir:
            raise InvalidURI(f"{uri.uri} is a {entry.kind}", hint=f"a scope is a directory: --scope {uri.parent.uri}")
    cone = Cone.of(uri.full_path for uri in uris)
    narrow(directory, cone.whole)
    return cone.whole


def _first_commit(store: Store, branch: str, transcripts: str, user: str, agent: str) -> None:
    def build(writer: ObjectWriter, tip: str | None) -> str:
        base = store.snapshot(tip)
        changes = Changes()
        values = {"trunk": branch, "transcripts": transcripts, "user": user, "agent": agent}
        changes.write(POLICY_FILE, assets.render("workspace/viking.yaml.j2", **values))
        write_block(changes, base, ATTRIBUTES)
        if transcripts == "private":
            write_block(changes, base, IGNORED)
        view = Snapshot(store.git, writer.apply(base.tree, changes))
        layers = container_changes(view, [f"{scope}/{ABSTRACT}" for scope in TRACKED_SCOPES])
        tree = writer.apply(view.tree, layers)
        return store.commit(writer, tree, [tip] if tip else [], f"init: a viking-git workspace\n\n{TRAILER}\n")

    store.advance(f"refs/heads/{branch}", build, "init")


def _current_branch(store: Store) -> str:
    head = store.head_branch()
    if head is None:
        raise UnsupportedRepository(
            "HEAD is detached: no branch is checked out", hint="git switch main, then init again"
        )
    return head


def _refuse_foreign(store: Store, tree: Snapshot) -> None:
    """Refuse a repository where our paths or branches would run into what is there."""
    for scope in TRACKED_SCOPES:
        if tree.exists(scope) or (store.workdir and _holds_files(store.workdir / scope)):
            raise UnsupportedRepository(
                f"this repository has a {scope!r} of its own",
                hint="make the workspace in a repository of its own: viking-git init some-directory",
            )
    prefix = BRANCH_PREFIX.rstrip("/")
    if store.tip(f"refs/heads/{prefix}") is not None:
        raise UnsupportedRepository(
            f"the branch {prefix!r} is in the way of session branches", hint=f"git branch -m {prefix} something-else"
        )


def _holds_files(directory: Path) -> bool:
    """Whether there is more than the layers that an ``init`` wrote before it was killed."""
    if directory.is_dir() and not directory.is_symlink():
        return any(path.name not in {ABSTRACT, OVERVIEW} for path in directory.iterdir())
    return os.path.lexists(directory)


def _own_space(store: Store, policy: Policy, tip: str | None) -> str | None:
    """In a clone of somebody else's workspace, name a space after the git identity; None where that is not needed."""
    if store.config("viking.user") or not store.snapshot(tip).exists(f"user/{policy.spaces.user}"):
        return None
    me = store.signatures()[0]
    owner = next((info for info in store.first_parents(tip) if info.subject.startswith("init: ")), None)
    if owner is None or owner.email == me.email:
        return None
    name = slug(me.name.lower().replace(" ", "-"))
    store.set_config("viking.user", name)
    return name
