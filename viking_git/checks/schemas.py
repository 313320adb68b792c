"""The schemas of our JSON files (docs/formats.md). Unknown keys are kept, so they are allowed."""

import re
from typing import Literal

import msgspec

from viking_git.errors import InvalidContent
from viking_git.model.filemerge import MEMORY_DIFF, memory_at
from viking_git.model.layers import MESSAGES, META, RELATIONS
from viking_git.model.messages import message_from_json
from viking_git.model.meta import load_json, load_lines
from viking_git.model.relations import load_relations


class _MessageInfo(msgspec.Struct):
    id: str
    role: str
    created_at: str


class _Quote(msgspec.Struct):
    id: str
    quote: str = ""


class _Transcript(msgspec.Struct):
    kept: Literal["private", "tracked"]
    bytes: int
    sha256: str


class _Oids(msgspec.Struct):
    abstract: str
    overview: str


class _Archive(msgspec.Struct):
    session: str
    space: str
    messages: list[_MessageInfo]
    layers: _Oids
    # An archive that came in a pack without its transcript has none of these.
    transcript: _Transcript | None = None
    summarizes: str = ""
    created_at: str = ""


class _Session(msgspec.Struct):
    session: str
    archives: int
    messages: int
    transcripts: Literal["private", "tracked"] | None = None


class _SourceOf(msgspec.Struct):
    session: str
    archive: str
    decision: str
    messages: list[str]


class _Stats(msgspec.Struct):
    active_count: int = 0


class _Memory(msgspec.Struct):
    sources: list[_SourceOf] = []
    stats: _Stats = msgspec.field(default_factory=_Stats)
    created_at: str = ""
    updated_at: str = ""


class _Summary(msgspec.Struct):
    source: str = ""
    generated_by: str = ""
    summarizes: str = ""
    layers: _Oids | None = None


class _Action(msgspec.Struct):
    uri: str
    action: Literal["merge", "delete"]


class _CandidateInfo(msgspec.Struct):
    category: str
    name: str
    fingerprint: str


class _Decision(msgspec.Struct):
    decision: Literal["create", "skip", "none"]
    actions: list[_Action]
    candidate: _CandidateInfo
    messages: list[_Quote]
    uris: list[str]


class _Diff(msgspec.Struct):
    created: list[str]
    merged: list[str]
    deleted: list[str]


class _Extraction(msgspec.Struct):
    candidates: int
    extractor: str
    decider: str


USAGE = "usage.jsonl"

_IN_ARCHIVE = re.compile(r"^session/[^/]+/[^/]+/history/[^/]+/(.+)$")
_SESSION_META = re.compile(r"^session/[^/]+/[^/]+/\.meta\.json$")


def check_schema(path: str, data: bytes) -> bool:
    """Whether ``path`` is a JSON file of ours; its bytes are then what its schema asks for.

    Raises:
        InvalidContent: they are not; the message has the line where the file is no JSON.
    """
    name = path.rpartition("/")[2]
    if name == RELATIONS:
        load_relations(data, name)
    elif name == MESSAGES and path.startswith("session/"):
        for number, value in enumerate(load_lines(data, name), start=1):
            message_from_json(value, f"{name}, line {number}")
    elif name == USAGE and _IN_ARCHIVE.match(path):
        load_lines(data, name)
    elif (schema := _schema(path, name)) is not None:
        value = load_json(data, name)
        try:
            msgspec.convert(value, schema)
        except msgspec.ValidationError as error:
            raise InvalidContent(f"{name}: {error}") from None
    else:
        return False
    return True


def _schema(path: str, name: str) -> type | None:
    inside = _IN_ARCHIVE.match(path)
    if inside is not None:
        if inside[1].startswith("decisions/") and name.endswith(".json"):
            return _Decision
        return {META: _Archive, MEMORY_DIFF: _Diff, "extraction.json": _Extraction}.get(inside[1])
    if name != META:
        return None
    if _SESSION_META.match(path):
        return _Session
    return _Memory if memory_at(path.rpartition("/")[0]) else _Summary
