"""The tree that a merge of two commits starts from."""

from viking_git.store.merge import merge_trees
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store


def base_tree(store: Store, writer: ObjectWriter, ours: str, theirs: str) -> str | None:
    """The tree of the merge base, None where there is none; of several the merge, as git's own strategy makes it.

    Two machines that merged each other's commits at once have two merge bases. By either one alone, what one machine
    took back since would come again, or what it put back would be taken for something that the other deleted.
    """
    bases = store.merge_bases(ours, theirs)
    tree = store.tree(bases[0]) if bases else None
    for other in bases[1:]:
        tree = merge_trees(writer, base_tree(store, writer, bases[0], other), tree, store.tree(other)).tree
    return tree
