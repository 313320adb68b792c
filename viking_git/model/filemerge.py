"""The three-way merge of one file's bytes, by what its path says it is."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from viking_git.errors import InvalidContent
from viking_git.model.diff3 import merge_text
from viking_git.model.jsonmerge import merge_json, merge_lines
from viking_git.model.layers import ABSTRACT, CONTENT, MESSAGES, META, OVERVIEW, RELATIONS
from viking_git.model.layout import archive_of, memory_of
from viking_git.model.meta import dump_json, load_json
from viking_git.model.policymerge import merge_policy
from viking_git.model.relations import dump_relations, load_relations
from viking_git.model.threeway import merge_memory_text

_POLICY = "viking.yaml"
MEMORY_DIFF = "memory_diff.json"
_JSON_FILES = {META, RELATIONS, MEMORY_DIFF}


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A merged file's bytes, and whether variants of both sides stand in it that somebody has to choose from."""

    data: bytes
    contested: bool = False


def memory_at(directory: str) -> tuple[str, str] | None:
    """Category and name of the memory whose directory this is, None for other directories."""
    found = memory_of(f"{directory}/{CONTENT}")
    return found[1:] if found is not None and found[0] == directory else None


def merge_file(
    path: str, base: bytes | None, ours: bytes, theirs: bytes, *, prefer_theirs: bool | None = None
) -> MergedFile | None:
    """Merge the file at ``path``; None where no merge is right and both versions must be kept.

    ``content.md`` of a memory merges by field and paragraph; ``.meta.json``, ``.relations.json`` and
    ``memory_diff.json`` by field and item; JSONL, outside of resources, as a union by id; ``viking.yaml`` by key; other
    text by lines, where the sides do not touch.

    Args:
        base: the file that both sides started from, None where they have none in common.
        prefer_theirs: whose value stands in JSON where only one can; None for the smaller.
    """
    directory, _, name = path.rpartition("/")
    memory = memory_at(directory)
    if name in _JSON_FILES:
        try:
            return MergedFile(_merged_json(name, base, ours, theirs, prefer_theirs))
        except InvalidContent:
            return _merged_text(base, ours, theirs)
    if name.endswith(".jsonl") and not path.startswith("resources/"):
        return MergedFile(merge_lines(base, ours, theirs))
    if path == _POLICY:
        return _merged_policy(base, ours, theirs)
    if name == CONTENT and memory is not None:
        return _merged_memory(base, ours, theirs, *memory)
    return _merged_text(base, ours, theirs)


def drive(path: str, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """What git's merge driver makes of one file, None where a person has to choose.

    Layers are made again by the next write on trunk: until then ours stand where their lines do not merge.
    """
    if archive_of(path) and not base and _stamp(path, ours) != _stamp(path, theirs):
        return None
    name = path.rpartition("/")[2]
    # Git gives an empty file for a side that is not there, and ours are never empty. A stamp goes with its layers.
    merged = merge_file(path, base or None, ours, theirs, prefer_theirs=False if name == META else None)
    if merged is None and name in {ABSTRACT, OVERVIEW}:
        return ours
    return merged.data if merged is not None else None


def _stamp(path: str, data: bytes) -> object:
    """What tells an archive from another that has its number, "" where the file at ``path`` does not."""
    name = path.rpartition("/")[2]
    if name == META:
        try:
            return load_json(data, name).get("summarizes")
        except InvalidContent:
            return None
    return data if name == MESSAGES else ""


def _merged_json(name: str, base: bytes | None, ours: bytes, theirs: bytes, prefer_theirs: bool | None) -> bytes:
    load: Callable[[bytes], dict[str, object]] = _relations if name == RELATIONS else lambda data: load_json(data, name)
    try:
        old = None if base is None else load(base)
    except InvalidContent:
        old = None
    return dump_json(merge_json(old, load(ours), load(theirs), prefer_theirs=prefer_theirs))


def _relations(data: bytes) -> dict[str, object]:
    try:
        return load_json(data, RELATIONS)
    except InvalidContent:
        # The older form is a bare list.
        table: dict[str, object] = json.loads(dump_relations(load_relations(data)))
        return table


def _merged_memory(base: bytes | None, ours: bytes, theirs: bytes, category: str, name: str) -> MergedFile | None:
    old, one, other = _text(base), _text(ours), _text(theirs)
    if one is None or other is None:
        return None
    merged = merge_memory_text(old, one, other, category_name=category, name=name)
    return MergedFile(merged.text.encode(), merged.contested)


def _merged_policy(base: bytes | None, ours: bytes, theirs: bytes) -> MergedFile | None:
    one, other = _text(ours), _text(theirs)
    merged = None if one is None or other is None else merge_policy(_text(base), one, other)
    return _merged_text(base, ours, theirs) if merged is None else MergedFile(merged[0].encode(), merged[1])


def _merged_text(base: bytes | None, ours: bytes, theirs: bytes) -> MergedFile | None:
    old, one, other = _text(base), _text(ours), _text(theirs)
    if one is None or other is None:
        return None
    merged = merge_text(old or "", one, other)
    return None if merged is None else MergedFile(merged.encode())


def _text(data: bytes | None) -> str | None:
    if data is None or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
