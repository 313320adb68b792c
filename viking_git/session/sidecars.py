"""Archives that a pack brings: their records checked, and made where another version keeps none."""

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

from viking_git.errors import BadPack, InvalidContent
from viking_git.model.layers import ABSTRACT, MESSAGES, META, OVERVIEW
from viking_git.model.messages import Message
from viking_git.model.meta import dump_json
from viking_git.model.transcripts import parse_transcript
from viking_git.resources.archives import archive_layers
from viking_git.session.placing import Plan
from viking_git.session.refresh import ArchivePlace, archive_of
from viking_git.session.state import SessionId
from viking_git.store.graft import BLOB
from viking_git.store.packfile import BlobPack

_EPOCH = "1970-01-01T00:00:00Z"


MAX_MISSING = 1000
"""Archives that a session may lack among its own: a number of the pack's must not ask for a billion."""


def complete_archives(plan: Plan, blobs: BlobPack, *, as_is: bool, whole: bool) -> None:
    """Let every archive of ``plan`` have the ``.meta.json`` that sessions are read by, and none be missing before it.

    Args:
        as_is: rewrite nothing.
        whole: whether the pack holds whole sessions, so that an archive that it lacks is nowhere.

    Raises:
        BadPack: an archive that no session here can have, or with ``as_is`` one without its record.
    """
    places: dict[ArchivePlace, None] = {}
    for path in [*plan.files, *plan.transcripts]:
        place = archive_of(path)
        if place is None:
            continue
        if not place.number or not path.startswith(f"{place.path}/"):
            raise BadPack("is no archive's name; archive_001, archive_002…", member=path)
        places[place] = None
    for place in places:
        path = f"{place.path}/{META}"
        if path in plan.files:
            continue
        if as_is:
            raise BadPack("lists no messages, as an archive here does", member=path, hint="leave out --as-is")
        _make(plan, place, blobs)
    for place in _missing(places) if whole else ():
        plan.notes.append(f"{place.path}: not in the pack; an empty archive keeps its number")
        _make(plan, place, blobs)


def _missing(places: Collection[ArchivePlace]) -> list[ArchivePlace]:
    """The archives that sessions lack before their last one.

    Others keep their numbers, for memories name them.
    """
    last: dict[SessionId, int] = {}
    for place in places:
        last[place.session] = max(place.number, last.get(place.session, 0))
    if sum(last.values()) - len(places) > MAX_MISSING:
        raise BadPack(f"sessions lack more than {MAX_MISSING:,} of their archives")
    wanted = (ArchivePlace(session, number) for session, most in last.items() for number in range(1, most))
    return [place for place in wanted if place not in places]


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
