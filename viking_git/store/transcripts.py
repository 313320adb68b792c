"""Private transcripts in the work tree: ignored files, so that ``cat`` and ``rg`` work."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from pygit2.enums import ObjectType

from viking_git.model.layers import MESSAGES
from viking_git.model.names import is_holdable
from viking_git.private import make_private, write_private
from viking_git.store.heads import checkouts_of
from viking_git.store.kept import Kept, is_kept
from viking_git.store.livelog import FILES
from viking_git.store.packs import object_id
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


def lay_transcripts(store: Store, trunk_ref: str, transcripts_ref: str, archives: Iterable[str]) -> int:
    """Write the transcripts of ``archives`` (directories) into every work tree that has trunk; how many were missing.

    A file that is there stays as it is, for it may be somebody's. But what was laid for another archive, which had
    this number before a merge, goes.
    """
    kept = store.snapshot(store.tip(transcripts_ref))
    if kept.tree is None:
        return 0
    trunk = store.snapshot(store.tip(trunk_ref))
    own = Kept(trunk, kept)
    incoming = store.private_dir / "incoming"
    make_private(incoming)
    laid = 0
    tops = [Path(git.workdir) for git in checkouts_of(store.git, trunk_ref)]
    for archive in archives:
        for top in tops:
            _clear_strange(top, archive, trunk, own, kept)
        # Whoever made the tree chose the names in it: ``..`` would lay a file outside of the archive's ignored places.
        kept_files = (entry.name for entry in own.entries(f"{archive}/{FILES}") if is_holdable(entry.name))
        names = [MESSAGES, *(f"{FILES}/{name}" for name in kept_files)]
        for name in names:
            missing = [top for top in tops if _is_missing(top / archive, name)]
            data = own.get(f"{archive}/{name}") if missing else None
            if data is not None:
                laid += len(missing)
                for top in missing:
                    _lay(top / archive / name, data, incoming)
    return laid


def clear_transcripts(store: Store, trunk_ref: str, transcripts_ref: str, directory: str) -> None:
    """Take what ``lay_transcripts`` wrote below ``directory`` out of every work tree; a file that differs stays."""
    kept = store.snapshot(store.tip(transcripts_ref))
    for git in checkouts_of(store.git, trunk_ref):
        for path, entry in kept.walk(directory):
            file = Path(git.workdir) / path
            if (
                entry.kind == "file"
                and file.is_file()
                and not file.is_symlink()
                and file.read_bytes() == kept.read_oid(entry.oid)
            ):
                file.unlink()
                for parent in file.parents:
                    if parent == Path(git.workdir) or any(parent.iterdir()):
                        break
                    parent.rmdir()


def _clear_strange(top: Path, archive: str, trunk: Snapshot, own: Kept, kept: Snapshot) -> None:
    """Take what belongs to another archive of the session out of the directory ``archive`` of a work tree."""
    directory = top / archive
    for file in (directory / MESSAGES, *sorted((directory / FILES).glob("*"))):
        name = file.relative_to(directory).as_posix()
        if not file.is_file() or file.is_symlink() or trunk.exists(f"{archive}/{name}"):
            continue
        oid, expected = object_id(ObjectType.BLOB, file.read_bytes()), own.entry(f"{archive}/{name}")
        if expected is not None and expected.oid == oid:
            continue
        if is_kept(kept, f"{archive}/{name}", oid):
            file.unlink()
            if file.parent != directory and not any(file.parent.iterdir()):
                file.parent.rmdir()


def _is_missing(archive: Path, name: str) -> bool:
    target = archive / name
    return archive.is_dir() and not target.exists() and not target.is_symlink() and not target.parent.is_symlink()


def _lay(target: Path, data: bytes, incoming: Path) -> None:
    make_private(target.parent)
    # Not beside it: what a kill leaves of a private transcript there, the next git add would make a commit of.
    scratch = incoming / uuid4().hex
    write_private(scratch, data)
    shutil.move(scratch, target)
