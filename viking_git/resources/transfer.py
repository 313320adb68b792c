"""``mv`` and ``cp`` as functions of a tree (design section 3)."""

from viking_git.errors import Exists, NotAllowed, NotFound
from viking_git.model.categories import CATEGORIES
from viking_git.model.changes import Changes, File
from viking_git.model.layers import CONTENT, LAYER_FILES, META, RELATIONS
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.memory import renamed_content
from viking_git.model.meta import dump_json, load_json
from viking_git.resources.places import check_directory, check_file, check_movable, memory_at
from viking_git.resources.relations import follow_move
from viking_git.resources.verbs import check_memory, check_parents, check_unique, delete
from viking_git.resources.view import EXECUTABLE_MODE, View
from viking_git.store.snapshot import Entry, Snapshot


def transfer(
    base: Snapshot, source: str, target: str, *, keep: bool, recursive: bool = True, force: bool = False
) -> Changes:
    """Move ``source`` to ``target``, or copy it with ``keep``.

    Into a directory that is there, it goes under its own name. A moved directory keeps its layers, its provenance and
    its relations, and relations elsewhere follow it. A memory's front matter is given the new name and category.

    Raises:
        NotFound: nothing is at ``source``.
        Exists: ``target`` would be replaced, and is not a file or not by ``force``.
        NotAllowed: see ``check_movable`` and ``check_file``; a directory into itself; one copied without ``recursive``.
    """
    check_movable(source)
    if base.entry(source) is None:
        raise NotFound(f"nothing at {uri_of(source)}")
    source, target = _resolve(base, source, target)
    is_dir = base.is_dir(source)
    if keep and is_dir and not recursive:
        raise NotAllowed(f"{uri_of(source, directory=True)} is a directory", hint="viking-git cp -r copies directories")
    _check_target(base, source, target, force=force and not is_dir)
    check_unique(base, f"{target}/{CONTENT}" if is_dir else target, leaving="" if keep else source)
    files = _directory(base, source, target, keep=keep) if is_dir else _single(base, source, target)
    view = View(base)
    if not keep:
        delete(view, source)
    for path, file in files.items():
        view.write(path, file.data, executable=file.executable)
    if not keep:
        follow_move(view, source, target)
    return view.changes


def _resolve(base: Snapshot, source: str, target: str) -> tuple[str, str]:
    """Source and target as they are meant: into a directory under the same name, a memory by its content.md whole."""
    found = memory_at(source)
    above, _, last = target.rpartition("/")
    if found and last in CATEGORIES and above.endswith("/memories"):
        return source, f"{above}/{CATEGORIES[last].path(found[1])}"
    if target and base.is_dir(target):
        return source, f"{target}/{source.rpartition('/')[2]}"
    content = f"/{CONTENT}"
    if source.endswith(content) and target.endswith(content) and memory_of(source) and memory_of(target):
        return source.removesuffix(content), target.removesuffix(content)
    return source, target


def _check_target(base: Snapshot, source: str, target: str, *, force: bool) -> None:
    if f"{target}/".startswith(f"{source}/"):
        raise NotAllowed(f"{uri_of(source)} cannot go to {uri_of(target)}", hint="name a place outside of it")
    check_parents(base, target)
    entry = base.entry(target)
    if entry is not None and (entry.is_dir or not force):
        hint = "remove it first, or choose another name" if entry.is_dir else "--force replaces a file"
        raise Exists(f"{uri_of(target)} is there already", hint=hint)


def _single(base: Snapshot, source: str, target: str) -> dict[str, File]:
    if source.rpartition("/")[2] in LAYER_FILES:
        raise NotAllowed(f"{uri_of(source)} belongs to its directory", hint="move or copy the directory")
    check_file(target)
    file = _file(base, source, base.entry(source))
    check_memory(target, file.data)
    return {target: file}


def _directory(base: Snapshot, source: str, target: str, *, keep: bool) -> dict[str, File]:
    """The files that arrive at ``target``, checked and adapted."""
    there = memory_at(target)
    if there is None:
        check_directory(target)
    carried: dict[str, File] = {}
    for path, entry in base.walk(source):
        new = f"{target}{path[len(source) :]}"
        name = path.rpartition("/")[2]
        file = _file(base, path, entry)
        if name in LAYER_FILES:
            # What was made of a memory says nothing about a folder, nor the other way round.
            if name == RELATIONS or (memory_at(source) is None) == (there is None):
                carried[new] = _unused(file, path) if name == META and keep and there else file
            continue
        check_file(new)
        if name == CONTENT and there and memory_at(source):
            file = File(renamed_content(file.data, *there), file.executable)
        check_memory(new, file.data)
        carried[new] = file
    if not carried:
        raise NotAllowed(f"nothing in {uri_of(source)} can be kept at {uri_of(target)}")
    return carried


def _unused(file: File, path: str) -> File:
    """A memory's ``.meta.json`` for its copy: it comes from the same messages, and has not been used yet."""
    meta = load_json(file.data, path)
    meta.pop("stats", None)
    return File(dump_json(meta))


def _file(base: Snapshot, path: str, entry: Entry | None) -> File:
    if entry is None or entry.kind != "file":
        raise NotAllowed(f"{uri_of(path)} is no regular file", hint="git mv moves it in a work tree")
    return File(base.read_oid(entry.oid), entry.mode == EXECUTABLE_MODE)
