"""Random sequences of 30 file verbs on a real repository, beside a plain dictionary that knows what should happen.

After every verb: the same error or none, the same listing, the same bytes, the same relations, nothing that a refresh
would change, and nothing that git fsck finds. After every sequence the work tree and the history too are judged.
``VIKING_SEQUENCES`` says how many.
"""

import itertools
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygit2.enums import Option

from tests.helpers import assert_sound, copied, git
from viking_git.errors import VikingError
from viking_git.files import Files
from viking_git.model.layers import RELATIONS
from viking_git.workspace import Workspace

SEQUENCES = int(os.environ.get("VIKING_SEQUENCES", "12"))
MEMORIES = "user/default/memories/preferences"
VALID = b"---\ntopic: t\n---\n# Title\n\nAbstract %d.\n\nA fact.\n"


class Refusal(Exception):
    """What the model expects: the name of an error's class."""


@dataclass
class Model:
    """Files, directories of documents, and which directory is related to what."""

    files: dict[str, bytes] = field(default_factory=dict)
    dirs: set[str] = field(default_factory=set)
    related: dict[str, set[str]] = field(default_factory=dict)

    def is_dir(self, path: str) -> bool:
        below = any(name.startswith(f"{path}/") for name in self.files)
        return path in {"resources", *self.dirs} or below

    def exists(self, path: str) -> bool:
        return path in self.files or self.is_dir(path)

    def write(self, path: str, data: bytes, append: bool) -> None:
        self._refuse(self.is_dir(path), "NotAllowed")
        self._need_directories(path)
        self._put(path, self.files.get(path, b"") + data if append else data)

    def memory(self, name: str, data: bytes) -> None:
        self._refuse(not data.startswith(b"---"), "InvalidContent")
        self.files[f"{MEMORIES}/{name}/content.md"] = data

    def mkdir(self, path: str, parents: bool) -> None:
        self._need_directories(path)
        if parents and self.is_dir(path):
            return
        self._refuse(self.exists(path), "Exists")
        self._refuse(not parents and not self.is_dir(path.rpartition("/")[0]), "NotFound")
        self._put(f"{path}/x", None)

    def rm(self, path: str, recursive: bool) -> None:
        self._refuse(not self.exists(path), "NotFound")
        self._refuse(self.is_dir(path) and not recursive, "NotAllowed")
        self._drop(path)
        self.related = {
            at: kept
            for at, named in self.related.items()
            if not _within(at, path) and (kept := {one for one in named if not _within(one, path)})
        }

    def transfer(self, source: str, target: str, keep: bool, recursive: bool, force: bool) -> None:
        self._refuse(not self.exists(source), "NotFound")
        is_dir, is_memory = self.is_dir(source), source.startswith(MEMORIES)
        if self.is_dir(target):
            target = f"{target}/{source.rpartition('/')[2]}"
        self._refuse(keep and is_dir and not recursive, "NotAllowed")
        self._refuse(_within(target, source), "NotAllowed")
        self._need_directories(target)
        replaced = force and not is_dir and target in self.files
        self._refuse(self.exists(target) and not replaced, "Exists")
        # A memory holds its content.md and nothing else, and a document is none by chance.
        self._refuse(target.startswith(MEMORIES) and (not is_memory or target.count("/") > 4), "NotAllowed")
        moved = {f"{target}{p[len(source) :]}": data for p, data in self.files.items() if _within(p, source)}
        dirs = {f"{target}{p[len(source) :]}" for p in self.dirs if _within(p, source)}
        tables = {f"{target}{p[len(source) :]}": set(r) for p, r in self.related.items() if _within(p, source)}
        if not keep:
            self._drop(source)
            self.related = {at: named for at, named in self.related.items() if not _within(at, source)}
        self.related |= tables
        self.dirs |= dirs
        for path, data in moved.items():
            self._put(path, data)
        if not moved:
            self._put(f"{target}/x", None)
        if not keep:
            self.related = {
                at: {f"{target}{one[len(source) :]}" if _within(one, source) else one for one in named}
                for at, named in self.related.items()
            }

    def link(self, at: str, target: str) -> None:
        self._refuse(not self.exists(at) or not self.exists(target), "NotFound")
        directory = at if self.is_dir(at) else at.rpartition("/")[0]
        self.related.setdefault(directory, set()).add(target)

    def unlink(self, at: str, target: str) -> None:
        self._refuse(not self.exists(at), "NotFound")
        directory = at if self.is_dir(at) else at.rpartition("/")[0]
        self._refuse(target not in self.related.get(directory, ()), "NotFound")
        self.related[directory].discard(target)

    def _put(self, path: str, data: bytes | None) -> None:
        if path.startswith("resources/"):
            self.dirs.update(str(parent) for parent in Path(path).parents if str(parent).startswith("resources/"))
        if data is not None:
            self.files[path] = data

    def _drop(self, path: str) -> None:
        self.files = {p: data for p, data in self.files.items() if not _within(p, path)}
        self.dirs = {p for p in self.dirs if not _within(p, path)}

    def _need_directories(self, path: str) -> None:
        self._refuse(any(str(parent) in self.files for parent in Path(path).parents), "InvalidName")

    def _refuse(self, wrong: bool, error: str) -> None:
        if wrong:
            raise Refusal(error)


