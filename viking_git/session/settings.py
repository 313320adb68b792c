"""Settings: the policy that travels (``viking.yaml``, changed by a commit) and what git config says on this machine.

A value of the policy is changed in its line, so that comments and order stay. Whether that came out right is not
trusted but compared: the file must read as the old policy with this one value changed, else nothing is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from viking_git.config import POLICY_FILE, Policy, load_policy
from viking_git.errors import InvalidContent, NotFound
from viking_git.model.changes import Changes
from viking_git.model.names import check_name, closest
from viking_git.plainyaml import PlainLoader, read_yaml
from viking_git.session.blocks import IGNORED, write_block
from viking_git.session.trunk import advance_trunk
from viking_git.store.objects import ObjectWriter
from viking_git.store.repo import Store

if TYPE_CHECKING:
    from viking_git.session.privacy import Privacy

LOCAL = {
    "viking.user": "your own space",
    "viking.agent": "the agent's space",
    "viking.embedder": "the search model",
    "viking.workspace": "the workspace where no other is said",
}
"""Keys of git config, and what each is."""

_FIXED = frozenset({"version"})
_NAMES = frozenset({"spaces.user", "spaces.agent", "viking.user", "viking.agent"})
_KINDS: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number"}
"""What a value of each type may be, in words."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key with its value (None where it is not set) and where that comes from."""

    key: str
    value: object
    origin: str

    @property
    def text(self) -> str:
        """The value as ``config`` prints it and takes it."""
        if self.value is None:
            return ""
        if isinstance(self.value, list | tuple):
            return ", ".join(map(str, self.value))
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)


class Settings:
    """The settings of one workspace."""

    def __init__(self, store: Store, trunk_ref: str) -> None:
        self._store, self._trunk = store, trunk_ref

    @property
    def privacy(self) -> "Privacy":
        """Where transcripts are kept: ``publish``, ``publish_all``, ``privatise``."""
        from viking_git.session.privacy import Privacy

        return Privacy(self._store, self._trunk)

    def list(self) -> list[Setting]:
        """Every key: the policy as trunk has it, then git config."""
        data = self._store.snapshot(self._store.tip(self._trunk)).read(POLICY_FILE)
        written = {key for key, _ in _flat(read_yaml(data) or {})}
        values = _flat(msgspec.to_builtins(load_policy(data)))
        found = [Setting(key, value, POLICY_FILE if key in written else "default") for key, value in values]
        for key in LOCAL:
            value = self._store.config(key)
            found.append(Setting(key, value, "git config" if value is not None else "not set"))
        return found

    def get(self, key: str) -> Setting:
        """One key.

        Raises:
            NotFound: there is no such key.
        """
        known = {found.key: found for found in self.list()}
        if key not in known:
            # Most of two keys of one section is alike anyway.
            meant = closest(key, known, alike=85)
            hint = f"did you mean {meant}" if meant else f"the settings are {', '.join(known)}"
            raise NotFound(f"no setting {key!r}", hint=hint)
        return known[key]

    def set(self, key: str, text: str) -> Setting:
        """Set a key: one of the policy by a commit on trunk, one of git config in this repository's own.

        An open ``Workspace`` keeps the policy that it was opened with.

        Raises:
            NotFound: there is no such key.
            InvalidContent, InvalidName: a value that it may not have; nothing was changed.
            Refused: trunk's work tree cannot take the commit now; nothing was changed.
        """
        old = self.get(key)
        if key in _NAMES:
            check_name(text, "space")
        if key in LOCAL:
            _set_local(self._store, key, text)
        elif old.text != text:
            _set_policy(self._store, self._trunk, key, text)
        return self.get(key)


def _set_local(store: Store, key: str, text: str) -> None:
    if key == "viking.workspace":
        raise InvalidContent(
            "viking.workspace is for all directories, not for this workspace",
            hint=f"git config --global viking.workspace {text}",
        )
    store.set_config(key, text)


