"""Git's merge driver: our merge for plain ``git merge``, ``git pull`` and ``git rebase``."""

from viking_git.store.repo import Store

DRIVER = {
    "merge.viking.name": "viking-git, by meaning",
    "merge.viking.driver": '"$(command -v viking-git || git config viking.program)" merge-driver %O %A %B %L %P',
}
"""What git config must say so that git merges as we do what ``.gitattributes`` mark ``merge=viking``."""


def has_driver(store: Store) -> bool:
    """Whether git config names a driver, ours or one that somebody put in its place."""
    return all(store.config(key) is not None for key in DRIVER)


def register_driver(store: Store) -> None:
    """Name the driver in the repository's git config; what is there stays."""
    for key, value in DRIVER.items():
        if store.config(key) is None:
            store.set_config(key, value)
