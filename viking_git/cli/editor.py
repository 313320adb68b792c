"""A person's editor on a file, as git chooses it."""

import os
import subprocess
import sys
from pathlib import Path

from viking_git.config import child_environment
from viking_git.errors import EditorFailed


def choose_editor(configured: str | None) -> str:
    """The command of ``$GIT_EDITOR``, git's ``core.editor``, ``$VISUAL`` or ``$EDITOR``; else, in a terminal, vi.

    Raises:
        EditorFailed: none is named and there is no terminal, so nobody could leave vi again.
    """
    names = (os.environ.get("GIT_EDITOR"), configured, os.environ.get("VISUAL"), os.environ.get("EDITOR"))
    named = next(filter(None, names), None)
    if named is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EditorFailed(
            "no editor is named, and this is no terminal to open vi in",
            hint="viking-git write URI FILE takes the text as it is; else set EDITOR, or git config core.editor",
        )
    return named or "vi"


def open_editor(file: Path, editor: str) -> None:
    """Let a person edit ``file`` with the command ``editor``.

    Raises:
        EditorFailed: it could not be started, or ended with an error.
    """
    # As git does it: the shell splits the command, so that "code --wait" works; the file is an argument of its own.
    command = ["/bin/sh", "-c", f'{editor} "$@"', "editor", str(file)]
    done = subprocess.run(command, check=False, env=child_environment())  # noqa: S603 - the person's own command on their own file
    if done.returncode:
        raise EditorFailed(
            f"the editor {editor!r} ended with {done.returncode}", hint="git config core.editor names it"
        )
