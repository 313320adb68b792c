"""Installing hooks beside whatever hooks are there: plain files, husky, the pre-commit framework, ``core.hooksPath``.

Three ways, by what the repository has. Git from 2.54 on runs hooks named in its config beside all others: then no
file of anybody is touched. A hooks directory inside the work tree (husky, ``.githooks``) belongs to the team: each
script there gets a marked block. Else the shell script goes into git's own hooks directory, and one that was there
before is kept under another name and runs first. A hooks directory outside the repository serves other repositories
too, and is left alone.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viking_git import assets
from viking_git.errors import Refused, UnsupportedRepository
from viking_git.store.remote import git_program
from viking_git.store.repo import Store

HOOKS = ("pre-commit", "pre-merge-commit", "pre-push", "post-commit", "post-merge", "post-checkout")
CONFIG_HOOKS = (2, 54)
"""The first version of git that runs ``hook.<name>.command``."""

Way = Literal["file", "block", "config"]
State = Literal["installed", "chained", "missing", "outdated"]

_MARK = "# viking-git hook: "
_BEFORE = ".before-viking-git"
_BLOCK = re.compile(r"^# viking-git \{\n.*?^# \}\n", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"\b(?:ba|da|k|mk|z)?sh\b")
_PROGRAM = "viking.program"


@dataclass(frozen=True, slots=True)
class HookState:
    """Where one hook stands, and by which way; ``chained`` runs another tool's hook too."""

    name: str
    way: Way
    path: str
    state: State


def install(store: Store, program: str | None, *, version: tuple[int, ...] | None = None) -> list[HookState]:
    """Install all hooks; those that are there are brought up to date.

    Args:
        program: where ``viking-git`` is, for hooks that run without it on PATH; None to leave that as it is.
        version: git's version; asked for if left out.

    Raises:
        Refused: the hooks directory is outside the repository.
    """
    way, directory = _way(store, version or git_version(store))
    if program is not None:
        store.set_config(_PROGRAM, program)
    if way == "config":
        # Of a time before git knew these hooks, or before it was updated: each would run twice.
        _take_files(store)
    for name in HOOKS:
        if way == "block":
            _put_block(directory / name, name)
        else:
            _put_file(directory / name, name)
        if way == "config":
            store.set_config(f"hook.viking-git-{name}.command", f"sh {shlex.quote(str(directory / name))}")
            store.set_config(f"hook.viking-git-{name}.event", name)
    return status(store, version=version)


def uninstall(store: Store) -> list[str]:
    """Take all hooks away, in every way in which they may stand, and put back what was there before.

    Returns:
        The names of the hooks that were there.
    """
    gone = _take_files(store)
    for name in HOOKS:
        for key in ("command", "event"):
            store.unset_config(f"hook.viking-git-{name}.{key}")
    store.unset_config(_PROGRAM)
    return gone


def _take_files(store: Store) -> list[str]:
    current = _hooks_directory(store)
    directories = {current, _team_directory(current), _own_directory(store), store.common_dir / "hooks"}
    gone: list[str] = []
    for name in HOOKS:
        taken = [_take(directory / name) for directory in directories]
        if any(taken):
            gone.append(name)
    return gone


def status(store: Store, *, version: tuple[int, ...] | None = None) -> list[HookState]:
    """Where each hook stands."""
    way, directory = _way(store, version or git_version(store))
    return [HookState(name, way, str(directory / name), _state(store, way, directory / name)) for name in HOOKS]


def git_version(store: Store) -> tuple[int, ...]:
    """The version of the git program, e.g. (2, 39, 5)."""
    said = git_program(store.workdir or store.common_dir, ["version"])
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    return tuple(int(part) for part in match.groups() if part) if match else (0,)


