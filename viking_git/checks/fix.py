"""Mending what is mechanical: line ends, written forms, names in front matter, leftovers, layers."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viking_git.checks.case import Case
from viking_git.checks.finding import Finding
from viking_git.checks.rules import RULES
from viking_git.checks.rules.formats import plain, written
from viking_git.checks.rules.layers import projected
from viking_git.checks.run import run
from viking_git.model.changes import Changes
from viking_git.model.frontmatter import join_front_matter
from viking_git.model.layers import ABSTRACT, LAYER_FILES, OVERVIEW
from viking_git.model.layout import memory_of
from viking_git.model.memory import Memory
from viking_git.model.names import is_holdable
from viking_git.model.text import decode_text
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

PASSES = 4
"""Rounds after which mending ends: line ends, then front matter, then layers; one more to see that it is done."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What mending did: the tree it led to, and the changes that lead there."""

    tree: Snapshot
    changes: Changes


def mend(case: Case, writer: ObjectWriter) -> Mended:
    """Mend what rules find and a program can, until they find no more of it."""
    tree, total = case.tree, Changes()
    for _ in range(PASSES):
        now = case.of(tree)
        changes = _changes(now, run(now, [RULES[name] for name in _MENDERS]))
        if not changes:
            break
        after = Snapshot(writer.git, writer.apply(tree.tree, changes))
        if after.tree == tree.tree:
            break
        tree = after
        total.update(changes)
    return Mended(tree, total)


def _changes(case: Case, findings: Iterable[Finding]) -> Changes:
    by_rule: dict[str, list[str]] = {}
    # What stands under a name that no tree of ours may hold has to be renamed first, and that by a person.
    for finding in (found for found in findings if is_holdable(found.path)):
        by_rule.setdefault(finding.rule, []).append(finding.path)
    changes = Changes()
    for rule, mender in _MENDERS.items():
        if rule in by_rule:
            changes.update(mender(case, by_rule[rule]))
    return changes


def _line_ends(case: Case, paths: list[str]) -> Changes:
    texts = {path: decode_text(case.tree.get(path) or b"") for path in paths}
    return Changes({path: plain(text).encode() for path, text in texts.items() if text is not None})


def _written_form(case: Case, paths: list[str]) -> Changes:
    data = {path: written(path, case.tree.get(path) or b"") for path in paths}
    return Changes({path: right for path, right in data.items() if right is not None})


def _front_matter(case: Case, paths: list[str]) -> Changes:
    """Name and category as the directory has them: what a renamed directory asks for."""
    changes = Changes()
    for path in paths:
        place, text = memory_of(path), decode_text(case.tree.get(path) or b"")
        if place is None or text is None:
            continue
        head, fence, body = plain(text).removeprefix("---\n").partition("\n---")
        for field, value in (("category", place[1]), ("name", place[2])):
            line = join_front_matter({field: value}, "").splitlines()[1]
            head = re.sub(rf"(?m)^{field}:.*$", line.replace("\\", r"\\"), head, count=1)
        changes.write(path, f"---\n{head}{fence}{body}")
    return changes


def _leftovers(case: Case, directories: list[str]) -> Changes:
    """What stays of a deleted memory, where all of it was projected from content.md."""
    changes = Changes()
    for directory in directories:
        if all(entry.name in LAYER_FILES for entry in case.tree.entries(directory)):
            changes.delete(directory)
    return changes


def _memory_layers(case: Case, paths: list[str]) -> Changes:
    changes = Changes()
    for directory in {path.rpartition("/")[0] for path in paths}:
        memory = case.memory(directory)
        if isinstance(memory, Memory):
            layers = memory.layers()
            changes.write(f"{directory}/{ABSTRACT}", f"{layers.abstract}\n")
            changes.write(f"{directory}/{OVERVIEW}", f"{layers.overview}\n")
    return changes


def _layers(case: Case, paths: list[str]) -> Changes:
    directories = [path.rpartition("/")[0] for path in paths]
    changes = _memory_layers(case, [path for path in paths if memory_of(path)])
    changes.update(case.tools.summarise(case.tree, [d for d in directories if case.tools.is_summarised(d)]))
    return changes


def _projections(case: Case, paths: list[str]) -> Changes:
    right = projected(case, paths)
    return Changes({path: data for path in paths if (data := right.get(path)) is not None})


_MENDERS: dict[str, Callable[[Case, list[str]], Changes]] = {
    "VG505": _line_ends,
    "VG502": _written_form,
    "VG302": _front_matter,
    "VG304": _leftovers,
    "VG201": _layers,
    "VG202": _layers,
    "VG203": _memory_layers,
    "VG204": _layers,
    "VG206": _projections,
}
"""What mends which rule, in the order in which one leads to the next."""

MENDED = frozenset(_MENDERS)
"""The rules of which ``--fix`` mends what is mechanical."""
