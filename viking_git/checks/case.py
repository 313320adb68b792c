"""What rules look at: a tree, what it is compared with, and the makers of layers from the rooms above."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from viking_git.config import Policy
from viking_git.errors import InvalidContent, InvalidName
from viking_git.model.changes import Changes
from viking_git.model.layers import CONTENT, LAYER_FILES
from viking_git.model.layout import archive_of, memory_of
from viking_git.model.memory import Memory, parse_memory
from viking_git.model.text import readable_text
from viking_git.store.cone import Cone
from viking_git.store.snapshot import Entry, Snapshot

TEXT_LIMIT = 2_000_000
"""Bytes of a file up to which rules read it."""


@dataclass(frozen=True, slots=True)
class Generators:
    """What makes layers, handed in from above, since checks may not import it.

    Attributes:
        is_summarised: whether a directory has summaries of its own.
        summary_state: current, stale, edited or missing, of a summarised directory.
        summarise: the layers that summarised directories ask for; a person's words are left alone.
        is_container: whether a directory's layers are projections of what it holds.
        projections: what trunk's refresh would write, given the paths that changed.
        skill_problems: where a SKILL.md, None for none, departs from its specification, given its directory's name.
    """

    is_summarised: Callable[[str], bool]
    summary_state: Callable[[Snapshot, str], str]
    summarise: Callable[[Snapshot, Iterable[str]], Changes]
    is_container: Callable[[str], bool]
    projections: Callable[[Snapshot, Iterable[str]], Changes]
    skill_problems: Callable[[bytes | None, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Changed:
    """One file to look at: its path, what the base has there, what the tree has; None where nothing is."""

    path: str
    old: Entry | None
    new: Entry | None

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]

    @property
    def parent(self) -> str:
        """The directory that holds it."""
        return self.path.rpartition("/")[0]

    @property
    def is_changed(self) -> bool:
        """Whether the tree has something else than the base."""
        return (self.old and (self.old.oid, self.old.mode)) != (self.new and (self.new.oid, self.new.mode))


class Case:
    """One tree to judge. Everything is read lazily, so cost follows what the rules ask of what changed.

    Attributes:
        tree: as it would stand.
        base: what it is compared with.
        head: the change's own tree before its merge with the base; the tree itself where there was none.
        fork: the tree in which the change began; the base where there was no merge.
        landed: trunk, whose history and archives are final.
        on_trunk: whether the tree is to be trunk's.
        accepted: whether a person with the right to has accepted what the change does to the rules that judge it.
        whole: whether all files are looked at, not only those that differ from the base.
        kept_both: paths of which the merge kept both sides' versions.
        cone: of what did not change, only what it holds is looked at; None for all.
    """

    def __init__(
        self,
        tree: Snapshot,
        base: Snapshot,
        tools: Generators,
        policy: Policy,
        *,
        head: Snapshot | None = None,
        fork: Snapshot | None = None,
        landed: Snapshot | None = None,
        on_trunk: bool = False,
        accepted: bool = False,
        whole: bool = False,
        below: Iterable[str] = (),
        kept_both: Iterable[str] = (),
        cone: Cone | None = None,
    ) -> None:
        self.tree, self.base, self.tools, self.policy = tree, base, tools, policy
        self.head, self.fork = head or tree, fork or base
        self.landed = landed or base
        self.on_trunk, self.whole = on_trunk, whole
        self.accepted = accepted or on_trunk
        self.kept_both = tuple(kept_both)
        self.cone = cone
        self._below = tuple(below)
        self._memories: dict[str, Memory | InvalidContent] = {}

    def of(self, tree: Snapshot) -> "Case":
        """The same question about another tree, which no merge made."""
        return Case(
            tree, self.base, self.tools, self.policy, landed=self.landed, on_trunk=self.on_trunk,
            accepted=self.accepted, whole=self.whole, below=self._below, cone=self.cone,
        )  # fmt: skip

    def own(self) -> "Case":
        """The question about what the change itself did, without what its base did meanwhile."""
        return Case(
            self.head, self.fork, self.tools, self.policy, landed=self.landed, on_trunk=self.on_trunk,
            accepted=self.accepted, whole=self.whole, below=self._below, cone=self.cone,
        )  # fmt: skip

    def before(self, paths: Iterable[str]) -> "Case":
        """The question whether all was well with ``paths`` before the change."""
        return Case(
            self.base, self.base, self.tools, self.policy, on_trunk=self.on_trunk, whole=True, below=paths,
            cone=self.cone,
        )  # fmt: skip

    def only(self, changed: Changed) -> "Case":
        """The same question about one of its files."""
        case = Case(
            self.tree, self.base, self.tools, self.policy, head=self.head, fork=self.fork, landed=self.landed,
            on_trunk=self.on_trunk, whole=self.whole, kept_both=self.kept_both, cone=self.cone,
        )  # fmt: skip
        case.files = (changed,)
        return case

    @property
    def is_narrowed(self) -> bool:
        """Whether files that did not change are left out, though all are asked for."""
        return self.whole and self.cone is not None and any(path in self.cone.above for path in self._below or [""])

    @cached_property
    def files(self) -> tuple[Changed, ...]:
        """The files to look at, by path; deleted ones too."""
        found = {path: Changed(path, old, new) for path, old, new in self.base.changed(self.tree)}
        if self.whole:
            for path, entry in self._held():
                found.setdefault(path, Changed(path, entry, entry))
        return tuple(found[path] for path in sorted(found) if self._wanted(path))

    @cached_property
    def present(self) -> tuple[Changed, ...]:
        """Those of ``files`` that are regular files of the tree."""
        return tuple(changed for changed in self.files if changed.new is not None and changed.new.kind == "file")

    @cached_property
    def directories(self) -> tuple[str, ...]:
        """Every directory above a file of ``files`` that is still there, the root left out, by path."""
        found: set[str] = set()
        for changed in self.files:
            head = changed.parent
            while head and head not in found:
                found.add(head)
                head = head.rpartition("/")[0]
        return tuple(path for path in sorted(found) if self.tree.is_dir(path))

    @cached_property
    def grown(self) -> tuple[str, ...]:
        """The directories in which there is a name that the base does not have, "" for the root, by path."""
        if self.whole:
            return ("", *self.directories)
        found: set[str] = set()
        for changed in self.files:
            path = changed.path if changed.new is not None and changed.old is None else ""
            while path:
                parent = path.rpartition("/")[0]
                if parent not in found and not self.base.exists(path):
                    found.add(parent)
                path = parent
        return tuple(sorted(found))

    @cached_property
    def memories(self) -> tuple[str, ...]:
        """The directories of memories on the paths of ``files`` that are still there."""
        found = {place[0] for changed in self.files if (place := memory_of(changed.path))}
        return tuple(path for path in sorted(found) if self.tree.is_dir(path))

    @cached_property
    def archives(self) -> tuple[str, ...]:
        """The directories of archives on the paths of ``files`` that are still there."""
        found = {place for changed in self.files if (place := archive_of(changed.path))}
        return tuple(path for path in sorted(found) if self.tree.is_dir(path))

    @cached_property
    def summaries(self) -> tuple[str, ...]:
        """The summarised directories among ``directories``, a directory before what it holds."""
        return tuple(path for path in self.directories if self.tools.is_summarised(path))

    @cached_property
    def own_changes(self) -> frozenset[str]:
        """The directories of which a file of their own is changed."""
        return frozenset(changed.parent for changed in self.files if changed.is_changed)

    def memory(self, directory: str) -> Memory | InvalidContent | None:
        """The memory in ``directory``, why it cannot be read, or None where there is no content.md."""
        if directory not in self._memories:
            data = self.tree.get(f"{directory}/{CONTENT}")
            if data is None:
                return None
            try:
                self._memories[directory] = _parse(directory, data.decode())
            except UnicodeDecodeError:
                self._memories[directory] = InvalidContent("not UTF-8")
            except InvalidContent as error:
                self._memories[directory] = error
        return self._memories[directory]

    def text(self, changed: Changed) -> str | None:
        """The text of a file as it stands in the tree; None where it is gone, binary or too large to be read."""
        return self._text(self.tree, changed.new)

    def base_text(self, changed: Changed) -> str | None:
        """The text of a file as it stands in the base; None likewise."""
        return self._text(self.base, changed.old)

    def added_lines(self, changed: Changed) -> list[tuple[int, str]]:
        """The lines, with their numbers, that the change brings in; all of them when the whole tree is looked at."""
        text = self.text(changed)
        if text is None:
            return []
        before = None if self.whole else self.base_text(changed)
        # By line feeds alone, as git and hosting sites count.
        known = set(before.split("\n")) if before else frozenset[str]()
        return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line not in known]

    def _text(self, tree: Snapshot, entry: Entry | None) -> str | None:
        if entry is None or entry.kind != "file" or tree.size_of(entry.oid) > TEXT_LIMIT:
            return None
        data = tree.read_oid(entry.oid)
        if b"\0" in data:
            return None
        try:
            return data.decode()
        except UnicodeDecodeError:
            # One bad byte must not hide a secret from the rules.
            return readable_text(data)[0]

    def _held(self) -> Iterable[tuple[str, Entry]]:
        held = self.tree.walk() if not self._below else self._walked()
        return held if self.cone is None else (file for file in held if self.cone.holds(file[0]))

    def _walked(self) -> Iterator[tuple[str, Entry]]:
        for path in self._below:
            entry = self.tree.entry(path)
            if path and entry is not None and not entry.is_dir:
                yield path, entry
            else:
                yield from self.tree.walk(path)

    def _wanted(self, path: str) -> bool:
        return not self._below or any(not prefix or f"{path}/".startswith(f"{prefix}/") for prefix in self._below)


def _parse(directory: str, text: str) -> Memory:
    """The memory in ``text``; what its front matter leaves out, the directory says.

    Front matter that names another place than the directory is read too: a rule of its own tells of it.
    """
    found = memory_of(f"{directory}/{CONTENT}")
    if found is None:
        return parse_memory(text)
    try:
        return parse_memory(text, category_name=found[1], name=found[2])
    except InvalidContent as error:
        try:
            return parse_memory(text)
        except InvalidName:
            raise error from None


def is_ours(path: str) -> bool:
    """Whether a file is of one of our formats, rather than a document as it came."""
    name = path.rpartition("/")[2]
    scope = path.partition("/")[0]
    return name in LAYER_FILES or scope in {"user", "session", "agent"} or path == "viking.yaml"
