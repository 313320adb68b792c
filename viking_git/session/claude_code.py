"""Claude Code's transcripts of one directory: ``~/.claude/projects/<its path>/*.jsonl``.

It names a project's folder after the directory's path with every sign that is no letter or digit as a dash.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viking_git.errors import VikingError
from viking_git.model.identity import content
from viking_git.model.layers import clip
from viking_git.model.messages import timestamp
from viking_git.model.names import slug
from viking_git.model.transcripts import Parsed, parse_transcript
from viking_git.session.identity import Known
from viking_git.session.state import SessionId, live_log
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One transcript.

    Attributes:
        name: the session that it becomes.
        parsed: what it holds, None where it cannot be read.
        new: how many of its messages no archive and no live log holds.
        first, last: how the first message begins, and the time of the last.
        problem: why it cannot be read, "" where it can.
    """

    path: Path
    name: str
    parsed: Parsed | None
    new: int = 0
    first: str = ""
    last: str = ""
    problem: str = ""


def find_transcripts(store: Store, trunk: Snapshot, root: Path, project: Path, space: str) -> list[Found]:
    """The transcripts of the directory ``project`` below ``root``, oldest first; those without a message are left out.

    Args:
        space: the space that their sessions belong into.
    """
    found = [_read(store, trunk, path, space) for path in _files(root, project)]
    return sorted((each for each in found if each.last or each.problem), key=lambda each: (each.last, each.name))


def _files(root: Path, project: Path) -> Iterator[Path]:
    for path in dict.fromkeys(str(place) for place in (project.absolute(), project.resolve())):
        for name in dict.fromkeys((re.sub(r"[^A-Za-z0-9]", "-", path), re.sub(r"[/.]", "-", path))):
            yield from sorted((root / name).glob("*.jsonl"))


def _read(store: Store, trunk: Snapshot, path: Path, space: str) -> Found:
    try:
        data = path.read_bytes()
        if not data.strip():
            return Found(path, path.stem, None)
        now = timestamp(store.clock())
        parsed = parse_transcript(data, format="claude-code", name=str(path), now=now, growing=True)
    except OSError as error:
        return Found(path, path.stem, None, problem=str(error.strerror))
    except VikingError as error:
        return Found(path, path.stem, None, problem=error.message)
    if not parsed.messages:
        return Found(path, path.stem, None)
    name = parsed.session_id or path.stem
    session = SessionId(space, slug(name))
    views = [trunk, store.snapshot(store.tip(session.branch))]
    known = Known(store, session, views, parsed.messages, space=True)
    live = {(message.id, content(message)) for message in live_log(store, session).read()}
    new = sum(
        1
        for message in parsed.messages
        if (message.id, content(message)) not in live and not known.is_archived(message)
    )
    first = next((message.text for message in parsed.messages if message.text), "")
    return Found(path, name, parsed, new, clip(first, _SHOWN), parsed.messages[-1].created_at)
