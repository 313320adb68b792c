"""Policy that travels with the clone (``viking.yaml``) and what this machine's environment says.

The policy never names a command, a path outside the repository or a secret: a clone must not be able to run anything.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml

from viking_git.errors import InvalidContent
from viking_git.plainyaml import read_yaml

POLICY_FILE = "viking.yaml"
_NO_SCALAR = (AttributeError, LookupError, RecursionError, ValueError)
"""What PyYAML raises for a date in month 13, a number that is none, or brackets a thousand deep."""


class SessionPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How conversations are kept. The two ``auto_commit`` bounds are 0 for never."""

    transcripts: Literal["private", "tracked"] = "private"
    review: bool = False
    quotes: bool = True
    keep_recent: Annotated[int, msgspec.Meta(ge=0)] = 0
    auto_commit_messages: Annotated[int, msgspec.Meta(ge=0)] = 0
    auto_commit_tokens: Annotated[int, msgspec.Meta(ge=0)] = 0
    extractor: str = "rules"
    decider: str = "rules"

    def kept_as(self, mark: object) -> Literal["private", "tracked"]:
        """How a session's transcripts are kept: as its own ``mark`` says, where it has one, else as all others."""
        return mark if mark == "tracked" or mark == "private" else self.transcripts


class SpacePolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The spaces that shorthands stand for."""

    user: str = "default"
    agent: str = "default"


class IndexPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the search index is kept and how its scores are put together; docs/search.md says what each costs."""

    backend: Literal["auto", "flat", "sq8", "hnsw", "milvus"] = "auto"
    propagation: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    drill_down: Annotated[int, msgspec.Meta(ge=0)] = 0
    best_child: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    hotness: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class PackPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a pack may cost before it is refused.

    Attributes:
        max_entries: files and directories.
        max_bytes: bytes of all files, unpacked.
        max_file_bytes: bytes of one file, unpacked; a file is held in memory when it is exported.
        max_ratio: unpacked to packed bytes, counted where a pack unpacks to more than 256 MiB.
        nested: whether a pack may hold files that are packs.
    """

    max_entries: int = 200_000
    max_bytes: int = 16 * 2**30
    max_file_bytes: int = 2**30
    max_ratio: int = 100
    nested: bool = False


class CheckPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What hooks do with stale layers, and which findings are none."""

    layers: Literal["auto", "refuse"] = "auto"
    allow_secrets: tuple[str, ...] = ()
    allow_paths: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``viking.yaml``, with the default of every key that it leaves out."""

    version: Literal[1] = 1
    trunk: str = "main"
    spaces: SpacePolicy = SpacePolicy()
    sessions: SessionPolicy = SessionPolicy()
    index: IndexPolicy = IndexPolicy()
    packs: PackPolicy = PackPolicy()
    checks: CheckPolicy = CheckPolicy()
    isolate_agent_by_user: bool = False


def load_policy(data: bytes) -> Policy:
    """The policy in the bytes of a ``viking.yaml``.

    Raises:
        InvalidContent: not YAML, an unknown key, or a value of the wrong kind; the message names the key.
    """
    try:
        return msgspec.convert(read_yaml(data or b"{}"), Policy)
    except (msgspec.ValidationError, yaml.YAMLError, *_NO_SCALAR) as error:
        raise InvalidContent(f"{POLICY_FILE}: {error}", hint="docs/formats.md lists its keys") from None


LOCAL_TO_A_REPOSITORY = frozenset({
    # git rev-parse --local-env-vars
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_CONFIG", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_INTERNAL_SUPER_PREFIX", "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    # What else a hook may inherit, and what gives paths and trees another meaning.
    "GIT_QUARANTINE_PATH", "GIT_NAMESPACE", "GIT_ATTR_SOURCE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS", "GIT_REF_PARANOIA",
    "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_DEFAULT_HASH",
    "GIT_DEFAULT_REF_FORMAT", "GIT_INDEX_VERSION",
})  # fmt: skip
"""Variables that say which repository git works on, or how it reads it: never those of our caller's."""


@dataclass(frozen=True, slots=True)
class Person:
    """A name and an e-mail, as git signs commits with."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Environment:
    """What the process environment sets, read once at the edge.

    Attributes:
        workspace: ``VIKING_WORKSPACE``, the workspace where no other is said.
        embedder: ``VIKING_EMBEDDER``, instead of the repository's ``viking.embedder``.
        cache: the directory of caches: ``VIKING_CACHE``, else the platform's user cache.
        claude: where Claude Code keeps its files: ``CLAUDE_CONFIG_DIR``, else ``~/.claude``.
        staging_index: ``GIT_INDEX_FILE``, by which git tells a hook what is about to be committed.
        author, committer: from git's own ``GIT_AUTHOR_*`` and ``GIT_COMMITTER_*``, where both parts are set.
    """

    workspace: Path | None
    embedder: str | None
    cache: Path
    claude: Path
    staging_index: Path | None
    author: Person | None
    committer: Person | None


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """The environment of this process, or of ``environ``."""
    env = os.environ if environ is None else environ
    workspace, cache = env.get("VIKING_WORKSPACE"), env.get("VIKING_CACHE")
    return Environment(
        workspace=Path(workspace) if workspace else None,
        embedder=env.get("VIKING_EMBEDDER") or None,
        cache=Path(cache) if cache else _user_cache(),
        claude=Path(env.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude"),
        staging_index=Path(env["GIT_INDEX_FILE"]).absolute() if env.get("GIT_INDEX_FILE") else None,
        author=_person(env, "AUTHOR"),
        committer=_person(env, "COMMITTER"),
    )


def child_environment(*kept: str, **extra: str) -> dict[str, str]:
    """This process's environment for a program that it starts, without what points git at a repository.

    Inside another repository's hook git would work on that one. As in git's own calls for submodules.

    Args:
        kept: variables that stay all the same.
        extra: variables on top.
    """
    env = {name: value for name, value in os.environ.items() if name not in LOCAL_TO_A_REPOSITORY or name in kept}
    return {**env, **extra}


@contextmanager
def variables(**values: str) -> Iterator[None]:
    """Set variables inside, for this process and the children that it starts: a library reads its own on import."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def wants_colour() -> bool:
    """Whether the environment leaves colour on (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def in_ci() -> bool:
    """Whether a CI job runs this, whose runner reads the log for commands."""
    return any(os.environ.get(name) for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD"))


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("viking-git")


def _person(env: Mapping[str, str], role: str) -> Person | None:
    name, email = env.get(f"GIT_{role}_NAME"), env.get(f"GIT_{role}_EMAIL")
    return Person(name, email) if name and email else None
