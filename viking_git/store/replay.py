"""Commits made again on another commit: what a branch has beyond a history that is taken back.

As ``git rebase --rebase-merges`` does, and with no work tree: each commit keeps its message, its author and its place
beside the others.
"""

from viking_git.config import Person
from viking_git.store.bases import base_tree
from viking_git.store.merge import MergeResult, merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store


class Replay:
    """What was made on the history of one commit, made again on another one, ``onto``.

    Attributes:
        onto: the commit that takes the place of the history of ``known``.
    """

    def __init__(self, store: Store, writer: ObjectWriter, known: str, onto: str) -> None:
        """Take the commit ``known``, all of whose history is left out, and the commit ``onto``."""
        self.onto = onto
        self._store, self._writer, self._known = store, writer, known
        self._made: dict[str, str] = {}

    def tip(self, commit: str) -> str:
        """The commit that stands for ``commit``; ``onto`` itself where there is nothing that ``known`` lacks."""
        own = set(self._store.beyond(commit, [self._known]))
        waiting = [commit]
        while waiting:
            oid = waiting[-1]
            before = [parent for parent in self._store.info(oid).parents if parent in own - self._made.keys()]
            if oid in own - self._made.keys() and not before:
                self._made[oid] = self._again(oid)
            if before:
                waiting += before
            else:
                waiting.pop()
        return self._made.get(commit, self.onto)

    def merged(self, commit: str) -> MergeResult:
        """``onto`` with what ``commit`` has that ``known`` has not.

        It starts from the commit rather than from one that was made again before: so nothing that a merge brought in of
        the history that is left out counts for the commit's own.
        """
        base = base_tree(self._store, self._writer, self._known, commit)
        return merge_trees(self._writer, base, self._store.tree(self.onto), self._store.tree(commit))

    def _again(self, oid: str) -> str:
        parents = list(dict.fromkeys(self._made.get(parent, self.onto) for parent in self._store.info(oid).parents))
        if self.onto in parents[1:]:
            # A merge of what is left out: the first parent is on ``onto`` by now.
            parents.remove(self.onto)
        tree = self.merged(oid).tree or self._writer.empty_tree()
        if len(parents) == 1 and self._store.tree(parents[0]) == tree:
            return parents[0]
        found = self._store.info(oid)
        # libgit2 takes no author without a name, though git may have made such a commit.
        author = Person(found.author, found.email) if found.author else None
        return self._store.commit(self._writer, tree, parents, found.message, author)
