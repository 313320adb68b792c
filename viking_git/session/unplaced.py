"""What of a pack would break a rule where it lies: beside its place as a file, or verbatim in a ``.meta.json``.

Nobody can mend a rule that an import breaks: the pack is another program's, and the commit is not there yet. So what a
real server writes is taken whole, whatever its records look like.
"""

import hashlib
from collections.abc import Collection, Iterable

from viking_git.checks.rules.names import given_names
from viking_git.checks.schemas import check_schema
from viking_git.errors import BadPack, InvalidContent
from viking_git.model.layers import CONTENT, LAYER_FILES
from viking_git.model.layout import archive_of, memory_of
from viking_git.model.names import MAX_SEGMENT_BYTES
from viking_git.pack.mapping import ours
from viking_git.resources.containers import is_container
from viking_git.resources.summarize import is_summarised
from viking_git.session.placing import Layout, Plan, is_memory, read_file
from viking_git.store.graft import BLOB
from viking_git.store.packfile import BlobPack

KEEP = ".gitkeep"
"""What holds a directory that has no files and gets no layers: git keeps none."""
MAX_TAIL = 60
"""Characters that are left of a name which would be too long."""


def set_aside(plan: Plan, blobs: BlobPack, *, as_is: bool) -> None:
    """Let no file of ``plan`` break a rule: records that are none of ours are kept verbatim, other files moved.

    Raises:
        BadPack: a record too large to be kept so; with ``as_is`` the first file that had to be set aside.
    """
    filled = {place[0] for path in plan.files if (place := memory_of(path)) and not _is_layer(path)}
    for path in sorted(plan.files):
        misplaced = _misplaced(path, filled, plan, blobs)
        problem = misplaced or _misformed(path, plan, blobs)
        if not problem:
            continue
        if as_is:
            raise BadPack(f"cannot stand as it is: {problem}", member=plan.sources[path], hint="leave out --as-is")
        if misplaced and not _is_layer(path):
            plan.move(path, _beside(path, plan), misplaced)
            continue
        data = read_file(plan, path, blobs)
        if data is None:
            raise BadPack(f"is too large to be kept in a .meta.json, and: {problem}", member=plan.sources[path])
        plan.keep_only(path, archive_of(path) or path.rpartition("/")[0], data)
        plan.notes.append(f"{plan.sources[path]}: kept verbatim in a .meta.json: {problem}")


def hold_directories(plan: Plan, directories: Iterable[str], layout: Layout, blobs: BlobPack) -> None:
    """Directories of the pack without files: layers will hold those that get some, a file the others."""
    held = {parent for path in [*plan.files, *plan.sources, *plan.sources.values()] for parent in _above(path)}
    for directory in sorted(directories, reverse=True):
        if directory in held:
            continue
        held.update(_above(f"{directory}/x"))
        path, _ = (directory, "") if layout.as_is else ours(f"{directory}/x", agent=layout.agent, skills=layout.skills)
        path = path.removesuffix("/x")
        if is_summarised(path):
            plan.empty.append(path)
        elif _is_made(path, as_is=layout.as_is):
            plan.notes.append(f"{directory}/: empty; viking-git makes it when something is put there")
        else:
            plan.files[f"{path}/{KEEP}"] = (blobs.add(b""), BLOB)
            plan.sources[f"{path}/{KEEP}"] = directory


def _is_made(path: str, *, as_is: bool) -> bool:
    """Whether a directory is viking-git's own to make, and no file may hold it: a memory's, an archive's above all."""
    held = f"{path}/{KEEP}"
    return memory_of(held) is not None or _is_beside_archives(held) or (is_container(path) and not as_is)


def _misplaced(path: str, filled: Collection[str], plan: Plan, blobs: BlobPack) -> str:
    """Why no file may lie at ``path``, "" where one may; ``filled`` are the memories with more than layers."""
    if _is_beside_archives(path):
        return "it lies among archives and is in none"
    place = memory_of(path)
    if place is not None and path == f"{place[0]}/{CONTENT}" and not is_memory(path, plan, blobs):
        return "it is not a memory that can be made ours"
    if place is not None and place[0] not in filled:
        # The next refresh would take it for what a deleted memory left.
        return "it is a layer of nothing"
    return next((problem for _, problem in given_names(path)), "")


def _is_beside_archives(path: str) -> bool:
    parts = path.split("/")
    return parts[0] == "session" and parts[3:4] == ["history"] and len(parts) > 4 and archive_of(path) is None


def _is_layer(path: str) -> bool:
    return path.rpartition("/")[2] in LAYER_FILES


def _misformed(path: str, plan: Plan, blobs: BlobPack) -> str:
    """Why the file is no record of ours although its name says so, "" where it is one or says nothing."""
    if not _is_layer(path) and not path.startswith("session/"):
        return ""
    try:
        check_schema(path, blobs.read(plan.files[path][0]))
    except InvalidContent as error:
        return error.message
    return ""


def _beside(path: str, plan: Plan) -> str:
    """A free name in the directory above the memory or the ``history`` that ``path`` lies in."""
    place = memory_of(path)
    base = place[0].rpartition("/")[0] if place else "/".join(path.split("/")[:3])
    name = path[len(base) + 1 :].replace("/", "-")
    if f"{base}/{name}" in plan.files or len(name.encode()) > MAX_SEGMENT_BYTES:
        digest = hashlib.sha256(path.encode()).hexdigest()[:8]
        name = f"{digest}-{path.rpartition('/')[2][-MAX_TAIL:]}"
    return f"{base}/{name}"


def _above(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
