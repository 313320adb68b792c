"""Completion of URIs in bash, zsh and fish. Loads nothing but git, and never fails: a shell has no use for errors."""

from typing import TYPE_CHECKING

import typer

from viking_git.model.uri import SCHEME, SCOPES

if TYPE_CHECKING:
    from viking_git.workspace import Workspace

_LIMIT = 200


class _Same(str):
    """A completion that starts with whatever was typed: typer drops others, and a pattern's matches are others."""

    __slots__ = ()

    def startswith(self, *_: object) -> bool:
        return True


def complete_uri(context: typer.Context, incomplete: str) -> list[str]:
    """The URIs that ``incomplete`` may become, directories with a slash; those that a pattern matches."""
    # Bash breaks words at colons: of viking://res, only //res is the word that it replaces.
    cut = "viking:" if incomplete.startswith("//") else ""
    typed = cut + incomplete
    try:
        found = _candidates(_workspace(context), typed)
    except Exception:
        return []
    return [_Same(text.removeprefix(cut)) for text in found[:_LIMIT]]


def _candidates(workspace: "Workspace", typed: str) -> list[str]:
    if any(mark in typed for mark in "*?["):
        return list(workspace.files.glob(typed if typed.endswith("*") else f"{typed}*"))
    if "/" not in typed.removeprefix(SCHEME):
        full = not typed or typed.startswith(SCHEME) or SCHEME.startswith(typed)
        names = [f"{SCHEME if full else ''}{scope}/" for scope in SCOPES]
        return [name for name in names if name.startswith(typed)]
    directory, _, start = typed.rpartition("/")
    found = _children(workspace, directory, start)
    # A shell ends the word after a single completion; with what is in it, a single directory is none.
    if len(found) == 1 and found[0].endswith("/"):
        return _children(workspace, found[0].rstrip("/"), "") or found
    return found


def _children(workspace: "Workspace", directory: str, start: str) -> list[str]:
    uri = workspace.uri(f"{directory}/")
    entries = workspace.view().entries(uri)
    shown = [e for e in entries if e.name.startswith(start) and (start.startswith(".") or not e.name.startswith("."))]
    return [f"{directory}/{entry.name}{'/' if entry.is_dir else ''}" for entry in shown]


def _workspace(context: typer.Context) -> "Workspace":
    from viking_git.workspace import Workspace

    # While completing, no callback runs: the global options stand in the outermost context.
    return Workspace.open(context.find_root().params.get("directory"))
