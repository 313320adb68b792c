"""VG1xx: names and files that every machine and every git can hold."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

from viking_git.checks.case import Case, is_ours
from viking_git.checks.finding import Rule, Spot
from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.categories import CATEGORIES
from viking_git.model.layout import memory_of
from viking_git.model.markdown import code_lines
from viking_git.model.names import check_name, check_path, fold, is_device_name
from viking_git.model.uri import TRACKED_SCOPES

SIZE_LIMIT = 95_000_000
"""Bytes of the largest file; hosting sites refuse a push with one of 100 MB."""
WIDTH_LIMIT = 2_000
"""Entries of a directory above which every commit there becomes slow."""
PORTABLE_LENGTH = 240
"""Characters of a path that Windows takes without being told to take more."""

_WINDOWS_SIGNS = re.compile(r'[<>:"|?*]')
_DELIMITER = re.compile(r"(-{4,}|\.{4,})")
_PRE = re.compile(r"(<pre)\b(?![^\n]*</pre>)", re.IGNORECASE)


def _in_scope(path: str) -> bool:
    return path.partition("/")[0] in TRACKED_SCOPES


def unsafe(case: Case) -> Iterator[Spot]:
    """Names that leave the tree, are git's own in some spelling, or hold control characters."""
    for changed in case.files:
        if changed.new is None:
            continue
        try:
            check_path(changed.path)
        except InvalidName as error:
            yield Spot(changed.path, error.message)


def not_portable(case: Case) -> Iterator[Spot]:
    """Names that Windows or macOS cannot hold."""
    for changed in case.files:
        if changed.new is None or not _in_scope(changed.path) or (changed.old is not None and not case.whole):
            continue
        problem = next(filter(None, map(_portable_problem, changed.path.split("/"))), None)
        if problem is None and len(changed.path) > PORTABLE_LENGTH:
            problem = f"the path has {len(changed.path)} characters; Windows takes {PORTABLE_LENGTH} without being told"
        if problem:
            yield Spot(changed.path, problem)


def _portable_problem(segment: str) -> str | None:
    if is_device_name(segment):
        return f"{segment!r} is a device name on Windows"
    if segment.endswith((".", " ")) or _WINDOWS_SIGNS.search(segment):
        return f"{segment!r} cannot be a name on Windows"
    if not segment.isascii() and unicodedata.normalize("NFC", segment) != segment:
        return f"{segment!r} is not in Unicode normal form C"
    return None


def colliding(case: Case) -> Iterator[Spot]:
    """Two names of one directory that macOS or Windows take for the same."""
    for directory in case.grown:
        names: dict[str, list[str]] = defaultdict(list)
        for entry in case.tree.entries(directory):
            names[fold(entry.name)].append(entry.name)
        for same in names.values():
            if len(same) > 1:
                path = f"{directory}/{same[-1]}".lstrip("/")
                yield Spot(path, f"{same[0]!r} and {same[-1]!r} are one name on macOS and Windows")


def reserved(case: Case) -> Iterator[Spot]:
    """Spaces, sessions and memories with names that viking-git itself would not give."""
    seen: set[str] = set()
    for changed in case.files:
        if changed.new is None:
            continue
        for path, problem in given_names(changed.path):
            if path not in seen:
                seen.add(path)
                yield Spot(changed.path, problem)


def given_names(path: str) -> Iterator[tuple[str, str]]:
    """Of the spaces, sessions and memories above the file ``path`` those with a name not like ours, and why."""
    parts = path.split("/")
    if len(parts) > 2 and parts[0] in {"user", "agent", "session"}:
        for depth in range(1, 3 if parts[0] == "session" and len(parts) > 3 else 2):
            try:
                check_name(parts[depth], "space" if depth == 1 else "session")
            except InvalidName as error:
                yield "/".join(parts[: depth + 1]), error.message
    place = memory_of(path)
    kind = CATEGORIES.get(place[1]) if place else None
    if place and kind:
        try:
            right = kind.path(place[2])
        except (InvalidName, InvalidContent) as error:
            yield place[0], error.message
            return
        if not place[0].endswith(f"/memories/{right}"):
            yield place[0], f"the memory {place[2]!r} belongs into {right}"


def not_a_file(case: Case) -> Iterator[Spot]:
    """Symbolic links and submodules: they lead out of the tree, or hold what no clone brings along."""
    for changed in case.files:
        if changed.new is not None and changed.new.kind in {"link", "submodule"} and _in_scope(changed.path):
            what = "a symbolic link" if changed.new.kind == "link" else "a submodule"
            yield Spot(changed.path, f"{what}, not a file")