def _set_policy(store: Store, trunk_ref: str, key: str, text: str) -> None:
    if key in _FIXED:
        raise InvalidContent(f"{key} is viking-git's own")
    if key == "trunk" and store.snapshot(store.tip(f"refs/heads/{text}")).get(POLICY_FILE) is None:
        raise InvalidContent(f"there is no branch {text!r} with a {POLICY_FILE}", hint=f"git branch {text} first")
    store.signatures()

    def build(writer: ObjectWriter, tip: str | None) -> str | None:
        view = store.snapshot(tip)
        changes = Changes({POLICY_FILE: changed_policy(view.read(POLICY_FILE), key, text)})
        if key == "sessions.transcripts" and text == "private":
            # Let git ignore the transcripts that will lie in the work tree from now on.
            write_block(changes, view, IGNORED)
        tree = writer.apply(view.tree, changes)
        if tree == view.tree:
            return tip
        return store.commit(writer, tree, [tip] if tip else [], f"edit: policy {key} = {text}\n")

    advance_trunk(store, trunk_ref, build, f"policy {key}")


def changed_policy(data: bytes, key: str, text: str) -> bytes:
    """The bytes of a ``viking.yaml`` with ``key`` (``trunk``, ``sessions.review``) set to ``text``, the rest as it was.

    Raises:
        InvalidContent: ``text`` is no value for ``key``, or the file is written in a way that this cannot change.
    """
    section, _, name = key.rpartition(".")
    wanted = _with(load_policy(data), key, text)
    lines = data.decode("utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    new = "".join(_changed(lines, section, name, text)).encode()
    if load_policy(new) != wanted or _names_twice(new):
        raise InvalidContent(f"cannot change {key} in this {POLICY_FILE}", hint="edit the file, then git commit")
    return new


def _names_twice(data: bytes) -> bool:
    """Whether a mapping names a key twice, of which YAML readers take the last without a word."""
    nodes = [yaml.compose(data, Loader=PlainLoader)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            if len(set(keys)) < len(keys):
                return True
            nodes += [value for _, value in node.value]
    return False


def _with(policy: Policy, key: str, text: str) -> Policy:
    """``policy`` with one value, checked by its type."""
    values = msgspec.to_builtins(policy)
    *sections, name = key.split(".")
    place = values
    for section in sections:
        place = place[section]
    kind = _KINDS.get(type(place.get(name)))
    place[name] = _scalar(text)
    try:
        return msgspec.convert(values, Policy)
    except msgspec.ValidationError as error:
        why = f"{key}: {str(error).partition(' - at ')[0]}"
        raise InvalidContent(f"{key} is {kind}, not {text!r}" if kind else why) from None


def _scalar(text: str) -> object:
    try:
        value = read_yaml(text)
    except (yaml.YAMLError, AttributeError, LookupError, RecursionError, ValueError):
        # PyYAML has no error of its own for a date in month 13 or a number that is none.
        return text
    return value if isinstance(value, bool | int | str) else text


def _changed(lines: list[str], section: str, name: str, text: str) -> list[str]:
    start, end = _block(lines, section)
    for number in range(start, end):
        match = re.match(
            rf"(?P<head>{'[ ]+' if section else ''}{re.escape(name)}[ ]*:[ ]*)(?P<rest>[^\n]*)", lines[number]
        )
        if match:
            comment = re.search(r"\s+#.*$", match["rest"])
            head = match["head"] if match["head"].endswith(" ") else f"{match['head']} "
            return [*lines[:number], f"{head}{text}{comment[0] if comment else ''}\n", *lines[number + 1 :]]
    if not section:
        return [*lines, f"{name}: {text}\n"]
    if start == end:
        return [*lines, f"{section}:\n", f"  {name}: {text}\n"]
    while end > start and not lines[end - 1].strip():
        end -= 1
    indent = next((m[0] for line in lines[start:end] if (m := re.match(r"[ ]+(?=[^\s#])", line))), "  ")
    return [*lines[:end], f"{indent}{name}: {text}\n", *lines[end:]]


def _block(lines: list[str], section: str) -> tuple[int, int]:
    """From which line to which the keys of ``section`` stand; the whole file for ""; nothing where it is missing."""
    if not section:
        return 0, len(lines)
    for number, line in enumerate(lines):
        if re.match(rf"{re.escape(section)}[ ]*:[ ]*(#.*)?$", line):
            end = number + 1
            while end < len(lines) and (not lines[end].strip() or lines[end].startswith((" ", "#"))):
                end += 1
            while end > number + 1 and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
                end -= 1
            return number + 1, end
    return len(lines), len(lines)


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item
