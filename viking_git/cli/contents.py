"""The help: commands by what they are for, the first sentence of each whole, and examples that can be pasted."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import typer.core

_Function = TypeVar("_Function", bound=Callable[..., Any])

SECTIONS = {
    "Begin": ("init", "status", "log", "config", "doctor", "version", "help"),
    "Read": ("ls", "tree", "read", "cat", "abstract", "overview", "stat", "grep", "glob", "relations"),
    "Search": ("find", "search", "context", "stats", "index"),
    "Documents": ("add", "write", "edit", "mkdir", "mv", "cp", "rm", "link", "unlink"),
    "Conversations and skills": ("session", "commit", "task", "skill"),
    "Layers and checks": ("refresh", "check", "hooks", "ci"),
    "Packs and other machines": ("clone", "sync", "merge", "update", "export", "import", "backup", "restore", "pack"),
}
"""The commands of the program under the headings of its help."""

EXAMPLE = "Example: "
"""How each line of an epilog begins that shows a command."""
_SENTENCE = re.compile(r"^.*?[.!?](?=\s|$)", re.DOTALL)
_REQUIRED = re.compile(r"^\{([^{}|]+)\}")


def examples(epilog: str | None) -> list[str]:
    """The commands that an epilog shows, each whole."""
    return [line.removeprefix(EXAMPLE) for line in (epilog or "").splitlines() if line.startswith(EXAMPLE)]


class Command(typer.core.TyperCommand):
    """A command whose examples stand each on a line of its own, however long: so they can be pasted."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage; braces are kept for choices, as in git's own."""
        return [_REQUIRED.sub(r"\1", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the examples."""
        _write_examples(self.epilog, formatter)


class Contents(typer.core.TyperGroup):
    """A group whose help cuts no sentence short; that of the program has headings."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write the examples."""
        _write_examples(self.epilog, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands, in the order that they were added in."""
        rows = {
            name: _first(command.help or "")
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        }
        width = max(map(len, rows))
        for title, names in self._sections(ctx, rows).items():
            if names:
                with formatter.section(title):
                    formatter.write_dl([(f"{name:<{width}}", rows[name]) for name in names])

    def _sections(self, ctx: Any, rows: dict[str, str]) -> dict[str, list[str]]:
        if ctx.parent is not None:
            return {"Commands": list(rows)}
        known = {title: [name for name in names if name in rows] for title, names in SECTIONS.items()}
        listed = {name for names in known.values() for name in names}
        return {**known, "More": [name for name in rows if name not in listed]}


class Commands(typer.Typer):
    """Commands with our help: of the program, or of one of its groups."""

    def __init__(self, **options: Any) -> None:
        """As typer has it; without arguments the help is shown."""
        super().__init__(cls=Contents, no_args_is_help=True, rich_markup_mode=None, **options)

    def command(self, *names: Any, **options: Any) -> Callable[[_Function], _Function]:
        """As typer has it, with examples that can be pasted."""
        return super().command(*names, cls=Command, **options)


def _write_examples(epilog: str | None, formatter: Any) -> None:
    shown = examples(epilog)
    if shown:
        with formatter.section(EXAMPLE.rstrip(": ")):
            for example in shown:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")


def _first(text: str) -> str:
    """The first sentence."""
    folded = " ".join(text.partition("\n\n")[0].split())
    found = _SENTENCE.match(folded)
    return found[0] if found else folded