def _within(path: str, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory}/")


names = st.sampled_from("abc")
documents = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/".join(["resources", *parts]))
memories = st.sampled_from("mn").map(lambda name: f"{MEMORIES}/{name}")
anything = st.one_of(documents, documents, documents, memories)
flags = st.booleans()
texts = st.sampled_from([b"# Title\n\nText.\n", b"one\r\n", b"", b"\xff\x00", "Ünïcode ✓\n".encode()])
contents = st.sampled_from([VALID % 1, VALID % 2, b"no front matter\n"])
verbs = st.one_of(
    st.tuples(st.just("write"), documents, texts, flags),
    st.tuples(st.just("write"), documents, texts, flags),
    st.tuples(st.just("memory"), st.sampled_from("mn"), contents),
    st.tuples(st.just("mkdir"), documents, flags),
    st.tuples(st.just("rm"), anything, flags),
    st.tuples(st.just("transfer"), anything, anything, flags, flags, flags),
    st.tuples(st.just("transfer"), anything, anything, flags, flags, flags),
    st.tuples(st.just("link"), anything, anything),
    st.tuples(st.just("unlink"), anything, anything),
)


def act(files: Files, verb: str, *args: object) -> None:
    match verb, args:
        case "write", (str(path), bytes(data), append):
            files.write(path, data, append=bool(append))
        case "memory", (str(name), bytes(data)):
            files.write(f"{MEMORIES}/{name}/content.md", data)
        case "mkdir", (str(path), parents):
            files.mkdir(path, parents=bool(parents))
        case "rm", (str(path), recursive):
            files.rm(path, recursive=bool(recursive))
        case "transfer", (str(source), str(target), keep, recursive, force):
            if keep:
                files.cp(source, target, recursive=bool(recursive), force=bool(force))
            else:
                files.mv(source, target, force=bool(force))
        case "link", (str(at), str(target)):
            files.link(at, target)
        case "unlink", (str(at), str(target)):
            files.unlink(at, target)
        case _:
            raise AssertionError(verb)


def outcome(call: object, *args: object) -> str:
    try:
        call(*args)  # type: ignore[operator]
    except Refusal as refusal:
        return str(refusal)
    except VikingError as error:
        return type(error).__name__
    return "done"


def shown(workspace: Workspace) -> Model:
    """What is in the repository, in the model's words."""
    found = Model()
    tree = workspace.snapshot()
    for scope in ("resources", "user"):
        for path, entry in tree.walk(scope):
            directory, _, name = path.rpartition("/")
            if name == RELATIONS:
                table = json.loads(tree.read_oid(entry.oid))["relations"]
                found.related[directory] = {r["uri"].removeprefix("viking://").rstrip("/") for r in table}
            elif not name.startswith("."):
                found.files[path] = tree.read_oid(entry.oid)
    found.dirs.update(path for path in tree.directories("resources") if path != "resources")
    return found


@pytest.fixture(scope="module")
def without_fsync() -> Iterator[None]:
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, False)
    yield
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)


@pytest.fixture
def base(tmp_path: Path, without_fsync: None) -> Path:
    Workspace.init(tmp_path / "base")
    return tmp_path / "base"


numbers = itertools.count()


@settings(max_examples=SEQUENCES, derandomize=True, database=None)
@given(sequence=st.lists(verbs, min_size=30, max_size=30))
def test_verbs_do_what_a_dictionary_does(base: Path, sequence: list[tuple[object, ...]]) -> None:
    top = base.with_name(f"run-{next(numbers)}")
    copied(base, top)
    workspace, model = Workspace.open(top), Model()
    for verb, *args in sequence:
        expected = outcome(getattr(model, str(verb)), *args)
        assert outcome(act, workspace.files, verb, *args) == expected, (verb, *args)
        found = shown(workspace)
        assert found.files == model.files
        assert found.dirs == model.dirs
        assert found.related == {at: named for at, named in model.related.items() if named}
        assert workspace.refresh().changed == ()
        assert git(top, "fsck", "--strict", "--no-dangling") == ""
    assert_sound(top)
    shutil.rmtree(top)
