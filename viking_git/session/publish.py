"""Documents into trunk: one commit with the documents and their layers, and the refresh that follows."""

from collections.abc import Sequence
from pathlib import Path

from viking_git.resources.ingest import AddReport, add_changes, read_sources
from viking_git.resources.summarize import resource_changes
from viking_git.session.refresh import advance_and_refresh
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store


def add_documents(store: Store, trunk_ref: str, paths: Sequence[Path], target: str) -> AddReport:
    """Add files and folders at the directory ``target``.

    Raises:
        NotFound, InvalidContent, InvalidName: a source that cannot be added; nothing was changed.
        Refused: trunk's work tree cannot take it now; nothing was changed.
    """
    store.signatures()
    sources = read_sources(paths)
    report = AddReport()

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal report
        base = store.snapshot(tip)
        changes, report = add_changes(base, sources, target)
        touched = [*report.added, *report.changed, *report.removed]
        layers = resource_changes(base, changes, touched)
        changes.update(layers)
        tree = writer.apply(base.tree, changes)
        if tree == base.tree:
            return tip
        return store.commit(writer, tree, [tip] if tip else [], f"add: {target} ({report.counts})\n")

    advance_and_refresh(store, trunk_ref, build, f"add {target}")
    return report
