"""Viking URIs: ``viking://{scope}/{path}``, and the paths in the repository that they name.

The path in the repository is ``{scope}/{path}``, nothing hidden or renamed. A URI is not percent-encoded: names
stand in it verbatim.
"""

import os.path
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from viking_git.errors import InvalidName, InvalidURI, UnknownScope
from viking_git.model.names import MAX_PATH_BYTES, check_segment, closest

SCHEME: Final = "viking://"
TRACKED_SCOPES: Final = ("agent", "resources", "session", "user")
"""The scopes that live in the tree, in the order git lists them."""
TRANSIENT_SCOPES: Final = ("queue", "temp")
"""The scopes that live under the common git directory, never tracked or indexed."""
SCOPES: Final = tuple(sorted(TRACKED_SCOPES + TRANSIENT_SCOPES))
_NAMES: Final = ", ".join(SCOPES)

_SPACE_CHILDREN = {"user": {"memories"}, "agent": {"memories", "skills", "instructions"}}
_SESSION_CHILDREN = {"history", "tools", "messages.jsonl", ".abstract.md", ".overview.md", ".meta.json",
                     ".relations.json"}  # fmt: skip
_FRAGMENT = re.compile(r"^(?P<path>.+)#(?P<fragment>L[1-9]\d*(?:-L[1-9]\d*)?|msg_[\w.:-]+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spaces:
    """The spaces that shorthands stand for: the user's, the agent's, and the session spaces that exist."""

    user: str = "default"
    agent: str = "default"
    sessions: frozenset[str] = frozenset()


class VikingURI:
    """One viking:// URI, checked. Equal by text less the trailing slash; immutable.

    Attributes:
        scope: one of ``SCOPES``, or "" for the root ``viking://``.
        path: what follows the scope, e.g. ``docs/api``, with no slash at its ends.
        full_path: scope and path, which is the path in the repository.
    """

    __slots__ = ("_directory", "full_path", "path", "scope")

    scope: str
    path: str
    full_path: str

    def __init__(self, text: str) -> None:
        """Parse a full URI.

        Raises:
            InvalidURI: no ``viking://`` in front, or a segment that no tree may hold.
            UnknownScope: a scope that is none of the six.
        """
        if not text.startswith(SCHEME):
            raise InvalidURI(f"not a viking URI: {text!r}", hint=f"URIs begin with {SCHEME}, e.g. viking://resources/")
        full = text[len(SCHEME) :].strip("/")
        if len(full.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
            raise InvalidURI(f"a URI longer than {MAX_PATH_BYTES} bytes")
        for segment in full.split("/") if full else ():
            try:
                check_segment(segment)
            except InvalidName as error:
                raise InvalidURI(f"bad URI {text!r}: {error.message}", hint=error.hint) from None
        scope, _, path = full.partition("/")
        if scope and scope not in SCOPES:
            raise UnknownScope(f"unknown scope {scope!r} in {text!r}", hint=f"{_meant(full)}the scopes are {_NAMES}")
        self._directory = text.endswith("/")
        self.scope, self.path, self.full_path = scope, path, full

    @classmethod
    def parse(cls, text: str, spaces: Spaces | None = None) -> "VikingURI":
        """A URI from what a person types: a full URI or a shorthand, spaces filled in.

        Shorthands (design section 3): ``viking://user/memories/…``, ``viking://agent/skills/…``,
        ``viking://session/{id}``, ``viking://~/…``, ``/resources/x`` and ``resources/x``.
        """
        spaces = spaces or Spaces()
        if text.startswith(SCHEME + "~"):
            home, _, rest = text[len(SCHEME) :].partition("/")
            if home != "~":
                raise InvalidURI(
                    f"bad URI {text!r}", hint="viking://~/ is your own space; others are viking://user/NAME/"
                )
            return cls(f"{SCHEME}user/{spaces.user}/{rest}")
        if not text.startswith(SCHEME):
            head = text.lstrip("/").partition("/")[0]
            if "://" in text or head not in SCOPES:
                raise InvalidURI(
                    f"not a viking URI: {text!r}",
                    hint=f"{_meant(re.sub('^viking:/*', '', text))}URIs begin with {SCHEME} and a scope: {_NAMES}",
                )
            text = SCHEME + text.lstrip("/")
        return cls(_fill_space(text, spaces))

    @property
    def uri(self) -> str:
        """The URI as text, a trailing slash kept as it was typed."""
        slash = "/" if self._directory and self.full_path else ""
        return f"{SCHEME}{self.full_path}{slash}"

    @property
    def name(self) -> str:
        """The last segment, "" for the root."""
        return self.full_path.rpartition("/")[2]

    @property
    def parent(self) -> "VikingURI":
        """The directory that holds this; the root is its own parent."""
        return VikingURI(SCHEME + self.full_path.rpartition("/")[0])

    def join(self, path: str) -> "VikingURI":
        """This URI with ``path`` below it; ``path`` may not climb."""
        return VikingURI(f"{SCHEME}{self.full_path}/{path.lstrip('/')}")

    def is_directory(self) -> bool:
        """Whether it was written as a directory, with a trailing slash (or is the root)."""
        return self._directory or not self.full_path

    def __str__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"VikingURI({self.uri!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VikingURI) and other.full_path == self.full_path

    def __hash__(self) -> int:
        return hash(self.full_path)


def from_here(text: str, here: Path | None, top: Path | None) -> str:
    """A plain path as people type it in the directory ``here`` as a path from the root of the work tree ``top``.

    Text that is a URI, that begins with a scope, or that leads out of the scopes is returned as it is; so is any
    where one of the directories is None.
    """
    if here is None or top is None or not text or "://" in text or text.lstrip("/").partition("/")[0] in SCOPES:
        return text
    path = Path(os.path.normpath(here / text))
    if not path.is_relative_to(top):
        return text
    found = path.relative_to(top).as_posix()
    if found == ".":
        return SCHEME
    slash = "/" if text.endswith("/") else ""
    return f"{found}{slash}" if found.partition("/")[0] in SCOPES else text


def split_fragment(text: str) -> tuple[str, str | None]:
    """``URI#L40-L58`` or ``URI#msg_…`` as URI and fragment; any other ``#`` belongs to the name."""
    match = _FRAGMENT.match(text)
    return (match["path"], match["fragment"]) if match else (text, None)


def _meant(path: str) -> str:
    """How a hint begins: with the URI that a path with a misspelt scope, or with none, may stand for; "" for others."""
    head, slash, rest = path.strip("/").partition("/")
    if not head.isprintable() or ":" in path:
        return ""
    scope = closest(head.casefold(), SCOPES)
    return f"did you mean {SCHEME}{scope}{slash}{rest}; " if scope else f"it may be {SCHEME}resources/{path}; "


def _fill_space(text: str, spaces: Spaces) -> str:
    parts = text[len(SCHEME) :].lstrip("/").split("/")
    if len(parts) < 2 or not parts[1]:
        return text
    scope, first, rest = parts[0], parts[1], [p for p in parts[2:] if p]
    if first in _SPACE_CHILDREN.get(scope, ()):
        space = spaces.user if scope == "user" else spaces.agent
        return SCHEME + "/".join([scope, space, *parts[1:]])
    is_id = scope == "session" and first not in {spaces.user, *spaces.sessions}
    if is_id and (not rest or rest[0] in _SESSION_CHILDREN):
        return SCHEME + "/".join([scope, spaces.user, *parts[1:]])
    return text
