"""Skills per the Agent Skills specification (https://agentskills.io/specification): a directory with a SKILL.md.

``SKILL.md`` begins with YAML front matter: ``name`` (the directory's) and ``description``; ``license``,
``compatibility``, ``metadata`` and ``allowed-tools`` may follow. A skill is kept whole: scripts, references and
executable bits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from viking_git.errors import InvalidContent, InvalidName, Refused
from viking_git.memory.guard import HINT, OPEN, Guard
from viking_git.model.changes import Changes
from viking_git.model.frontmatter import split_front_matter
from viking_git.model.layers import LAYER_FILES
from viking_git.model.names import check_name
from viking_git.resources.ingest import AddReport, withheld
from viking_git.resources.sources import Sources
from viking_git.resources.view import BLOB_MODE, EXECUTABLE_MODE, blob_oid
from viking_git.store.snapshot import Snapshot

SKILL_FILE = "SKILL.md"
DESCRIPTION_LIMIT = 1024
COMPATIBILITY_LIMIT = 500
NAME_LIMIT = 64

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FIELDS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})


@dataclass(frozen=True, slots=True)
class Skill:
    """What a SKILL.md says of itself.

    Attributes:
        fields: the whole front matter.
        body: the instructions below it.
        problems: where it departs from the specification, a sentence each; nothing else holds if there are any.
        notes: what the specification does not know and other programs may.
    """

    name: str = ""
    description: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_skill(data: bytes | None, directory: str | None) -> Skill:
    """The skill in the bytes of a SKILL.md (None: there is none). It never raises: what is wrong is in ``problems``.

    Args:
        directory: the name of the directory that it lies in, None where that says nothing.
    """
    if data is None:
        return Skill(problems=(f"there is no {SKILL_FILE}",))
    try:
        fields, body = split_front_matter(data.decode("utf-8"))
    except UnicodeDecodeError:
        return Skill(problems=(f"{SKILL_FILE} is not UTF-8",))
    except InvalidContent as error:
        return Skill(problems=(error.message.replace("content.md", SKILL_FILE),))
    notes = [f"the specification has no field {key!r}" for key in fields if key not in _FIELDS]
    if not body.strip():
        notes.append("there are no instructions below the front matter")
    problems = (*_name_problems(fields.get("name"), directory), *_field_problems(fields))
    name, description = str(fields.get("name", "")), str(fields.get("description", ""))
    return Skill(name, description, fields, body, problems, tuple(notes))


def checked(skill: Skill, where: str) -> Skill:
    """Return ``skill`` if it is one.

    Raises:
        InvalidContent: with all that is wrong.
    """
    if skill.problems:
        raise InvalidContent(
            f"{where} is no skill: {'; '.join(skill.problems)}", hint=f"viking-git skill validate {where}"
        )
    return skill


def skill_changes(base: Snapshot, sources: Sources, target: str, guard: Guard = OPEN) -> tuple[Changes, AddReport]:
    """What bringing a skill to the directory ``target`` changes.

    A folder is mirrored: what it has no longer goes. A single file, the SKILL.md, leaves what else is there. A
    file that ``guard`` withholds is not taken; what the skill has in its place stays.

    Raises:
        Refused: the SKILL.md itself is withheld.
    """
    new = {f"{target}/{file.path if sources.folders else SKILL_FILE}": file for file in sources.files}
    old = {path: entry for path, entry in base.walk(target) if PurePosixPath(path).name not in LAYER_FILES}
    held = {path: reason for path, file in new.items() if (reason := withheld(base, path, file, guard))}
    if f"{target}/{SKILL_FILE}" in held:
        raise Refused(f"{SKILL_FILE} {held[f'{target}/{SKILL_FILE}']}", hint=HINT)
    removed = sorted(path for path in old if path not in new) if sources.folders else []
    left_out = tuple((new.pop(path).path, reason) for path, reason in sorted(held.items()))
    changes = Changes()
    for path in removed:
        changes.delete(path)
    kept = {
        str(parent)
        for path in ({**new, **held} if sources.folders else {**old, **new})
        for parent in PurePosixPath(path).parents
    }
    for directory in base.directories(target):
        if directory not in kept:
            changes.delete(directory)
    added: list[str] = []
    changed: list[str] = []
    for path, file in sorted(new.items()):
        entry = old.get(path)
        mode = EXECUTABLE_MODE if file.executable else BLOB_MODE
        if entry is None or (entry.oid, entry.mode) != (blob_oid(file.data), mode):
            (added if entry is None else changed).append(path)
            changes.write(path, file.data, executable=file.executable)
    same = len(new) - len(added) - len(changed)
    return changes, AddReport(
        tuple(added), tuple(changed), tuple(removed), same, skipped=sources.skipped, withheld=left_out
    )


def _name_problems(name: object, directory: str | None) -> Iterator[str]:
    if not isinstance(name, str) or not name:
        yield "it has no name"
        return
    if len(name) > NAME_LIMIT:
        yield f"its name has {len(name)} characters, {NAME_LIMIT} at most"
    if not _NAME.fullmatch(name):
        yield f"its name {name!r} holds other than a-z, 0-9 and single hyphens between them"
    else:
        try:
            check_name(name, "skill")
        except InvalidName as error:
            yield error.message
    if directory is not None and name != directory:
        yield f"its name is {name!r} and its directory's {directory!r}"


def _field_problems(fields: Mapping[str, Any]) -> Iterator[str]:
    description = fields.get("description")
    if not isinstance(description, str) or not description.strip():
        yield "it has no description"
    elif len(description) > DESCRIPTION_LIMIT:
        yield f"its description has {len(description):,} characters, {DESCRIPTION_LIMIT:,} at most"
    for key in ("license", "compatibility", "allowed-tools"):
        if key in fields and not isinstance(fields[key], str):
            yield f"its {key} is no text"
    compatibility = fields.get("compatibility")
    if isinstance(compatibility, str) and not 0 < len(compatibility) <= COMPATIBILITY_LIMIT:
        yield f"its compatibility has {len(compatibility)} characters, 1 to {COMPATIBILITY_LIMIT} are allowed"
    metadata = fields.get("metadata", {})
    # A version without quotes is a number to YAML; everybody writes it, and the specification's own reader takes it.
    if not isinstance(metadata, dict) or any(isinstance(value, dict | list | None) for value in metadata.values()):
        yield "its metadata is no mapping of text to text"
