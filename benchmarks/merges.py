"""Pairs of session branches on one base, merged by plain ``git merge`` and by viking-git.

    python benchmarks/merges.py [--pairs 60] [--messages 5] [--seed 1] [--json]

Two conversations are committed with ``--review``, so that each waits on a branch of its own that starts from the same
trunk: things heard of for the first time become new memories, opinions and habits go into memories that many sessions
touch, and some messages say where the user lives or works. Each pair is merged twice: by ``git merge`` in a plain clone
without any merge driver, and by landing one session after the other. A conflict is a merge that git gives up; files
are those it leaves unmerged. The exit code is 1 if viking-git's merge leaves a marker or breaks a rule.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
from pygit2.enums import Option
from surroundings import environment

from viking_git.checks.case import Case
from viking_git.checks.run import run
from viking_git.model.messages import Message
from viking_git.session.land import land
from viking_git.session.refresh import GENERATORS
from viking_git.session.state import SessionId
from viking_git.workspace import Workspace

WORDS = {
    "name": ("Alice", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lars",
             "Mira", "Nils", "Olga", "Pavel", "Rosa", "Sven", "Tilda", "Uwe", "Vera", "Wanda", "Yusuf", "Zoe"),
    "city": ("Lisbon", "Oslo", "Porto", "Turin", "Ghent", "Malmo", "Bergen", "Graz", "Leeds", "Nantes"),
    "service": ("billing", "parcel", "search", "login", "mail", "report", "archive", "invoice", "catalogue", "chat"),
    "store": ("PostgreSQL", "SQLite", "Redis", "MySQL", "MongoDB", "Kafka", "RabbitMQ"),
    "tool": ("pytest", "ruff", "pnpm", "vite", "docker", "make", "terraform", "jest", "eslint", "poetry", "mypy"),
    "language": ("TypeScript", "Python", "Rust", "Go", "Kotlin", "Elixir", "Scala", "Swift"),
    "job": ("nurse", "teacher", "baker", "pilot", "gardener", "translator"),
    "thing": ("scripts", "services", "prototypes", "tests", "migrations", "command line tools", "reports"),
    "food": ("dark roast coffee", "green tea", "oat porridge", "rye bread", "lentil soup"),
}  # fmt: skip
NEW = (
    "My friend {name} lives in {city}.",
    "We decided to use {store} for the {service} service.",
    "My colleague {name} works on the {service} team.",
    "The {service} build failed because the cache was stale; clearing the {store} cache fixed it.",
)
POPULAR = (
    "I prefer {language} for {thing}.",
    "I always use {tool} for {thing}.",
    "I don't like {tool} for {thing}.",
    "I prefer short {thing} with clear names.",
    "Please always run {tool} before you commit.",
    "I like {food} in the morning.",
)
PROFILE = ("I work as a {job}.", "I live in {city}.", "I work as a {job} in {city}.", "I am learning {language}.")


@dataclass
class Merges:
    """What merging the pairs left.

    Attributes:
        files: by pair, the files that nobody but a person can settle.
        markers: files with conflict markers.
        broken: findings of severity error on the merged trunk.
    """

    files: list[list[str]] = field(default_factory=list)
    markers: int = 0
    broken: int = 0

    @property
    def by_name(self) -> Counter[str]:
        """How many of the files are called what."""
        return Counter(path.rpartition("/")[2] for found in self.files for path in found)

    def to_json(self) -> dict[str, object]:
        """Counts and shares."""
        conflicts = [len(found) for found in self.files if found]
        return {
            "pairs": len(self.files),
            "conflicts": len(conflicts),
            "share": round(len(conflicts) / len(self.files), 3),
            "files_per_conflict": round(statistics.mean(conflicts), 1) if conflicts else 0,
            "most_files": max(conflicts, default=0),
            "by_name": dict(self.by_name.most_common()),
            "markers": self.markers,
            "broken_rules": self.broken,
        }


def talk(chance: random.Random, who: str, count: int) -> list[Message]:
    """A conversation: half of it is new, a third goes into what many sessions touch, the rest is about the user."""
    messages = []
    for number in range(count):
        (pool,) = chance.choices((NEW, POPULAR, PROFILE), (50, 35, 15))
        text = chance.choice(pool).format_map({key: chance.choice(words) for key, words in WORDS.items()})
        when = f"2026-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}T09:{number:02d}:00Z"
        messages.append(Message(f"msg_{who}_{number}", "user", ({"type": "text", "text": text},), when))
    return messages


def converse(workspace: Workspace, chance: random.Random, name: str, count: int, *, review: bool) -> SessionId:
    """Commit a conversation, or leave it on its branch."""
    session = workspace.new_session(name)
    workspace.add_messages(session, talk(chance, name, count))
    workspace.commit(session, review=review)
    return session


def by_git(clone: Path, one: SessionId, other: SessionId) -> list[str]:
    """The files that ``git merge`` leaves unmerged."""
    branches = [f"origin/{session.branch.removeprefix('refs/heads/')}" for session in (one, other)]
    git(clone, "checkout", "-qf", "--detach", branches[0])
    merged = git(clone, "merge", "-q", "--no-edit", branches[1], check=False)
    unmerged = git(clone, "diff", "--name-only", "--diff-filter=U").stdout.split("\n")[:-1]
    if merged.returncode and not unmerged:
        raise SystemExit(merged.stderr)
    git(clone, "reset", "-q", "--hard")
    return unmerged


def by_viking(workspace: Workspace, base: str, one: SessionId, other: SessionId, found: Merges) -> None:
    """Land both sessions, one after the other, and look at what trunk holds then."""
    store, trunk = workspace.store, workspace.trunk
    contested = [path for session in (one, other) for path in land(store, session, trunk, session.id)[1]]
    before, after = store.snapshot(base), store.snapshot(store.tip(trunk))
    new = [after.read_oid(entry.oid) for _, _, entry in before.changed(after) if entry is not None]
    found.files.append(contested)
    found.markers += sum(b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< ") for data in new)
    case = Case(after, before, GENERATORS, workspace.policy, on_trunk=True, whole=True)
    found.broken += sum(finding.severity == "error" for finding in run(case))
    store.git.references[trunk].set_target(base)


def git(top: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Git with an identity of its own."""
    who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    return subprocess.run(["git", "-C", str(top), *who, *words], capture_output=True, text=True, check=check)


