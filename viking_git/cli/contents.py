"""The list of commands in a help: the first sentence of each, whole; those of the program by what they are for."""

import re
from typing import Any

import typer.core

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

_SENTENCE = re.compile(r"^.*?[.!?](?=\s|$)", re.DOTALL)


class Contents(typer.core.TyperGroup):
    """A group whose help cuts no sentence short; that of the program has headings."""

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


def _first(text: str) -> str:
    """The first sentence."""
    folded = " ".join(text.partition("\n\n")[0].split())
    found = _SENTENCE.match(folded)
    return found[0] if found else folded
