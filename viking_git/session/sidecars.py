"""Archives that a pack brings: their records checked, and made where another version keeps none."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from viking_git.errors import BadPack, InvalidContent
from viking_git.model.layers import ABSTRACT, MESSAGES, META, OVERVIEW
from viking_git.model.layout import archive_number
from viking_git.model.messages import Message
from viking_git.model.meta import dump_json
from viking_git.model.transcripts import parse_transcript
from viking_git.resources.archives import archive_layers
from viking_git.session.placing import Plan
from viking_git.session.refresh import ArchivePlace, archive_of
from viking_git.store.graft import BLOB, Placed
from viking_git.store.packfile import BlobPack

_EPOCH = "1970-01-01T00:00:00Z"


class _Message(msgspec.Struct):
    id: str
    created_at: str


class _Archive(msgspec.Struct):
    session: str
    space: str
    messages: list[_Message]


class _Named(msgspec.Struct):
    id: str


class _Action(msgspec.Struct):
    uri: str
    action: str


class _Decision(msgspec.Struct):
    uris: list[str] = []
    messages: list[_Named] = []
    actions: list[_Action] = []
    decision: str = ""
    candidate: dict[str, Any] = {}


def complete_archives(plan: Plan, blobs: BlobPack, *, as_is: bool) -> None:
    """Let every archive of ``plan`` have the ``.meta.json`` that sessions are read by.

    Raises:
        BadPack: a record that is none of ours and cannot be made ours, naming it.
    """
    places: dict[ArchivePlace, None] = {}
    for path in [*plan.files, *plan.transcripts]:
        place = archive_of(path)
        if place is None:
            _refuse_file_archive(path)
            continue
        places[place] = None
        if path.startswith(f"{place.path}/decisions/"):
            _check(plan, path, blobs, _Decision)
    for place in places:
        path = f"{place.path}/{META}"
        if path in plan.files and _reads(plan, path, blobs, _Archive):
            continue
        if as_is:
            raise BadPack("lists no messages, as an archive here does", member=path, hint="leave out --as-is")
        _make(plan, place, blobs)


def _make(plan: Plan, place: ArchivePlace, blobs: BlobPack) -> None:
    path, transcript = f"{place.path}/{META}", f"{place.path}/{MESSAGES}"
    kept = plan.transcripts.get(transcript) or plan.files.get(transcript)
    messages = _messages(blobs.read(kept[0]), transcript) if kept else []
    _add_layers(plan, place, blobs, messages, private=transcript in plan.transcripts)
    meta: dict[str, Any] = {
        "session": place.session.id,
        "space": place.session.space,
        "messages": [{"id": m.id, "role": m.role, "created_at": m.created_at} for m in messages],
        "generated_by": "llm:openviking",
        "layers": dict(_layers(plan, place)),
    }
    if messages:
        meta["created_at"] = max(message.created_at for message in messages)
    if kept:
        data = blobs.read(kept[0])
        where = "private" if transcript in plan.transcripts else "tracked"
        meta["transcript"] = {"kept": where, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        meta["summarizes"] = kept[0]
    if path in plan.files:
        plan.keep(place.path, plan.sources[path], blobs.read(plan.files[path][0]))
    else:
        plan.sources[path] = f"{place.path}/"
    plan.files[path] = (blobs.add(dump_json(meta)), BLOB)


def _add_layers(plan: Plan, place: ArchivePlace, blobs: BlobPack, messages: list[Message], *, private: bool) -> None:
    """Make the layers that the pack does not bring, as for an archive of our own."""
    made = archive_layers(messages, private=private)
    for name, text in ((ABSTRACT, made.abstract), (OVERVIEW, made.overview)):
        path = f"{place.path}/{name}"
        if path not in plan.files:
            plan.files[path] = (blobs.add(f"{text}\n".encode()), BLOB)
            plan.sources[path] = f"{place.path}/"


def _layers(plan: Plan, place: ArchivePlace) -> Iterable[tuple[str, str]]:
    for layer, name in (("abstract", ABSTRACT), ("overview", OVERVIEW)):
        placed = plan.files.get(f"{place.path}/{name}")
        if placed is not None:
            yield layer, placed[0]


def _messages(data: bytes, name: str) -> list[Message]:
    try:
        return parse_transcript(data, name=name, now=_EPOCH).messages
    except InvalidContent:
        return []


def _check(plan: Plan, path: str, blobs: BlobPack, form: type[msgspec.Struct]) -> None:
    if not _reads(plan, path, blobs, form):
        raise BadPack("is no record of a decision", member=path)


def _reads(plan: Plan, path: str, blobs: BlobPack, form: type[msgspec.Struct]) -> bool:
    placed: Placed = plan.files[path]
    try:
        msgspec.json.decode(blobs.read(placed[0]), type=form)
    except (msgspec.ValidationError, msgspec.DecodeError, RecursionError):
        return False
    return True


def _refuse_file_archive(path: str) -> None:
    parts = path.split("/")
    if parts[0] == "session" and parts[3:4] == ["history"] and len(parts) == 5 and archive_number(parts[4]) is not None:
        raise BadPack("is a file; an archive is a directory", member=path)
