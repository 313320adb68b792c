"""Archives of one session that two machines made at once, and each called by the same number."""

from collections.abc import Mapping

import pygit2
from pygit2.enums import FileMode

from viking_git.errors import InvalidContent
from viking_git.model.layers import MESSAGES, META
from viking_git.model.layout import archive_number
from viking_git.model.meta import dump_json, load_json
from viking_git.store.objects import ObjectWriter
from viking_git.store.promised import read_blob
from viking_git.store.treeform import TreeEntry, parse_tree

Entries = Mapping[str, TreeEntry]
"""The entries of a tree by name."""

_HISTORY, _TOOLS = "history", "tools"


def entries_of(git: pygit2.Repository, entry: TreeEntry | None) -> dict[str, TreeEntry]:
    """The entries of a directory, none of what is no directory."""
    if entry is None or entry[2] != FileMode.TREE:
        return {}
    return {found[0]: found for found in parse_tree(git[entry[1]].read_raw())}


def renumber(writer: ObjectWriter, base: Entries, ours: Entries, theirs: Entries) -> dict[str, TreeEntry]:
    """The entries of a session on their side, its archives under numbers that ours has not given to others.

    Two machines may archive one session at once, and each calls its archive the next. What trunk holds is not
    rewritten, so theirs takes the next number that is free, and its records of tool calls say so.
    """
    git = writer.git
    old, one, other = (entries_of(git, side.get(_HISTORY)) for side in (base, ours, theirs))
    said = {_transcript(git, entry): name for name, entry in one.items()}
    last = max([archive_number(name) or 0 for name in {*one, *other}], default=0)
    given: dict[str, str] = {}
    for name in sorted(one.keys() & other.keys() - old.keys()):
        transcript = _transcript(git, other[name])
        if archive_number(name) is None or transcript == _transcript(git, one[name]):
            continue
        if transcript not in said:
            last += 1
            said[transcript] = f"archive_{last:03d}"
        given[name] = said[transcript]
    if not given:
        return dict(theirs)
    archives = [(given.get(name, name), oid, mode) for name, oid, mode in other.values()]
    result = {**theirs, _HISTORY: (_HISTORY, writer.tree(archives) or "", theirs[_HISTORY][2])}
    if _TOOLS in theirs:
        known = entries_of(git, ours.get(_TOOLS))
        records = [e if e[0] in known else _retold(writer, e, given) for e in entries_of(git, theirs[_TOOLS]).values()]
        result[_TOOLS] = (_TOOLS, writer.tree(records) or "", theirs[_TOOLS][2])
    return result


def _retold(writer: ObjectWriter, tool: TreeEntry, given: Mapping[str, str]) -> TreeEntry:
    """A directory of ``tools``, whose record names its archive by the number it has now."""
    files = entries_of(writer.git, tool)
    for name, oid, mode in list(files.values()):
        try:
            record = load_json(read_blob(writer.git, oid), name)
        except InvalidContent:
            continue
        if record.get("archive") in given:
            record["archive"] = given[record["archive"]]
            files[name] = (name, writer.blob(dump_json(record)), mode)
    return tool[0], writer.tree(files.values()) or tool[1], tool[2]


def _transcript(git: pygit2.Repository, archive: TreeEntry) -> str:
    """What tells an archive from others: the id of its transcript, from its stamp where it is private."""
    files = entries_of(git, archive)
    if MESSAGES in files:
        return files[MESSAGES][1]
    try:
        meta = load_json(read_blob(git, files[META][1]), META) if META in files else {}
    except InvalidContent:
        meta = {}
    return str(meta.get("summarizes", archive[1]))
