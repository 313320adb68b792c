"""Relations after a merge: they follow what the other side renamed, and forget what it deleted.

On one side ``mv`` and ``rm`` see to that; of two sides, one may name what the other takes away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.changes import Changes
from viking_git.model.layers import RELATIONS
from viking_git.model.relations import Relation, dump_relations, load_relations
from viking_git.model.uri import SCHEME
from viking_git.store.objects import ObjectWriter
from viking_git.store.renames import Side
from viking_git.store.snapshot import Snapshot


def relink(writer: ObjectWriter, sides: Sequence[Side], merged: str | None) -> str | None:
    """The merged tree, whose relations name nothing that only one of the ``sides`` still had.

    Looked at are the relations that a side changed. What was missing before both sides began stays as it is.
    """
    tree = Snapshot(writer.git, merged)
    tables = {path for side in sides for path, _, new in side.changed if new and path.rpartition("/")[2] == RELATIONS}
    changes = Changes()
    for path in sorted(tables):
        try:
            relations = load_relations(tree.get(path) or b"", path)
        except InvalidContent:
            continue
        kept = list(_kept(relations, sides, tree))
        if kept == relations:
            continue
        try:
            changes.write(path, dump_relations(kept)) if kept else changes.delete(path)
        except (InvalidContent, InvalidName):
            continue
    return writer.apply(merged, changes) if changes else merged


def _kept(relations: list[Relation], sides: Sequence[Side], tree: Snapshot) -> Iterator[Relation]:
    for relation in relations:
        whole, mark, fragment = relation.uri.removeprefix(SCHEME).partition("#")
        path = whole.strip("/")
        removing = [side for side in sides if not side.tree.exists(path)]
        if tree.exists(path) or not removing or not any(side.base.exists(path) for side in sides):
            yield relation
            continue
        homes = [found for side in removing if (found := side.home(path)) and tree.exists(found)]
        home = min(homes, default=None)
        if home:
            slash = "/" if relation.uri.endswith("/") else ""
            yield replace(relation, uri=f"{SCHEME}{home}{mark}{fragment}{slash}")
