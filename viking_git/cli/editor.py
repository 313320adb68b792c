"""A person's editor on a file, as git chooses it."""

import os
import subprocess
from pathlib import Path

from viking_git.errors import EditorFailed


def open_editor(file: Path, configured: str | None) -> None:
    """Let a person edit ``file``: ``$GIT_EDITOR``, git's ``core.editor``, ``$VISUAL``, ``$EDITOR``, else vi.

    Raises:
        EditorFailed: it could not be started, or ended with an error.
    """
    names = (os.environ.get("GIT_EDITOR"), configured, os.environ.get("VISUAL"), os.environ.get("EDITOR"))
    editor = next(filter(None, names), "vi")
    # As git does it: the shell splits the command, so that "code --wait" works; the file is an argument of its own.
    command = ["/bin/sh", "-c", f'{editor} "$@"', "editor", str(file)]
    done = subprocess.run(command, check=False)  # noqa: S603 - the person's own command on their own file
    if done.returncode:
        raise EditorFailed(
            f"the editor {editor!r} ended with {done.returncode}", hint="git config core.editor names it"
        )