def too_large(case: Case) -> Iterator[Spot]:
    """Files that hosting sites refuse."""
    for changed in case.present:
        if changed.new is not None and (size := case.tree.size_of(changed.new.oid)) > SIZE_LIMIT:
            yield Spot(changed.path, f"{size:,} bytes, {SIZE_LIMIT:,} at most")


def too_wide(case: Case) -> Iterator[Spot]:
    """Directories with so many entries that each commit rewrites a long list."""
    for directory in case.grown:
        width = len(case.tree.entries(directory))
        if width > WIDTH_LIMIT:
            yield Spot(directory, f"{width:,} entries, {WIDTH_LIMIT:,} at most")


def conflict_marker(case: Case) -> Iterator[Spot]:
    """What an unfinished merge leaves: the three markers in their order, outside of a document's code blocks."""
    for changed in case.present:
        if not _in_scope(changed.path) and changed.path != "viking.yaml":
            continue
        text = case.text(changed)
        if text is None or "<<<<<<< " not in text:
            continue
        line = _marker_line(_lines(text) if is_ours(changed.path) else _outside_code(text))
        if line:
            yield Spot(changed.path, "a conflict that nobody settled", line)


def _marker_line(lines: Iterable[tuple[int, str]]) -> int:
    """The line at which a conflict begins as git writes it, 0 where there is none."""
    start, expected = 0, ""
    for number, line in lines:
        if line.startswith("<<<<<<< "):
            start, expected = number, "======="
        elif line == "=======" and expected == "=======":
            expected = ">>>>>>> "
        elif expected == ">>>>>>> " and line.startswith(">>>>>>> "):
            return start
    return 0


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate((line.rstrip("\r") for line in text.split("\n")), start=1)


def _outside_code(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a document outside of its code blocks: Markdown's, AsciiDoc's, ``<pre>`` of HTML."""
    code = code_lines(text.replace("\r", ""))
    last = {line: number for number, line in _lines(text) if _DELIMITER.fullmatch(line)}
    fence = ""
    for number, line in _lines(text):
        if number - 1 in code:
            continue
        if fence:
            if _closes(line, fence):
                fence = ""
            continue
        mark = _DELIMITER.fullmatch(line) or _PRE.search(line)
        # AsciiDoc's delimiters are Markdown's rules and underlines too: one that nothing closes begins no block.
        if mark and last.get(line, number + 1) > number:
            fence = mark[1]
            continue
        yield number, line


def _closes(line: str, fence: str) -> bool:
    if fence.lower() == "<pre":
        return "</pre>" in line.lower()
    return line == fence


def kept_both(case: Case) -> Iterator[Spot]:
    """Files that both sides changed so that the merge with the base keeps two versions."""
    for path in case.kept_both:
        yield Spot(path, "both sides changed this; the merge would keep both versions")


RULES = (
    Rule("VG101", "unsafe-name", "error", "No name leaves the tree, is git's own, or holds control characters.",
         "rename it: git mv", unsafe, on_write=True),
    Rule("VG102", "unportable-name", "warning", "Names can be checked out on Windows and macOS.",
         "rename it: git mv", not_portable),
    Rule("VG103", "colliding-names", "error", "Names of one directory differ in more than case and Unicode form.",
         "rename one of them: git mv", colliding),
    Rule("VG104", "reserved-name", "error",
         "Spaces, sessions and memories have names that viking-git would give, and events lie in their year.",
         "rename the directory: git mv", reserved, on_write=True),
    Rule("VG105", "link-or-submodule", "error", "A workspace holds files, no symbolic links and no submodules.",
         "git rm --cached {path}, then add the file itself", not_a_file, on_write=True),
    Rule("VG106", "file-too-large", "error", "No file is too large to be pushed.",
         "git rm --cached {path}; keep it outside and add a description", too_large, on_write=True),
    Rule("VG107", "directory-too-wide", "warning", "No directory has more than 2,000 entries.",
         "move entries into subdirectories", too_wide),
    Rule("VG108", "conflict-marker", "error", "No file holds conflict markers.",
         "edit {path}: choose, and delete the three marker lines", conflict_marker),
    Rule("VG109", "merge-keeps-both", "warning", "A merge with the base can be made without keeping two versions.",
         "merge the base into the branch and choose", kept_both),
)  # fmt: skip
