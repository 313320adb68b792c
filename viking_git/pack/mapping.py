"""Where the files of other versions lie in our tree, and ours in theirs. Paths here are paths in the repository.

Each rule moves a directory; what no rule names stays where it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from viking_git.errors import BadPack
from viking_git.model.uri import VikingURI

Skills = Literal["agent", "user"]

DONE, FAILED = ".done", ".failed.json"
"""What servers write beside a transcript whose memories they took, or could not take."""
OUR_DONE = b"{}\n"
"""What stands in that of a pack of ours."""

_MEMORIES = re.compile(r"(?:user/[^/]+|agent/[^/]+(?:/user/[^/]+)?|user/[^/]+/peers/[^/]+)/memories")
_SESSION = re.compile(r"user/(?P<user>[^/]+)/sessions(?P<rest>/.+)")
_SKILL = re.compile(r"user/(?P<user>[^/]+)/skills/(?P<name>[^/]+)(?P<rest>/.+)")
_PEER = re.compile(r"user/(?P<user>[^/]+)/peers/(?P<peer>[^/]+)/memories(?P<rest>/.+)")


@dataclass(frozen=True, slots=True)
class Moved:
    """A file that was put elsewhere than the pack has it, and why."""

    source: str
    path: str
    why: str


def ours(path: str, *, agent: str, skills: Skills = "agent") -> tuple[str, str]:
    """Where a file that other versions keep at ``path`` lies in our tree, and why; ``path`` and "" if it stays.

    Args:
        agent: the space that a user's skills go to.
        skills: ``user`` leaves them where they are.
    """
    if match := _SESSION.fullmatch(path):
        return f"session/{match['user']}{match['rest']}", "sessions have a scope of their own"
    if skills == "agent" and (match := _SKILL.fullmatch(path)):
        return f"agent/{agent}/skills/{match['name']}{match['rest']}", "skills are an agent's"
    if match := _PEER.fullmatch(path):
        return f"agent/{match['peer']}/memories{match['rest']}", "a peer's memories are an agent's"
    return path, ""


def as_user(path: str, user: str) -> str:
    """Where servers that have no agent and session scopes keep what lies at ``path``; the opposite of ``ours``.

    Args:
        path: a file or a directory; other scopes stay.
        user: whose space the agents' things go to.
    """
    scope, *rest = path.split("/")
    match scope, rest:
        case "session" | "agent", [name] if name.startswith("."):
            return path
        case "session", [space]:
            return f"user/{space}/sessions"
        case "session", [space, *below]:
            return "/".join(["user", space, "sessions", *below])
        case "agent", [_]:
            return f"user/{user}"
        case "agent", [_, name] if name.startswith("."):
            return path
        case "agent", [_, "skills", *below]:
            return "/".join(["user", user, "skills", *below])
        case "agent", [agent, *below]:
            return "/".join(["user", user, "peers", agent, *below])
    return path


def check_target(root: str, source: str, parent: str) -> str:
    """The path at which a pack lands whose root is called ``root``.

    Args:
        root: the root's name.
        source: the path that was packed, "" where the pack does not say.
        parent: the path of the directory to import into, "" for ``viking://``.

    Raises:
        BadPack: it does not belong there; the hint names the right target.
    """
    scope = source.partition("/")[0]
    if not parent:
        if source and source != scope:
            raise BadPack(f"a pack of viking://{source} goes into a directory", hint=_into(source))
        return root
    if source and source == scope:
        raise BadPack(f"a pack of the whole scope {scope!r} goes to viking://", hint="viking-git import FILE viking://")
    if scope and scope != parent.partition("/")[0]:
        raise BadPack(f"a pack of viking://{source} does not go into viking://{parent}/", hint=_into(source))
    landed = f"{parent}/{root}"
    if root == "memories" and not _MEMORIES.fullmatch(landed):
        right = parent.rpartition("/")[0] if _MEMORIES.fullmatch(parent) else source.rpartition("/")[0]
        hint = f"import it into viking://{right}/" if right else "import it into viking://user/NAME/"
        raise BadPack(f"memories do not belong at viking://{landed}/", hint=hint)
    if scope in {"user", "agent", "session"} and landed.count("/") != source.count("/") and root != "memories":
        raise BadPack(f"a pack of viking://{source} keeps its depth: not at viking://{landed}/", hint=_into(source))
    return landed


def home_of(uri: str) -> str:
    """The directory that a pack came from, as a path, "" for ``viking://``; ``resources`` where it does not say.

    Args:
        uri: what was packed, as the manifest has it.

    Raises:
        InvalidURI: it can be no place here.
    """
    return VikingURI(uri).parent.full_path if uri else "resources"


def check_moves(moves: Mapping[str, str]) -> None:
    """Refuse to lay two files on one path.

    Args:
        moves: the pack's path → ours.

    Raises:
        BadPack: naming both.
    """
    taken: dict[str, str] = {}
    for source, path in moves.items():
        other = taken.setdefault(path, source)
        if other != source:
            raise BadPack(f"and {other!r} would both become {path!r}", member=source, hint="--keep-skills or --as-is")


def _into(source: str) -> str:
    return f"import it into viking://{source.rpartition('/')[0]}/"
