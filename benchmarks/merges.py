"""Pairs of session branches on one base, merged by plain ``git merge`` and by viking-git.

    python benchmarks/merges.py [--pairs 60] [--messages 5] [--seed 1] [--json]

Two conversations are committed with ``--review``, so that each waits on a branch of its own that starts from the same
trunk: things heard of for the first time become new memories, opinions and habits go into memories that many sessions
touch, and some messages say where the user lives or works. Each pair is merged three times: by ``git merge`` in a plain
clone without any merge driver; by ``git merge`` there, as a site's button does it, after the first has landed and
``viking-git update`` has brought trunk into the second; and by viking-git, one session after the other. A conflict is a
merge that git gives up; files are those it leaves unmerged. Contested memories are merged, with the variants of both
sides in them. The exit code is 1 if git still gives up after ``update``, or a result has a marker or breaks a rule.
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
from collections.abc import Mapping
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
        files: by pair, the files that git leaves unmerged.
        contested: memories with variants of both sides.
        markers: files with conflict markers.
        broken: findings of severity error on the merged trunk.
    """

    files: list[list[str]] = field(default_factory=list)
    contested: int = 0
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
            "contested": self.contested,
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


def by_git(clone: Path, one: str, other: str) -> list[str]:
    """The files that ``git merge`` of two branches leaves unmerged."""
    git(clone, "checkout", "-qf", "--detach", f"origin/{one}")
    merged = git(clone, "merge", "-q", "--no-edit", f"origin/{other}", check=False)
    unmerged = git(clone, "diff", "--name-only", "--diff-filter=U").stdout.split("\n")[:-1]
    if merged.returncode and not unmerged:
        raise SystemExit(merged.stderr)
    if unmerged:
        git(clone, "reset", "-q", "--hard")
    return unmerged


def by_update(workspace: Workspace, clone: Path, one: SessionId, other: SessionId, found: Merges) -> None:
    """Land the first session, bring trunk into the second, merge that by git, and look at what comes out."""
    store, trunk = workspace.store, workspace.trunk
    found.contested += len(land(store, one, trunk, one.id)[1])
    found.contested += len(workspace.branches.update(other.branch).contested)
    git(clone, "fetch", "-q")
    found.files.append(by_git(clone, short(trunk), short(other.branch)))
    git(clone, "push", "-q", "origin", "HEAD:refs/heads/merged")
    look(workspace, store.resolve(trunk), store.resolve("refs/heads/merged"), found)
    store.git.references.delete("refs/heads/merged")


def by_viking(workspace: Workspace, base: str, one: SessionId, other: SessionId, found: Merges) -> None:
    """Land both sessions, one after the other, and look at what trunk holds then."""
    store, trunk = workspace.store, workspace.trunk
    found.files.append([])
    found.contested += sum(len(land(store, session, trunk, session.id)[1]) for session in (one, other))
    look(workspace, base, store.resolve(trunk), found)


def look(workspace: Workspace, base: str, tip: str, found: Merges) -> None:
    """Count markers and broken rules of a trunk that was at ``base``."""
    before, after = workspace.store.snapshot(base), workspace.store.snapshot(tip)
    new = [after.read_oid(entry.oid) for _, _, entry in before.changed(after) if entry is not None]
    found.markers += sum(b"\n<<<<<<< " in data or data.startswith(b"<<<<<<< ") for data in new)
    case = Case(after, before, GENERATORS, workspace.policy, on_trunk=True, whole=True)
    found.broken += sum(finding.severity == "error" for finding in run(case))


def put_back(workspace: Workspace, tips: Mapping[str, str]) -> None:
    """Point branches to where they pointed."""
    for ref, tip in tips.items():
        workspace.store.git.references.create(ref, tip, force=True)


def short(ref: str) -> str:
    """A branch's name without where refs of branches live."""
    return ref.removeprefix("refs/heads/")


def git(top: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Git with an identity of its own."""
    who = ["-c", "user.name=Bench", "-c", "user.email=bench@example.com"]
    return subprocess.run(["git", "-C", str(top), *who, *words], capture_output=True, text=True, check=check)


def measure(top: Path, pairs: int, count: int, chance: random.Random) -> dict[str, Merges]:
    """All pairs, each way."""
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
    plain, updated, ours = Merges(), Merges(), Merges()
    for one, other in sessions:
        plain.files.append(by_git(clone, short(one.branch), short(other.branch)))
    tips = {ref: workspace.store.resolve(ref) for ref in workspace.store.refs("refs/heads/")}
    for one, other in sessions:
        by_update(workspace, clone, one, other, updated)
        put_back(workspace, tips)
        by_viking(workspace, base, one, other, ours)
        put_back(workspace, tips)
    return {"git merge": plain, "after update": updated, "viking-git": ours}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--messages", type=int, default=5, help="messages of a conversation")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("VIKING_EMBEDDER", "hashing")
    with tempfile.TemporaryDirectory() as directory:
        done = measure(Path(directory) / "w.git", options.pairs, options.messages, random.Random(options.seed))
    rows = {name: merges.to_json() for name, merges in done.items()}
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{options.pairs} pairs of sessions of {options.messages} messages, one base, seed {options.seed}\n")
        heads = f"{'conflicts':>10}{'share':>7}{'files each':>12}{'most':>6}{'contested':>11}{'markers':>9}"
        print(f"{'':<13}{heads}{'broken rules':>14}")
        for name, row in rows.items():
            print(
                f"{name:<13}{row['conflicts']:>10}{row['share']:>7.0%}{row['files_per_conflict']:>12}"
                f"{row['most_files']:>6}{row['contested']:>11}{row['markers']:>9}{row['broken_rules']:>14}"
            )
        left = done["git merge"].by_name.most_common()
        print("\ngit's unmerged files: " + ", ".join(f"{n} {name}" for name, n in left))
    return int(any(found.markers or found.broken for found in done.values()) or any(done["after update"].files))


if __name__ == "__main__":
    sys.exit(main())