def measure(top: Path, pairs: int, count: int, chance: random.Random) -> tuple[Merges, Merges]:
    """All pairs, by git and by us."""
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, False)
    pygit2.init_repository(str(top), bare=True, initial_head="main")
    workspace, _ = Workspace.init(top, environment=environment(top.with_name("cache")))
    for number in range(12):
        converse(workspace, chance, f"base-{number}", count, review=False)
    base = str(workspace.store.tip(workspace.trunk))
    sessions = [
        tuple(converse(workspace, chance, f"{side}-{number}", count, review=True) for side in ("one", "two"))
        for number in range(pairs)
    ]
    clone = top.with_name("clone")
    subprocess.run(["git", "clone", "-q", str(top), str(clone)], check=True, capture_output=True)
    plain, ours = Merges(), Merges()
    for one, other in sessions:
        plain.files.append(by_git(clone, one, other))
    for one, other in sessions:
        by_viking(workspace, base, one, other, ours)
    return plain, ours


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--messages", type=int, default=5, help="messages of a conversation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("VIKING_EMBEDDER", "hashing")
    with tempfile.TemporaryDirectory() as directory:
        plain, ours = measure(Path(directory) / "w.git", options.pairs, options.messages, random.Random(options.seed))
    rows = {"git merge": plain.to_json(), "viking-git": ours.to_json()}
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{options.pairs} pairs of sessions of {options.messages} messages, one base, seed {options.seed}\n")
        print(f"{'':<12}{'conflicts':>10}{'share':>7}{'files each':>12}{'most':>6}{'markers':>9}{'broken rules':>14}")
        for name, row in rows.items():
            print(
                f"{name:<12}{row['conflicts']:>10}{row['share']:>7.0%}{row['files_per_conflict']:>12}"
                f"{row['most_files']:>6}{row['markers']:>9}{row['broken_rules']:>14}"
            )
        print("\nfor viking-git, a conflict is a memory that is contested: merged, both variants in it")
        print("git's unmerged files: " + ", ".join(f"{n} {name}" for name, n in plain.by_name.most_common()))
    return int(bool(ours.markers or ours.broken))


if __name__ == "__main__":
    sys.exit(main())
