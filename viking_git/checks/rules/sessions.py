"""VG4xx: archives are final, numbered without holes, and private where policy says so."""

import hashlib
from collections.abc import Iterator

from viking_git.checks.case import Case, Changed
from viking_git.checks.finding import Rule, Spot
from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent
from viking_git.model.layers import MESSAGES, META
from viking_git.model.layout import archive_number, archive_of
from viking_git.model.meta import load_json
from viking_git.store.kept import is_said, is_use, mark_of, tells_said
from viking_git.store.snapshot import Snapshot


def _sessions(case: Case) -> list[str]:
    found = {"/".join(parts[:3]) for c in case.files if (parts := c.path.split("/"))[0] == "session" and len(parts) > 4}
    return sorted(path for path in found if case.tree.is_dir(path))


def hole(case: Case) -> Iterator[Spot]:
    """Sessions whose archives are not numbered 1, 2, 3…"""
    for session in _sessions(case):
        entries = case.tree.entries(f"{session}/history")
        numbers = [archive_number(entry.name) for entry in entries]
        strange = next((e.name for e, n in zip(entries, numbers, strict=True) if n is None or not e.is_dir), None)
        if strange:
            yield Spot(f"{session}/history/{strange}", "not an archive: archive_001, archive_002…")
        elif sorted(n for n in numbers if n) != list(range(1, len(numbers) + 1)):
            lacking = next(n for n in range(1, len(numbers) + 1) if n not in numbers)
            yield Spot(f"{session}/history", f"no archive_{lacking:03d} before the later ones")


def rewritten(case: Case) -> Iterator[Spot]:
    """Archives on trunk whose record of what was said, or of what was decided, is changed or deleted."""
    for changed in case.files:
        archive = archive_of(changed.path)
        if archive is None or not changed.is_changed:
            continue
        inside = changed.path[len(archive) + 1 :]
        landed = case.landed.get(changed.path)
        if landed is None or not case.tree.is_dir(_session_of(archive)):
            continue
        if _is_rewritten(case, archive, inside, landed):
            yield Spot(changed.path, "an archive is not rewritten once trunk holds it")


def _is_rewritten(case: Case, archive: str, inside: str, landed: bytes) -> bool:
    now = case.tree.get(f"{archive}/{inside}")
    if inside.startswith("decisions/"):
        # Deleting one is how a decision is undone.
        return now is not None and now != landed
    if inside == META:
        moved = now is not None and _kept(landed) != _kept(now)
        is_there = case.tree.exists(f"{archive}/{MESSAGES}")
        return now is None or _record(landed) != _record(now) or (moved and (_kept(now) == "tracked") != is_there)
    if inside == MESSAGES and now is None:
        # Taken back to the machines that have it, as session privatise does.
        kept = _kept(case.tree.get(f"{archive}/{META}") or b"{}")
        return kept != "private" or not _is_private(case.tree, _session_of(archive), _own_policy(case))
    return inside in {MESSAGES, "extraction.json"} and now != landed


def _record(data: bytes) -> object:
    """What of an archive's ``.meta.json`` is final: all but where its transcript is kept."""
    meta = _meta(data)
    said = _transcript(data)
    return [*(meta.get(key) for key in ("messages", "session", "space", "created_at")), said | {"kept": None}]


def _kept(data: bytes) -> object:
    return _transcript(data).get("kept")


def _transcript(data: bytes) -> dict[str, object]:
    found = _meta(data).get("transcript")
    return found if isinstance(found, dict) else {}


def _meta(data: bytes) -> dict[str, object]:
    try:
        return load_json(data, META)
    except InvalidContent:
        return {}


def _session_of(archive: str) -> str:
    return "/".join(archive.split("/")[:3])


def _own_policy(case: Case) -> Policy:
    """The policy of the tree itself: it may become private together with what it is about."""
    try:
        return load_policy(case.tree.get(POLICY_FILE) or b"")
    except InvalidContent:
        return case.policy


def _is_private(tree: Snapshot, session: str, policy: Policy) -> bool:
    """Whether the transcripts of the session stay out of branches, by its own mark or else by policy."""
    return policy.sessions.kept_as(mark_of(tree, session)) == "private"


def _stays_private(case: Case, session: str) -> bool:
    """Likewise; a mark that the change brings along opens nothing before that is accepted."""
    views = (case.tree,) if case.accepted else (case.tree, case.base)
    return any(_is_private(view, session, case.policy) for view in views)


def transcript_changed(case: Case) -> Iterator[Spot]:
    """Tracked transcripts that are not those which their archive was made of."""
    for changed in case.present:
        archive = archive_of(changed.path)
        if archive is None or changed.name != MESSAGES or changed.new is None:
            continue
        said = _transcript(case.tree.get(f"{archive}/{META}") or b"{}").get("sha256")
        if said is not None and said != hashlib.sha256(case.tree.read_oid(changed.new.oid)).hexdigest():
            yield Spot(changed.path, "not the transcript that .meta.json has the hash of")


def transcript_published(case: Case) -> Iterator[Spot]:
    """What was said in the tree although its session, or policy, keeps it private: messages, images, use of skills."""
    for changed in case.present:
        what = _said(case, changed)
        if what and _stays_private(case, "/".join(changed.path.split("/")[:3])):
            yield Spot(changed.path, f"{what} private here, and this one would be pushed")


def _said(case: Case, changed: Changed) -> str:
    """What of a conversation a file holds, "" for nothing."""
    if not changed.path.startswith("session/") or changed.new is None:
        return ""
    if is_said(changed.path):
        return "transcripts are" if changed.name == MESSAGES else "images of a conversation are"
    if is_use(changed.path) and tells_said(case.tree.read_oid(changed.new.oid, changed.path)):
        return "what skills were given and gave back is"
    return ""


RULES = (
    Rule("VG401", "archive-hole", "error", "The archives of a session are numbered from 1 without holes.",
         "git checkout {trunk} -- {path}, or where {trunk} lacks it too, viking-git doctor", hole, on_write=True),
    Rule("VG402", "archive-rewritten", "error", "Archives stay as they were once trunk holds them.",
         "git checkout {trunk} -- {path}", rewritten, on_write=True),
    Rule("VG403", "transcript-changed", "error", "A tracked transcript is the one that its archive was made of.",
         "git checkout {trunk} -- {path}", transcript_changed),
    Rule("VG404", "transcript-published", "error",
         "Private transcripts, their images and what went into skills are in no branch.",
         "git rm --cached {path}; on {trunk}, viking-git session privatise {uri}", transcript_published, on_write=True),
)  # fmt: skip
