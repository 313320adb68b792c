"""Which tree a check judges, and beside what."""

from collections.abc import Iterable
from dataclasses import dataclass

from viking_git.checks.case import Case
from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent, NotFound
from viking_git.model.layout import uri_of
from viking_git.session.refresh import GENERATORS
from viking_git.store.bases import base_tree
from viking_git.store.cone import Cone
from viking_git.store.extent import refuse_large
from viking_git.store.merge import merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot
from viking_git.store.staging import edited_tree, staged_tree


@dataclass(frozen=True, slots=True)
class Asked:
    """What a check is asked to judge.

    Attributes:
        rev: the commit to judge; None for the work tree with its edits.
        base: what to compare and merge it with; None for trunk, or for nothing where trunk itself is judged.
        staged: judge the staging index instead, beside HEAD.
        whole: look at all files.
        accepted: a person with the right to has accepted what the change does to the rules: it is judged by its own.
        below: only at these paths.
    """

    rev: str | None = None
    base: str | None = None
    staged: bool = False
    whole: bool = False
    accepted: bool = False
    below: tuple[str, ...] = ()


def case_of(store: Store, policy: Policy, asked: Asked, writer: ObjectWriter) -> Case:
    """The case that ``asked`` describes: a branch as it would stand after the exact merge with its base.

    Args:
        writer: takes the objects of trees that no commit has; a scratch one, so that looking changes nothing.

    Raises:
        NotFound: a revision that does not exist, a base without a common commit, a path with nothing at it.
        Refused: more files than can be looked at.
    """
    trunk_ref = f"refs/heads/{policy.trunk}"
    head = store.tip("HEAD")
    on_trunk = store.head_branch() == policy.trunk
    cone = _narrowed(store.cone, asked.below)
    if asked.staged:
        tree, base = Snapshot(writer.git, staged_tree(store, writer)), store.snapshot(head)
        landed = store.snapshot(store.tip(trunk_ref) or head)
        _find(asked.below, tree, base)
        return Case(
            tree, base, GENERATORS, policy, landed=landed, on_trunk=on_trunk, accepted=asked.accepted,
            whole=asked.whole, below=asked.below, cone=cone,
        )  # fmt: skip
    commit = store.resolve(asked.rev) if asked.rev else head
    tip = store.resolve(asked.base) if asked.base is not None else store.tip(trunk_ref)
    edited = store.tree(commit) if asked.rev else edited_tree(store, writer)
    mine = Snapshot(writer.git, edited)
    if tip is None or commit is None or (asked.base is None and commit == tip):
        # In a CI checkout there may be no trunk to compare with.
        base = store.snapshot(tip) if tip is not None else mine
        _find(asked.below, mine, base)
        refuse_large(None, mine, asked.rev or "the work tree")
        return Case(mine, base, GENERATORS, policy, on_trunk=True, whole=True, below=asked.below, cone=cone)
    _find(asked.below, mine, store.snapshot(tip))
    if store.merge_base(tip, commit) is None:
        raise NotFound("the revision and its base have no common commit", hint="in CI, fetch with fetch-depth: 0")
    base = Snapshot(writer.git, store.tree(tip))
    fork = Snapshot(writer.git, base_tree(store, writer, tip, commit))
    refuse_large(None if asked.whole else fork, mine, asked.rev or "the work tree")
    merged = merge_trees(writer, fork.tree, base.tree, mine.tree)
    tree = Snapshot(writer.git, merged.tree)
    judging = _policy_of(tree if asked.accepted else base, policy)
    return Case(
        tree, base, GENERATORS, judging, head=mine, fork=fork, accepted=asked.accepted, whole=asked.whole,
        below=asked.below, kept_both=merged.kept_both, cone=cone,
    )  # fmt: skip


def _policy_of(judge: Snapshot, policy: Policy) -> Policy:
    """The policy of the tree that judges; of one that has none, ``policy``; of one that cannot be read, the defaults.

    In CI a change is checked out, and trunk is not here: ``policy`` is then the change's own, which may not judge it.
    """
    data = judge.get(POLICY_FILE)
    if data is None:
        return policy
    try:
        return load_policy(data)
    except InvalidContent:
        return Policy(trunk=policy.trunk)


def _narrowed(cone: Cone | None, below: Iterable[str]) -> Cone | None:
    """What of a clone of some scopes is looked at: what it holds, and a place outside that was asked for by name."""
    return cone.widened(path for path in below if path not in cone.above) if cone is not None else None


def _find(paths: Iterable[str], *trees: Snapshot) -> None:
    """Refuse to say that nothing is wrong where nothing is."""
    for path in paths:
        if path and not any(tree.exists(path) for tree in trees):
            raise NotFound(f"nothing is at {uri_of(path)}", hint="viking-git ls shows what there is")
