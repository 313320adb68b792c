"""VG3xx: memories are whole, in their place, and true to where they come from."""

import re
from collections.abc import Iterator

from viking_git.checks.case import Case
from viking_git.checks.finding import Rule, Spot
from viking_git.errors import InvalidContent, MissingField
from viking_git.model.categories import CATEGORIES
from viking_git.model.layers import ABSTRACT, CONTENT, META
from viking_git.model.layout import QUARANTINE, memory_of
from viking_git.model.memory import Memory, parse_memory
from viking_git.model.records import Record

LIKENESS = 95.0
"""Percent of equal characters (Levenshtein, as rapidfuzz counts) from which two abstracts say the same."""

_MEMORIES = re.compile(r"^(?:user/[^/]+|agent/[^/]+(?:/user/[^/]+)?)/memories/(.+)$")
_ARCHIVE_URI = re.compile(r"viking://(session/[^/]+/[^/]+)/?")


def unreadable(case: Case) -> Iterator[Spot]:
    """content.md files that are no memory."""
    for directory in case.memories:
        memory = case.memory(directory)
        if isinstance(memory, InvalidContent) and not isinstance(memory, MissingField):
            text = (case.tree.get(f"{directory}/{CONTENT}") or b"").decode(errors="replace")
            yield Spot(f"{directory}/{CONTENT}", memory.message, _line_of(memory.message, text))


def _line_of(problem: str, text: str) -> int:
    """The line of content.md that ``problem`` is about: the title or the abstract below it, else the first."""
    if "abstract" not in problem and "title" not in problem:
        return 1
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines[1:], start=1) if line.strip() == "---"), 0) + 1
    found = [number for number, line in enumerate(lines[start:], start=start + 1) if line.strip()]
    if "title" in problem or len(found) < 2:
        return found[0] if found else 1
    return found[1]


def field_missing(case: Case) -> Iterator[Spot]:
    """Memories without a field of their category."""
    for directory in case.memories:
        memory = case.memory(directory)
        if isinstance(memory, MissingField):
            yield Spot(f"{directory}/{CONTENT}", memory.message)


def misplaced(case: Case) -> Iterator[Spot]:
    """Memories whose front matter names another directory than the one they lie in."""
    for directory in case.memories:
        memory, place = case.memory(directory), memory_of(f"{directory}/{CONTENT}")
        if not isinstance(memory, Memory) or place is None:
            continue
        for field, said, stands in (("category", memory.category, place[1]), ("name", memory.name, place[2])):
            if said != stands and place[1] in CATEGORIES:
                text = (case.tree.get(f"{directory}/{CONTENT}") or b"").decode()
                line = next((n for n, row in enumerate(text.splitlines(), 1) if row.startswith(f"{field}:")), 1)
                yield Spot(f"{directory}/{CONTENT}", f"{field} is {said!r}, the directory says {stands!r}", line)


def incomplete(case: Case) -> Iterator[Spot]:
    """Directories of memories without content.md: what is left is projected from nothing."""
    for directory in case.memories:
        if case.memory(directory) is None and directory.rpartition("/memories/")[2].split("/")[0] in CATEGORIES:
            yield Spot(directory, "no content.md: a memory is a directory with one")


def astray(case: Case) -> Iterator[Spot]:
    """Files below memories/ that belong to no category."""
    for changed in case.files:
        match = _MEMORIES.match(changed.path)
        if changed.new is None or match is None or match[1].startswith(f"{QUARANTINE}/"):
            continue
        category, _, rest = match[1].partition("/")
        if not rest and changed.name.startswith("."):
            continue
        if category not in CATEGORIES or not rest:
            yield Spot(changed.path, f"{category!r} is no category of memories")
        elif memory_of(changed.path) is None and not changed.name.startswith("."):
            yield Spot(changed.path, "a memory is a directory; this file lies beside them")


def history_changed(case: Case) -> Iterator[Spot]:
    """Events and cases that say something else than they said on trunk."""
    for changed in case.files:
        place = memory_of(changed.path)
        if place is None or changed.name != CONTENT or changed.new is None or not changed.is_changed:
            continue
        kind = CATEGORIES.get(place[1])
        landed = case.landed.get(changed.path)
        if kind is None or kind.mergeable or landed is None:
            continue
        now = case.memory(place[0])
        try:
            before = parse_memory(landed.decode())
        except (InvalidContent, UnicodeDecodeError):
            continue
        if isinstance(now, Memory) and not _may_follow(before, now):
            yield Spot(changed.path, f"{place[1]} are history: what trunk holds is not rewritten")


def _may_follow(before: Memory, now: Memory) -> bool:
    # A merge that keeps both variants, and the choice between them afterwards, are not rewriting.
    if "contested" in (before.status, now.status):
        return True
    said = [(m.title, m.abstract, m.overview, m.detail, m.fields) for m in (before, now)]
    return said[0] == said[1]


