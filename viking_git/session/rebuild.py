"""A workspace rebuilt from a backup and the history beside it, in a directory of its own."""

import hashlib
from pathlib import Path

from viking_git.config import POLICY_FILE, PackPolicy, load_policy
from viking_git.errors import BadPack, NotFound
from viking_git.model.layout import TRANSCRIPTS_REF
from viking_git.session.packs import bundle_of, sums
from viking_git.store.create import check_out, create_repository
from viking_git.store.remote import fetch_bundle
from viking_git.store.repo import Store
from viking_git.store.transcripts import lay_transcripts


def rebuild(file: Path, directory: Path) -> str:
    """Make ``directory`` the workspace that the bundle beside the backup ``file`` holds; the name of its trunk.

    Raises:
        NotFound: no bundle there, or a damaged one.
        BadPack: the backup is not sound, or the bundle's trunk does not hold what the backup holds; the directory is
            as it was.
    """
    held, _ = sums(file, PackPolicy())
    bundle = bundle_of(file)
    if not bundle.exists():
        raise NotFound(f"no history beside {file.name}", hint=f"{bundle.name} is what backup --with-history writes")
    if directory.exists() and any(directory.iterdir()):
        raise NotFound(f"{directory} is not empty", hint="name a directory that is new")
    top, fresh = create_repository(directory)
    try:
        store = Store(top)
        fetch_bundle(store.common_dir, bundle)
        trunk = _trunk(store)
        _check(store, trunk, held, file)
        check_out(store, trunk)
        archives = {path.rpartition("/")[0] for path, _ in store.snapshot(store.tip(TRANSCRIPTS_REF)).walk()}
        lay_transcripts(store, trunk, TRANSCRIPTS_REF, sorted(archives))
    except BaseException:
        fresh.undo()
        raise
    return trunk


def _trunk(store: Store) -> str:
    for ref in store.refs("refs/heads/"):
        data = store.snapshot(store.tip(ref)).get(POLICY_FILE)
        if data is not None and f"refs/heads/{load_policy(data).trunk}" == ref:
            return ref
    raise BadPack("the bundle holds no workspace")


def _check(store: Store, trunk: str, held: dict[str, str], file: Path) -> None:
    snapshots = [store.snapshot(store.tip(ref)) for ref in (trunk, TRANSCRIPTS_REF)]
    for path, digest in held.items():
        data = next((found for snapshot in snapshots if (found := snapshot.get(path)) is not None), None)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            raise BadPack(
                "is not in the history beside the backup", member=path, hint=f"{file.name} is of another time"
            )
