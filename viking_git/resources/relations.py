"""Relations between directories: ``.relations.json`` files that follow what is moved and forget what is removed."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from viking_git.errors import InvalidContent
from viking_git.model.changes import Changes
from viking_git.model.layers import RELATIONS
from viking_git.model.layout import uri_of
from viking_git.model.relations import Relation, dump_relations, load_relations
from viking_git.model.uri import SCHEME, TRACKED_SCOPES
from viking_git.resources.view import Tree, View


def relations_of(tree: Tree, directory: str) -> list[Relation]:
    """The relations of a directory, by URI; [] where it has none.

    Raises:
        InvalidContent: the file is no relations table.
    """
    path = f"{directory}/{RELATIONS}"
    data = tree.get(path)
    return sorted(load_relations(data, path)) if data is not None else []


def link_changes(tree: Tree, directory: str, targets: list[str], reason: str, now: str) -> Changes:
    """Let the directory name ``targets`` (URIs) as related; one that is named already gets the new reason, if any."""
    known = {_path(relation.uri): relation for relation in relations_of(tree, directory)}
    for target in targets:
        old = known.get(_path(target))
        if old is None:
            known[_path(target)] = Relation(target, reason, now)
        elif reason:
            known[_path(target)] = replace(old, reason=reason)
    return _table(tree, directory, list(known.values()))


def unlink_changes(tree: Tree, directory: str, targets: list[str]) -> Changes:
    """Let the directory name none of ``targets`` any more."""
    gone = set(map(_path, targets))
    return _table(tree, directory, [r for r in relations_of(tree, directory) if _path(r.uri) not in gone])


def follow_move(view: View, source: str, target: str) -> None:
    """Let every relation that names ``source`` or something below it name ``target`` instead."""

    def moved(path: str) -> str | None:
        return f"{target}{path[len(source) :]}"

    _rewrite(view, source, moved)


def forget(view: View, removed: str) -> None:
    """Drop every relation that names ``removed`` or something below it."""
    _rewrite(view, removed, lambda _: None)


def _rewrite(view: View, prefix: str, change: Callable[[str], str | None]) -> None:
    for directory in list(_tables(view)):
        try:
            old = relations_of(view, directory)
        except InvalidContent:
            # What cannot be read names nothing, and a person may still want to mend it.
            continue
        new = [kept for relation in old if (kept := _changed(relation, prefix, change)) is not None]
        if new != old:
            table = _table(view, directory, new)
            for path in table.deleted:
                view.delete(path)
            for path, file in table.files():
                view.write(path, file.data)


def _changed(relation: Relation, prefix: str, change: Callable[[str], str | None]) -> Relation | None:
    path = _path(relation.uri)
    base, mark, fragment = path.partition("#") if not path.startswith(f"{prefix}/") else (path, "", "")
    if base != prefix and not path.startswith(f"{prefix}/"):
        return relation
    new = change(base)
    if new is None:
        return None
    slash = "/" if relation.uri.endswith("/") else ""
    return replace(relation, uri=f"{uri_of(new)}{mark}{fragment}{slash}")


def _tables(tree: Tree) -> Iterator[str]:
    """The directories that have relations."""
    waiting = list(TRACKED_SCOPES)
    while waiting:
        directory = waiting.pop()
        for entry in tree.entries(directory):
            if entry.is_dir:
                waiting.append(f"{directory}/{entry.name}")
            elif entry.name == RELATIONS:
                yield directory


def _table(tree: Tree, directory: str, relations: list[Relation]) -> Changes:
    path = f"{directory}/{RELATIONS}"
    changes = Changes()
    if relations:
        changes.write(path, dump_relations(relations))
    elif tree.entry(path) is not None:
        changes.delete(path)
    return changes


def _path(uri: str) -> str:
    return uri.removeprefix(SCHEME).strip("/")