def contested(case: Case) -> Iterator[Spot]:
    """Memories in which two branches' variants stand."""
    for directory in case.memories:
        memory = case.memory(directory)
        if isinstance(memory, Memory) and memory.status == "contested":
            text = (case.tree.get(f"{directory}/{CONTENT}") or b"").decode()
            line = next((n for n, row in enumerate(text.splitlines(), 1) if row.startswith("status:")), 1)
            yield Spot(f"{directory}/{CONTENT}", "contested: two branches said different things", line)


def duplicate(case: Case) -> Iterator[Spot]:
    """Memories of one category with the same abstract but for a few letters, each named once."""
    from rapidfuzz import fuzz

    said: dict[str, dict[str, str]] = {}
    reported: set[frozenset[str]] = set()
    for directory in case.memories:
        memory = case.memory(directory)
        parent, _, name = directory.rpartition("/")
        if not isinstance(memory, Memory):
            continue
        if parent not in said:
            said[parent] = _abstracts(case, parent)
        mine = memory.abstract.casefold()
        for other, text in said[parent].items():
            pair = frozenset((directory, f"{parent}/{other}"))
            if other == name or pair in reported or not fuzz.ratio(mine, text, score_cutoff=LIKENESS):
                continue
            reported.add(pair)
            yield Spot(f"{directory}/{CONTENT}", f"says the same as {other}")
            # One is enough to act on: a hundred that say the same are no ten thousand findings.
            break


def _abstracts(case: Case, parent: str) -> dict[str, str]:
    """The abstract of each directory in ``parent`` by its name, capitals and small letters alike."""
    data = {e.name: case.tree.get(f"{parent}/{e.name}/{ABSTRACT}") for e in case.tree.entries(parent) if e.is_dir}
    return {name: found.decode(errors="replace").strip().casefold() for name, found in data.items() if found}


def source_missing(case: Case) -> Iterator[Spot]:
    """Records that name a session, an archive or a message that is not there."""
    for changed in case.present:
        if changed.new is None:
            continue
        is_decision = "/decisions/" in changed.path and changed.path.startswith("session/")
        is_memory = changed.name == META and memory_of(changed.path) is not None
        if not (is_decision or is_memory):
            continue
        record = case.tree.record(changed.path)
        if is_decision:
            archive = changed.path.partition("/decisions/")[0]
            wanted = [(archive, [message.text("id") for message in record.records("messages")])]
        else:
            wanted = [_source(source) for source in record.records("sources")]
        for archive, ids in wanted:
            problem = _gone(case, archive, ids)
            if problem:
                yield Spot(changed.path, problem)


def _source(source: Record) -> tuple[str, list[str]]:
    session = source.text("session")
    match = _ARCHIVE_URI.match(session)
    return f"{match[1]}/history/{source.text('archive')}" if match else session, source.texts("messages")


def _gone(case: Case, archive: str, ids: list[str]) -> str | None:
    if not case.tree.exists(f"{archive}/{META}"):
        return f"its source {archive} is not there"
    meta = case.tree.record(f"{archive}/{META}")
    if not meta:
        # It cannot be read, which another rule says.
        return None
    known = {message.text("id") for message in meta.records("messages")}
    gone = [message for message in ids if message not in known]
    return f"{archive} has no message {', '.join(gone[:3])}" if gone else None


RULES = (
    Rule("VG301", "memory-unreadable", "error", "Every content.md is a memory: front matter, title, abstract.",
         "edit {path}; docs/formats.md shows the form", unreadable, on_write=True),
    Rule("VG302", "memory-misplaced", "error", "Name and category in the front matter are those of the directory.",
         "viking-git check --fix takes over the directory's", misplaced, on_write=True),
    Rule("VG303", "field-missing", "error", "A memory has the fields of its category.",
         "add the field to the front matter of {path}", field_missing, on_write=True),
    Rule("VG304", "memory-incomplete", "error", "No directory of a memory is without content.md.",
         "viking-git check --fix removes what is left of it", incomplete),
    Rule("VG305", "memory-astray", "error", "Below memories/ lie categories, and in these directories of memories.",
         "move it: git mv", astray),
    Rule("VG306", "history-changed", "error", "Events and cases stay as they were once trunk holds them.",
         "git checkout {trunk} -- {path}, and add a new memory beside it", history_changed, on_write=True),
    Rule("VG307", "memory-contested", "warning", "No memory waits for somebody to choose between two variants.",
         "edit {path}: keep what is true, set status: active", contested),
    Rule("VG308", "memory-duplicate", "warning", "No two memories of a category say the same.",
         "merge the two by hand and delete one", duplicate, slow=True),
    Rule("VG309", "source-missing", "error", "Sessions, archives and messages that a record names exist.",
         "restore the archive, or take the source out of {path}", source_missing),
)  # fmt: skip
