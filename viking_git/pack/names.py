"""Which names a pack may hold, and which two names may not stand beside each other."""

from collections.abc import Iterable

from viking_git.errors import BadPack, InvalidName
from viking_git.model.names import check_path, fold

PACK_SUFFIX = ".ovpack"
INTERNAL = "_ovpack"
"""The directory beside ``files/`` that holds what a pack says about itself."""


def check_member(path: str, *, nested: bool = False) -> str:
    """Return ``path`` if a pack may hold a file or a directory of that name.

    Args:
        path: relative to the pack's root, no slash at its ends.
        nested: whether the file may be a pack itself.

    Raises:
        BadPack: it leaves the tree in some spelling, is git's own, or is a pack.
    """
    try:
        check_path(path)
    except InvalidName as error:
        raise BadPack(f"may not be unpacked: {error.message}", member=path) from None
    if path.casefold().endswith(PACK_SUFFIX) and not nested:
        raise BadPack(
            "is a pack inside the pack",
            member=path,
            hint="import it by itself, or allow it: packs.nested in viking.yaml",
        )
    return path


class Names:
    """The names of one pack as they come in: no two alike, none both a file and a directory.

    Two names are alike when some file system takes them for one: letters in other cases or other normal forms, dots and
    spaces at the end.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, bool]] = {}

    def add(self, path: str, is_dir: bool) -> None:
        """Take ``path`` in, and the directories above it.

        Raises:
            BadPack: naming ``path`` and the name that it collides with.
        """
        self._add(path, is_dir, explicit=True)
        while "/" in path:
            path = path.rpartition("/")[0]
            if not self._add(path, True, explicit=False):
                return

    def _add(self, path: str, is_dir: bool, *, explicit: bool) -> bool:
        key = "/".join(fold(part).rstrip(" .") or part for part in path.split("/"))
        known = self._seen.get(key)
        if is_dir and key.rpartition("/")[2] == ".gitattributes":
            raise BadPack("is a directory where git wants its attributes", member=path)
        if known is None:
            self._seen[key] = (path, is_dir)
            return True
        other, other_is_dir = known
        if other != path:
            raise BadPack(f"and {other!r} are one name where case and form do not count", member=path)
        if is_dir != other_is_dir:
            raise BadPack("is both a file and a directory", member=path)
        if explicit and not is_dir:
            raise BadPack("stands in it twice", member=path)
        return False


def check_names(paths: Iterable[tuple[str, bool]], *, nested: bool) -> None:
    """Check every path (and whether it is a directory) of a pack that is to be written.

    Raises:
        BadPack: one may not be in a pack, or two collide.
    """
    names = Names()
    for path, is_dir in paths:
        names.add(check_member(path, nested=nested), is_dir)
