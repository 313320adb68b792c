"""``refresh``: every layer made true again, committed ones on trunk, uncommitted edits in the work tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from viking_git.errors import InvalidContent
from viking_git.model.layers import ABSTRACT, CONTENT, OVERVIEW
from viking_git.model.layout import memory_of, uri_of
from viking_git.model.memory import parse_memory
from viking_git.resources.summarize import RefreshReport, refresh_resources
from viking_git.session.land import finish
from viking_git.session.refresh import TRAILER, trunk_projections
from viking_git.session.similar import read_memory
from viking_git.session.state import sessions
from viking_git.session.trunk import advance_trunk
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store
from viking_git.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Mended:
    """What ``refresh`` did.

    Attributes:
        place: the URI that was looked at, "" for all.
        commit: the refresh commit, None where trunk was true already.
        changed: the paths it changed.
        edited: memories edited in the work tree and not committed yet, whose layers were rewritten beside them.
        unreadable: content.md files that are no memory, each with the reason; left as they are.
        resources: what became of resource summaries.
    """

    place: str
    commit: str | None
    changed: tuple[str, ...]
    edited: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    resources: RefreshReport


def mend(store: Store, trunk_ref: str, path: str, *, accept: bool, rewrite: bool) -> Mended:
    """Bring every layer in and above ``path`` ("" for all) up to date.

    Raises:
        Refused: trunk's work tree cannot take the commit now.
    """
    report = RefreshReport()
    changed: tuple[str, ...] = ()
    unreadable: list[tuple[str, str]] = []

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        nonlocal report, changed
        view = store.snapshot(tip)
        unreadable[:] = _unreadable(view, path)
        summaries, report = refresh_resources(view, _resource_roots(path), accept=accept, rewrite=rewrite)
        middle = Snapshot(store.git, writer.apply(view.tree, summaries))
        touched = [name for name, _ in middle.walk(path)]
        projections = trunk_projections(middle, touched)
        tree = writer.apply(middle.tree, projections)
        if tip is None or tree == view.tree:
            return tip
        changed = tuple(name for name, _, _ in view.changed(Snapshot(store.git, tree)))
        layers = "1 file" if len(changed) == 1 else f"{len(changed)} files"
        return store.commit(writer, tree, [tip], f"refresh: {layers}\n\n{TRAILER}\n")

    before = store.tip(trunk_ref)
    after = advance_trunk(store, trunk_ref, build, "refresh")
    for session in sessions(store, store.snapshot(after)):
        finish(store, session, trunk_ref)
    edited: list[str] = []
    for name, why in _mend_work_tree(store, trunk_ref, path):
        if not why:
            edited.append(name.rpartition("/")[0])
        elif all(name != known for known, _ in unreadable):
            unreadable.append((name, why))
    commit = after if after != before else None
    return Mended(uri_of(path) if path else "", commit, changed, tuple(edited), tuple(unreadable), report)


def _resource_roots(path: str) -> list[str]:
    if not path:
        return ["resources", "agent"]
    return [path] if path.split("/")[0] in {"resources", "agent"} else []


def _unreadable(view: Snapshot, path: str) -> Iterator[tuple[str, str]]:
    for name, entry in view.walk(path):
        found = memory_of(name)
        if found is None or not name.endswith(f"/{CONTENT}") or entry.kind != "file":
            continue
        if read_memory(view, found[0]) is None:
            yield name, _why(view.read_oid(entry.oid), found)


def _why(data: bytes, found: tuple[str, str, str]) -> str:
    try:
        parse_memory(data.decode(), category_name=found[1], name=found[2])
    except InvalidContent as error:
        return error.message
    except UnicodeDecodeError:
        return "not UTF-8"
    return ""


def _mend_work_tree(store: Store, trunk_ref: str, path: str) -> Iterator[tuple[str, str]]:
    """Write the projections of memories that were edited in the work tree and not committed.

    Returns:
        Each such content.md, and the reason why it cannot be read, "" where its layers were written.
    """
    if store.workdir is None or f"refs/heads/{store.head_branch()}" != trunk_ref:
        return
    for name in store.edited_paths():
        found = memory_of(name)
        if found is None or not name.endswith(f"/{CONTENT}") or not f"{name}/".startswith(f"{path}/" if path else ""):
            continue
        directory = store.workdir / found[0]
        try:
            memory = parse_memory((directory / CONTENT).read_text("utf-8"), category_name=found[1], name=found[2])
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, InvalidContent) as error:
            yield name, error.message if isinstance(error, InvalidContent) else "cannot be read as UTF-8 text"
            continue
        layers = memory.layers()
        wrote = [
            _replace(directory / n, f"{t}\n") for n, t in ((ABSTRACT, layers.abstract), (OVERVIEW, layers.overview))
        ]
        if any(wrote):
            yield name, ""


def _replace(file: Path, text: str) -> bool:
    if file.is_file() and file.read_bytes() == text.encode():
        return False
    file.write_bytes(text.encode())
    return True