def _way(store: Store, version: tuple[int, ...]) -> tuple[Way, Path]:
    directory = _hooks_directory(store)
    if version >= CONFIG_HOOKS:
        return "config", _own_directory(store)
    if directory.is_relative_to(store.common_dir):
        return "file", directory
    if store.workdir is not None and directory.is_relative_to(store.workdir.resolve()):
        return "block", _team_directory(directory)
    raise Refused(
        f"core.hooksPath is {directory}, which serves other repositories too",
        hint=f'add to its pre-commit: viking-git hooks run pre-commit "$@" (likewise {", ".join(HOOKS[1:])})',
    )


def _hooks_directory(store: Store) -> Path:
    top = store.workdir or store.common_dir
    return (top / git_program(top, ["rev-parse", "--git-path", "hooks"]).strip()).resolve()


def _team_directory(directory: Path) -> Path:
    # husky writes the directory that git uses anew whenever it is installed; people's scripts lie above it.
    return directory.parent if directory.parent.name == ".husky" else directory


def _own_directory(store: Store) -> Path:
    return store.private_dir / "hooks"


def _put_file(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not _is_ours(path):
        before = path.with_name(f"{name}{_BEFORE}")
        if before.exists():
            raise Refused(f"{before} is in the way", hint="look at it, then delete it or make it the hook again")
        path.rename(before)
    path.write_text(assets.hook(name), encoding="utf-8")
    path.chmod(0o755)


def _put_block(path: Path, name: str) -> None:
    block = f"# viking-git {{\n{_call(name)}# }}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8") if path.exists() else "#!/bin/sh\n"
    shebang, newline, rest = old.partition("\n") if old.startswith("#!") else ("", "", old)
    if shebang and not _SHELL.search(shebang):
        raise UnsupportedRepository(
            f"{path} is no shell script", hint=f'call from it: viking-git hooks run {name} "$@"'
        )
    path.write_text(f"{shebang}{newline}{block}{_BLOCK.sub('', rest)}", encoding="utf-8")
    path.chmod(0o755)


def _call(name: str) -> str:
    run = f'viking-git hooks run {name} "$@"'
    if name.startswith("post-"):
        return f"if command -v viking-git >/dev/null; then ({run} </dev/null >/dev/null 2>&1 &); fi\n"
    lines = "if command -v viking-git >/dev/null; then\n"
    if name == "pre-push":
        # What git says on the standard input is for the rest of the script too.
        lines += f'    viking_git_input=$(cat)\n    printf "%s\\n" "$viking_git_input" | {run} || exit $?\n'
        return lines + "    exec <<VIKING_GIT\n$viking_git_input\nVIKING_GIT\nfi\n"
    return lines + f'    {run} || exit $?\nelse\n    echo "viking-git is not on PATH: nothing was checked." >&2\nfi\n'


def _take(path: Path) -> bool:
    if not path.is_file():
        return False
    before = path.with_name(f"{path.name}{_BEFORE}")
    if _is_ours(path):
        path.unlink()
        if before.exists():
            before.rename(path)
        return True
    text = path.read_text(encoding="utf-8", errors="replace")
    if not _BLOCK.search(text):
        return False
    rest = _BLOCK.sub("", text)
    if rest.strip() in {"", "#!/bin/sh"}:
        path.unlink()
    else:
        path.write_text(rest, encoding="utf-8")
    return True


def _state(store: Store, way: Way, path: Path) -> State:
    if not path.is_file():
        return "missing"
    text = path.read_text(encoding="utf-8", errors="replace")
    if way == "block":
        block = _BLOCK.search(text)
        return (
            "missing" if block is None else ("chained" if _BLOCK.sub("", text).strip() != "#!/bin/sh" else "installed")
        )
    if _MARK not in text or (way == "config" and store.config(f"hook.viking-git-{path.name}.event") is None):
        return "missing"
    if text != assets.hook(path.name):
        return "outdated"
    return "chained" if path.with_name(f"{path.name}{_BEFORE}").exists() else "installed"


def _is_ours(path: Path) -> bool:
    return _MARK in path.read_text(encoding="utf-8", errors="replace")
