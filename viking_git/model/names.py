"""Which names a tree may hold: refused here, by type, before anything is written.

Two strictnesses. *Path segments* are whatever documents bring along, less what would leave the tree or be git's
own (``..``, ``.git`` in any spelling that Windows, macOS or git takes for it). *Names* are what viking-git
itself hands out to spaces, sessions and memories; they must survive every file system and every git ref.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from viking_git.errors import InvalidName

RESERVED_NAMES = frozenset({"memories", "skills", "instructions", "history", "tools", "user"})
"""Names that the tree's layout uses itself (design section 3)."""

MAX_SEGMENT_BYTES = 255
MAX_PATH_BYTES = 4096

ALIKE = 65
"""Per cent of likeness from which a name is taken for a slip of another."""

_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$")
_DRIVE = re.compile(r"^[A-Za-z]:")
# Letters, digits and signs that no rule is about, no segment longer than 200, none that git may take for its own.
_PLAIN_PATH = re.compile(
    r"(?:(?:[A-Za-z0-9_-][A-Za-z0-9 ._+=@,-]{0,199}|\.abstract\.md|\.overview\.md|\.meta\.json)(?:/|$)){1,18}(?<!/)"
)
_ASCII_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Code points that HFS+ drops when it compares names, as git's own is_hfs_dotgit lists them.
_HFS_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


def is_dot_git(segment: str) -> bool:
    """Whether some file system git supports would take ``segment`` for ``.git``."""
    plain = segment.translate(_HFS_IGNORED).casefold().split(":", 1)[0].rstrip(" .")
    return plain in {".git", "git~1"}


def is_device_name(segment: str) -> bool:
    """Whether Windows would take ``segment`` for a device, such as ``con`` or ``nul.txt``."""
    return _DEVICE.match(segment) is not None


def segment_problem(segment: str) -> str | None:
    """Why ``segment`` may be no part of a path in a tree, as a sentence that goes on from it; None where it may."""
    if not segment or segment in {".", ".."}:
        return "is not a name"
    if is_dot_git(segment) or segment.casefold() == ".gitmodules":
        return "is git's own"
    if any(unicodedata.category(c) == "Cs" for c in segment):
        return "is not UTF-8"
    if any(unicodedata.category(c) == "Cc" for c in segment):
        return "holds a control character"
    if "\\" in segment or _DRIVE.match(segment):
        return "is a Windows path"
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        return f"is longer than {MAX_SEGMENT_BYTES} bytes"
    return None


def path_problem(path: str) -> str | None:
    """Why no tree of ours may hold ``path``, a slash-separated path relative to its root; None where one may.

    Trees that others push hold such paths all the same. What lists trees passes them over and ``check`` names them:
    to raise there would stop every command for one bad name.
    """
    segments = path.split("/")
    for segment in segments:
        if problem := segment_problem(segment):
            return f"{segment!r} {problem}"
    if ".gitattributes" in map(str.casefold, segments[:-1]):
        return f"{path!r} has a directory where git wants its attributes"
    if len(path.encode()) > MAX_PATH_BYTES:
        return f"a path of {len(path.encode())} bytes is longer than {MAX_PATH_BYTES}"
    return None


def is_holdable(path: str) -> bool:
    """Whether a tree of ours may hold ``path``; quick, for it is asked of every path of a listing."""
    return (path.isascii() and _PLAIN_PATH.fullmatch(path) is not None) or path_problem(path) is None


def check_segment(segment: str) -> str:
    """Return ``segment`` if it may be one part of a path in a tree.

    Raises:
        InvalidName: it is empty, a dot segment, git's own, too long, or holds a control character, a
            backslash or a drive letter.
    """
    if problem := segment_problem(segment):
        raise InvalidName(f"{segment!r} {problem}")
    return segment


def check_path(path: str) -> str:
    """Return ``path``, a slash-separated path relative to the root of a tree, if every segment may be there."""
    if problem := path_problem(path):
        raise InvalidName(problem)
    return path


def check_name(name: str, kind: str = "name") -> str:
    """Return ``name`` if a space or a session may be called so: ``[A-Za-z0-9][A-Za-z0-9._-]{0,63}`` and safe.

    Raises:
        InvalidName: with the slug that would do as a hint.
    """
    problem = _shared_problem(name)
    if problem is None and not _ASCII_NAME.fullmatch(name):
        problem = "may hold only A-Z a-z 0-9 . _ - (64 at most), a letter or digit first"
    if problem:
        raise InvalidName(f"{kind} {name!r} {problem}", hint=f"use {slug(name)!r}")
    return name


def check_memory_name(name: str) -> str:
    """Return ``name`` if a memory's directory may be called so: letters of any script, NFC, 64 characters."""
    problem = _shared_problem(name)
    if problem is None:
        if unicodedata.normalize("NFC", name) != name:
            problem = "is not in Unicode normal form C"
        elif len(name) > 64 or len(name.encode()) > 200:
            problem = "is longer than 64 characters or 200 bytes"
        elif not (name[0].isalnum() and all(_is_name_char(c) for c in name)):
            problem = "may hold only letters, digits, and . _ -, a letter or digit first"
    if problem:
        raise InvalidName(f"memory name {name!r} {problem}", hint=f"use {memory_slug(name)!r}")
    return name


def slug(text: str) -> str:
    """A space or session name for any text: itself when valid, else its ASCII letters and eight hash digits."""
    if _ASCII_NAME.fullmatch(text) and _shared_problem(text) is None:
        return text
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9]+", "-", ascii_text).strip("-")[:48].strip("-")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{stem}-{digest}" if stem else f"x-{digest}"


def memory_slug(text: str, limit: int = 48) -> str:
    """A memory name for any text: lower case, words joined by underscores, cut at a word, never reserved."""
    words = re.findall(r"[\w]+", unicodedata.normalize("NFC", text).casefold().replace("_", " "))
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word[:limit]
        if len(longer) > limit or len(longer.encode()) > 180:
            break
        name = longer
    name = unicodedata.normalize("NFC", name).strip("_.-")
    if not name or _shared_problem(name) or not name[0].isalnum() or not all(map(_is_name_char, name)):
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        kept = "".join(c for c in name if _is_name_char(c)).strip("_.-")[:32]
        name = f"{kept}_{digest}" if kept and kept[0].isalnum() else f"m_{digest}"
    return name


def fold(name: str) -> str:
    """The key under which two names of one directory must differ: NFC and case folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _is_name_char(char: str) -> bool:
    return char.isalnum() or char in "._-" or unicodedata.category(char) in {"Mn", "Mc"}


def _shared_problem(name: str) -> str | None:
    if not name:
        return "is empty"
    if name.casefold() in RESERVED_NAMES:
        return "is reserved: the tree's layout uses it"
    if ".." in name or name.endswith((".", ".lock")) or is_dot_git(name):
        return "is a name git refuses"
    if is_device_name(name):
        return "is a device name on Windows"
    return None


def closest(name: str, known: Iterable[str], alike: int = ALIKE) -> str | None:
    """The one of ``known`` that ``name`` is most likely a slip of, None where none is ``alike`` per cent like it."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=alike)
    return best[0] if best else None
