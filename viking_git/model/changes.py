"""Changes: what a command wants to be different in a tree, as a value; ``store`` alone turns it into a commit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from viking_git.errors import InvalidName
from viking_git.model.names import check_path


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes and whether it may be executed."""

    data: bytes
    executable: bool = False


class Changes:
    """Paths to write or delete, relative to the root of the tree.

    A path is checked when it is added, so no ``Changes`` can leave the tree or touch git's own files. Deleting a
    directory deletes all below it, before anything is written there. The last word on a path holds.
    """

    __slots__ = ("_deleted", "_files")

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._files: dict[str, File] = {}
        self._deleted: set[str] = set()
        for path, data in (files or {}).items():
            self.write(path, data)

    def write(self, path: str, data: bytes | str, *, executable: bool = False) -> None:
        """Let ``path`` hold ``data`` (text as UTF-8).

        Raises:
            InvalidName: a path that no tree of ours may hold.
        """
        raw = data.encode() if isinstance(data, str) else data
        self._files[check_path(path)] = File(raw, executable)

    def delete(self, path: str) -> None:
        """Let the file or the directory ``path`` be gone; deleting what is not there changes nothing."""
        check_path(path)
        prefix = f"{path}/"
        self._files = {p: f for p, f in self._files.items() if p != path and not p.startswith(prefix)}
        self._deleted.add(path)

    def update(self, other: "Changes") -> None:
        """Add what ``other`` wants; on a path that both name, ``other`` wins."""
        for path in other.deleted:
            self.delete(path)
        self._files.update(other._files)

    def files(self) -> Iterator[tuple[str, File]]:
        """The files to write, by path."""
        yield from sorted(self._files.items())

    @property
    def deleted(self) -> frozenset[str]:
        """The files and directories to delete first."""
        return frozenset(self._deleted)

    def get(self, path: str) -> bytes | None:
        """What will be written to ``path``, None where nothing is."""
        file = self._files.get(path)
        return file.data if file else None

    def paths(self) -> frozenset[str]:
        """Every path named, written or deleted."""
        return frozenset(self._files) | self._deleted

    def check(self) -> None:
        """Refuse a file that is also to be a directory.

        Raises:
            InvalidName: ``a`` and ``a/b`` are both to be written.
        """
        for path in self._files:
            head = path
            while "/" in head:
                head = head.rpartition("/")[0]
                if head in self._files:
                    raise InvalidName(f"{head!r} cannot be both a file and a directory")

    def __bool__(self) -> bool:
        return bool(self._files or self._deleted)

    def __len__(self) -> int:
        return len(self.paths())
