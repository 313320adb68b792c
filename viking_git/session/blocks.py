"""The marked blocks of ours in files that are otherwise a person's: ``.gitattributes`` and ``.gitignore``."""

from collections.abc import Iterator

from viking_git import assets
from viking_git.model.changes import Changes
from viking_git.model.layout import ATTRIBUTES, BLOCK, IGNORED
from viking_git.session.trunk import advance_trunk
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot

__all__ = ["ATTRIBUTES", "BLOCKS", "IGNORED", "lacking", "outdated", "renew", "write_block"]

BLOCKS = {ATTRIBUTES: "workspace/gitattributes", IGNORED: "workspace/gitignore"}
"""The files, and the template of the block in each."""


def lacking(view: Snapshot, path: str) -> list[str]:
    """The lines of today's block that ``path`` does not have, in the block or elsewhere; remarks do not count."""
    there = set(_text(view, path).splitlines())
    return [line for line in assets.template(BLOCKS[path]).splitlines() if line not in there and line[0] != "#"]


def write_block(changes: Changes, view: Snapshot, path: str) -> None:
    """Let ``path`` have today's block, in the place of the one it has or at its end; all other lines stay."""
    old, block = _text(view, path), assets.template(BLOCKS[path])
    joint = "" if not old or old.endswith("\n") else "\n"
    new = BLOCK.sub(lambda _: block, old, count=1) if BLOCK.search(old) else f"{old}{joint}{block}"
    changes.write(path, new.encode("utf-8", "surrogateescape"))


def outdated(view: Snapshot, *, private: bool) -> Iterator[str]:
    """The files that lack a line of today's block; a block with more lines is of a newer version, and stays.

    Args:
        private: whether transcripts are private, so that git must ignore those in the work tree.
    """
    for path in (ATTRIBUTES, IGNORED) if private else (ATTRIBUTES,):
        entry = view.entry(path)
        if (entry is None or entry.kind == "file") and lacking(view, path):
            yield path


def renew(store: Store, trunk_ref: str, path: str) -> None:
    """Commit today's block in ``path`` to trunk.

    Raises:
        Refused: trunk's work tree cannot take it now; nothing was changed.
    """
    store.signatures()

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        view, changes = store.snapshot(tip), Changes()
        write_block(changes, view, path)
        tree = writer.apply(view.tree, changes)
        if tip is None or tree == view.tree:
            return tip
        return store.commit(writer, tree, [tip], f"edit: the block of viking-git in {path}\n")

    advance_trunk(store, trunk_ref, build, f"renew {path}")


def _text(view: Snapshot, path: str) -> str:
    return (view.get(path) or b"").decode("utf-8", "surrogateescape")
