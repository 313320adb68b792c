"""What packs leave out for the guard against secrets: a file, or with it the memory or the session that it is part of.

A memory without its content and a session without an archive would break every rule there is, so they go whole.
"""

from collections.abc import Callable, Iterable, Mapping

from viking_git.memory.guard import Guard
from viking_git.model.layout import memory_of
from viking_git.pack.read import Pack
from viking_git.resources.sources import SIZE_LIMIT

_HISTORY = "/history/archive_"


def of_pack(pack: Pack, target: str, guard: Guard) -> dict[str, str]:
    """The files of ``pack`` that do not come in at ``target``, each with the reason; all of it is read, nothing kept.

    Raises:
        BadPack: the pack is not sound.
    """
    if guard.is_open:
        return {}
    bytes_of = _Bytes()
    prefix = f"{target}/" if target else ""
    reasons = {}
    for file in pack.check(bytes_of):
        if reason := guard.reason(f"{prefix}{file.path}", bytes_of.data):
            reasons[f"{prefix}{file.path}"] = reason
    units = with_units(reasons)
    return {path: reason for path in pack.files if (reason := reason_of(f"{prefix}{path}", units))}


def of_files(files: Iterable[str], read: Callable[[str], bytes], guard: Guard) -> dict[str, str]:
    """Of ``files``, paths of the tree, what does not go out: each file or directory with the reason."""
    if guard.is_open:
        return {}
    return with_units({path: reason for path in files if (reason := guard.reason(path, read(path)))})


def with_units(reasons: Mapping[str, str]) -> dict[str, str]:
    """``reasons`` by what goes whole: the memory, the session or the file alone."""
    found: dict[str, str] = {}
    for path, reason in reasons.items():
        unit = _unit(path)
        found.setdefault(unit, reason if unit == path else f"its {path[len(unit) + 1 :]} {reason}")
    return found


def reason_of(path: str, units: Mapping[str, str]) -> str:
    """Why ``path``, a file or a directory, is left out with one of ``units``; "" where it is not."""
    head = path
    while head:
        if head in units:
            return units[head]
        head = head.rpartition("/")[0]
    return ""


def _unit(path: str) -> str:
    memory = memory_of(path)
    if memory is not None:
        return memory[0]
    return path.partition(_HISTORY)[0] if _HISTORY in path else path


class _Bytes:
    """A sink that holds the bytes of one file at a time, as many as git takes."""

    def __init__(self) -> None:
        self.data = b""
        self._parts: list[bytes] = []
        self._size = 0

    def begin(self, size: int) -> None:
        """A file of ``size`` bytes comes."""
        del size
        self._parts, self._size = [], 0

    def piece(self, deflated: bytes | None, data: bytes) -> None:
        """Its next bytes."""
        del deflated
        self._size += len(data)
        if self._size <= SIZE_LIMIT:
            self._parts.append(data)

    def end(self, adler: int) -> str:
        """The file is whole."""
        del adler
        self.data = b"".join(self._parts)
        return ""
