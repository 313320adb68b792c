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
from viking_git.model.text import decode_text
from viking_git.model.uri import SCHEME, VikingURI
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


def grep(view: View, uri: VikingURI, pattern: re.Pattern[str], *, hidden: bool = False) -> Iterator[Line]:
    """The lines below ``uri`` (or in that file) in which ``pattern`` occurs, by path and position.

    Files that are not text are passed over. In a ``messages.jsonl`` it looks at what was said, not at the JSON.

    Raises:
        NotFound: nothing is there.
    """
    entry = view.entry(uri)
    if entry is None:
        raise view.missing(uri)
    # A line can only match where the whole text does; this is ten times faster where nothing does.
    whole = re.compile(pattern.pattern, pattern.flags | re.MULTILINE) if "\\" not in pattern.pattern else None
    files = _files(view, uri, hidden) if entry.is_dir else [(uri, entry)]
    for file, found in files:
        data = view.trunk.read_oid(found.oid) if found.oid else view.read(file)
        text = decode_text(data)
        if text is None:
            continue
        if file.name == MESSAGES:
            yield from _said(file, text, pattern)
        elif whole is None or whole.search(text):
            lines = enumerate(text.split("\n"), start=1)
            yield from (Line(file.uri, f"L{number}", line) for number, line in lines if pattern.search(line))


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
    found = set(_matches(view, VikingURI(SCHEME), segments, hidden))
    return sorted(uri_of(path, directory=is_dir) for path, is_dir in found if is_dir or not only_directories)


def is_pattern(text: str) -> bool:
    """Whether ``text`` has wildcards."""
    return _MAGIC.search(text) is not None


def _matches(view: View, uri: VikingURI, segments: tuple[str, ...], hidden: bool) -> Iterator[tuple[str, bool]]:
    head, rest = segments[0], segments[1:]
    if not is_pattern(head):
        child = VikingURI(f"{SCHEME}{uri.full_path}/{head}".replace(":///", "://"))
        entry = view.entry(child)
        yield from _go_on(view, child, entry, rest, hidden) if entry is not None else ()
        return
    if head == "**" and rest:
        yield from _matches(view, uri, rest, hidden)
    matches = _matcher("*" if head == "**" else head)
    for entry in view.entries(uri):
        if entry.name.startswith(".") and not (hidden or head.startswith(".")):
            continue
        child = uri.join(entry.name)
        if head == "**" and entry.is_dir:
            yield from _below(child, entry, rest)
            yield from _matches(view, child, segments, hidden)
        elif matches(entry.name):
            yield from _go_on(view, child, entry, rest, hidden) if head != "**" else _below(child, entry, rest)


def _below(uri: VikingURI, entry: Entry, rest: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """What a last ``**`` matches: everything below."""
    if not rest:
        yield uri.full_path, entry.is_dir


def _go_on(view: View, uri: VikingURI, entry: Entry, rest: tuple[str, ...], hidden: bool) -> Iterator[tuple[str, bool]]:
    if not rest:
        yield uri.full_path, entry.is_dir
    elif entry.is_dir:
        yield from _matches(view, uri, rest, hidden)


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(translate(pattern)).match


def _files(view: View, uri: VikingURI, hidden: bool) -> Iterator[tuple[VikingURI, Entry]]:
    for entry in view.entries(uri):
        if entry.name.startswith(".") and not hidden:
            continue
        child = uri.join(entry.name)
        if entry.is_dir:
            yield from _files(view, child, hidden)
        elif entry.kind == "file":
            yield child, entry


def _said(file: VikingURI, text: str, pattern: re.Pattern[str]) -> Iterator[Line]:
    for number, row in enumerate(text.split("\n"), start=1):
        try:
            value = json.loads(row)
            message, said = str(value["id"]), [str(p["text"]) for p in value["parts"] if p.get("type") == "text"]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            message, said = f"L{number}", [row]
        for line in "\n".join(said).split("\n"):
            if pattern.search(line):
                yield Line(file.uri, message, line)
