"""``grep`` and ``glob`` over what a ``View`` shows. Names that begin with a dot are passed over unless asked for."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from itertools import pairwise
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.layers import MESSAGES
from viking_git.model.layout import uri_of
from viking_git.model.text import readable_text
from viking_git.model.uri import SCHEME, VikingURI
from viking_git.store.cone import Cone
from viking_git.store.snapshot import Entry
from viking_git.store.view import View

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that ``grep`` found.

    Attributes:
        uri: the file.
        fragment: ``L12``; in a conversation the message, ``msg_…``.
        text: the line; in a conversation a line of what was said.
    """

    uri: str
    fragment: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """The line as ``grep --json`` prints it."""
        return {"uri": self.uri, "fragment": self.fragment, "text": self.text}


def compile_pattern(pattern: str, *, ignore_case: bool = False, fixed: bool = False) -> re.Pattern[str]:
    """The regular expression that a person typed, as Python reads it.

    Raises:
        InvalidContent: it is none.
    """
    try:
        return re.compile(re.escape(pattern) if fixed else pattern, re.IGNORECASE if ignore_case else 0)
    except re.error as error:
        raise InvalidContent(
            f"not a regular expression: {error}", hint="--fixed-strings takes it word for word"
        ) from None


def grep(
    view: View,
    uri: VikingURI,
    pattern: re.Pattern[str],
    *,
    hidden: bool = False,
    cone: Cone | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Iterator[Line]:
    """The lines below ``uri`` (or in that file) in which ``pattern`` occurs, by path and position.

    Files that are not text are passed over. In a ``messages.jsonl`` it looks at what was said, not at the JSON.

    Args:
        cone: of a directory of which a clone of some scopes holds a part, only that is looked at; what lies in none
            of its scopes is fetched.

        told: hears of each file of which a few bytes are no text.

    Raises:
        NotFound: nothing is there.
        RemoteFailed: it is not here, and cannot be fetched.
    """
    entry = view.entry(uri)
    if entry is None:
        raise view.missing(uri)
    # A line can only match where the whole text does; this is ten times faster where nothing does.
    whole = re.compile(pattern.pattern, pattern.flags | re.MULTILINE) if "\\" not in pattern.pattern else None
    files = _files(view, uri.full_path, entry, hidden) if entry.is_dir else iter([(uri.full_path, entry)])
    if cone is not None:
        found = [file for file in files if not is_narrowed(uri, cone) or not file[1].oid or cone.holds(file[0])]
        view.trunk.bring(file for file in found if file[1].oid)
        files = iter(found)
    for path, file in files:
        text, problem = readable_text(view.bytes_of(path, file))
        if problem:
            told(f"{uri_of(path)}: {problem}")
        if text is None:
            continue
        if file.name == MESSAGES:
            yield from _said(uri_of(path), text, pattern)
        elif whole is None or whole.search(text):
            lines = enumerate(text.split("\n"), start=1)
            yield from (Line(uri_of(path), f"L{number}", line) for number, line in lines if pattern.search(line))


def is_narrowed(uri: VikingURI, cone: Cone | None) -> bool:
    """Whether ``cone`` holds a part, but not all, of what may be below ``uri``."""
    return cone is not None and uri.full_path in cone.above and not cone.covers(uri.full_path)


def glob(view: View, parse: Callable[[str], VikingURI], pattern: str, *, hidden: bool = False) -> list[str]:
    """The URIs that ``pattern`` matches, sorted; directories end in a slash.

    ``*``, ``?`` and ``[…]`` match within one name, ``**`` matches any number of directories.

    Args:
        parse: what makes a URI of what a person typed, shorthands filled in.
    """
    bare = pattern.removeprefix(SCHEME).strip("/")
    if not _MAGIC.search(bare.partition("/")[0]):
        bare = parse(pattern.rstrip("/") or SCHEME).full_path
    only_directories = pattern.endswith("/")
    segments = tuple(s for s, before in pairwise(["", *bare.split("/")][::-1]) if (s, before) != ("**", "**"))[::-1]
    root = Entry("", "directory", "", 0)
    found = set(_matches(view, "", root, segments, hidden))
    return sorted(uri_of(path, directory=is_dir) for path, is_dir in found if is_dir or not only_directories)


def is_pattern(text: str) -> bool:
    """Whether ``text`` has wildcards."""
    return _MAGIC.search(text) is not None


def _matches(view: View, path: str, top: Entry, segments: tuple[str, ...], hidden: bool) -> Iterator[tuple[str, bool]]:
    """What matches in and below the directory ``top``, which stands at ``path``."""
    if is_pattern(segments[0]):
        yield from _among(view, path, _listed(view, path, top, segments, hidden), segments, hidden)
    else:
        found = view.child(path, top, segments[0])
        yield from _among(view, path, [found] if found else [], segments, hidden)


def _among(
    view: View, path: str, entries: list[Entry], segments: tuple[str, ...], hidden: bool
) -> Iterator[tuple[str, bool]]:
    """What matches among the entries of the directory ``path``, and below them."""
    head, rest = segments[0], segments[1:]
    if head == "**":
        yield from _any_depth(view, path, entries, segments, hidden)
        return
    matches = _matcher(head)
    for entry in entries:
        if matches(entry.name) and (hidden or head.startswith(".") or not entry.name.startswith(".")):
            child = f"{path}/{entry.name}" if path else entry.name
            if not rest:
                yield child, entry.is_dir
            elif entry.is_dir:
                yield from _matches(view, child, entry, rest, hidden)


def _any_depth(
    view: View, path: str, entries: list[Entry], segments: tuple[str, ...], hidden: bool
) -> Iterator[tuple[str, bool]]:
    rest = segments[1:]
    if rest:
        yield from _among(view, path, entries, rest, hidden)
    for entry in entries:
        if hidden or not entry.name.startswith("."):
            child = f"{path}/{entry.name}" if path else entry.name
            if not rest:
                yield child, entry.is_dir
            if entry.is_dir:
                yield from _any_depth(view, child, _listed(view, child, entry, segments, hidden), segments, hidden)


def _listed(view: View, path: str, top: Entry, segments: tuple[str, ...], hidden: bool) -> list[Entry]:
    return view.below(path, top, hidden=hidden or any(segment.startswith(".") for segment in segments))


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(pattern)).match if is_pattern(pattern) else pattern.__eq__


def _files(view: View, path: str, top: Entry, hidden: bool) -> Iterator[tuple[str, Entry]]:
    for entry in view.below(path, top, hidden=hidden):
        child = f"{path}/{entry.name}" if path else entry.name
        if entry.is_dir:
            yield from _files(view, child, entry, hidden)
        elif entry.kind == "file":
            yield child, entry


def _said(uri: str, text: str, pattern: re.Pattern[str]) -> Iterator[Line]:
    for number, row in enumerate(text.split("\n"), start=1):
        try:
            value = json.loads(row)
            message, said = str(value["id"]), [str(p["text"]) for p in value["parts"] if p.get("type") == "text"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            message, said = f"L{number}", [row]
        for line in "\n".join(said).split("\n"):
            if pattern.search(line):
                yield Line(uri, message, line)
