"""Trees as a colleague may push them with plain git: names and records of any shape, beside things left untouched."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pygit2
from pygit2.enums import ObjectType

from tests.helpers import git, talk
from viking_git.model.messages import Message
from viking_git.store.treeform import format_tree, raw_entries
from viking_git.workspace import Workspace

KEPT = (
    b"resources/kept",
    b"user/default/memories/preferences",
    b"session/default/kept",
    b"agent/default/skills/kept",
    b"viking.yaml",
    b".gitattributes",
    b".gitignore",
)
"""No mutation touches these or replaces what is above them; all that is asked of them must go on working."""

BLOB, EXECUTABLE, LINK, TREE, SUBMODULE = b"100644", b"100755", b"120000", b"40000", b"160000"

NAMES = [
    b"\xe9t\xe9.md", b"\xff", b"caf\xc3", b"do\\cs", b"a\\b.md", b"c:x", b"C:", b"a\x01b",
    b"\x1b[31mred\x1b]0;x\x07.md", b"a\nb.md", b"\r", b"::error::x", b"##[error]x",
    b"`@team` [l](x.example) <img>.md", b"con", b"nul.md", b"x.", b" lead", b"tail ", b"x" * 255,
    "u\u0308.md".encode(), "ü".encode(), "日本.md".encode(), "\u202e.md".encode(), "\u200b".encode(),
    "\ufeff.md".encode(), b"memories", b"skills", b"user", b"history", b"tools", b"README.md", b"readme.MD",
    b".abstract.md", b".overview.md", b".meta.json", b".relations.json", b"content.md", b"SKILL.md",
    b"messages.jsonl", b"usage.jsonl", b"memory_diff.json", b"extraction.json", b"decisions", b"archive_1",
    b"archive_000", b"archive_00x", b"archive_99999999999999999999", b"archive_002", b"archive_002.lock", b"-rf",
    b"#L1-L2", b"%2e%2e", b"~", b"*", b"?", b"[a]", b"'", b'"', b"$(id)", b"{path}", b"a#b", b".x", b"queue", b"temp",
    b"default", b"preferences", b"events", b"2026", b"profile", b"lost.lock", b".gitkeep", b".quarantine",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 5, 10**30, -(10**30), 1.5, float("inf"), float("nan"), "", "x", "\ud800", "\0",
    "\x1b[2J", "viking://", "viking://resources/kept/jam.md", "viking://a\\b/c", "../..", "\n::error::x",
    "x" * 20_000, [], {}, [[]], [{}], [5], [None], [[["x"]]], [{"a": 1}], [{"id": None}], [{"id": []}], [{"uri": {}}],
    {"uri": 1}, {"": ""}, {"a": {"b": {"c": []}}}, ["\ud800"], {"\udfff": 1}, "2026-13-99", "9" * 400, 1e308,
]  # fmt: skip
CONTENTS = [
    b"", b"\xff\xfe\0", b"\xe9", b"null", b"5", b"[" * 400 + b"]" * 400, b'{"a":' * 300 + b"{}" + b"}" * 300, b'"x"',
    b"[]", b"{}", b"[" * 3_000, b'{"a":' * 3_000, b"{", b"\0", b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0",
    b'{"created": "\\ud800"}', b'{"actions": [{"a": 1}]}', b'{"messages": [{}]}', b'{"messages": [5]}',
    b'{"messages": {}}', b'{"uris": [{}]}', b'{"uris": "x"}', b'{"stats": {"active_count": 1e999}}',
    b'{"stats": [1], "sources": {"a": 1}}', b'{"tools": {"bash": {"calls": "x"}}}',
    b'{"tools": {"bash": 5}, "agent": 5}', b'{"id": "m"}\n{"id": 5}\n',
    b'{"id": "\\ud800", "role": "user", "parts": [], "created_at": 5}\n',
    b'{"id":"m1","role":"user","parts":[{"type":"text","text":"\\ud83d"}],"created_at":"2026-11-02T09:00:00Z"}\n',
    b"---\nname: x\n", b"---\n? {a: b}\n: [[[\n---\n# T\n\nP\n", b"---\na: &x [1]\nb: *x\n---\n# T\n\nP\n",
    b"---\nname: 5\ncategory: []\nstatus: {}\naliases: 7\ncreated_at: 2026-99-99\n---\n# T\n\nP\n", b"# T\n",
    b"# T\n\nP\n", b"\x1b]0;owned\x07\x1b[31m red\n::stop-commands::x\n", b"---\nname: kept\ndescription: [1]\n---\n",
    b"\r\n\r\n", b"# T\n\n" + b"word " * 5_000 + b"\n", b"9" * 5_000, b'{"created_at": ' + b"9" * 400 + b"}",
    b"version https://git-lfs\n",
]  # fmt: skip
REFS = [
    b"viking/con/x", "viking/default/ü".encode(), b"viking/memories/x", b"viking/default/memories", b"viking/x",
    b"viking/default/a/b", b"viking/default/\xff", b"viking/-x/y", b"viking/default/x\"y", b"viking/default/new",
    b"viking-sync/default", b"viking/default/aux", b"\xe9", b"viking/agent/" + b"y" * 80,
]  # fmt: skip

Entries = dict[bytes, tuple[bytes, Any]]
"""Name → mode and id in hex, or ``Entries`` for a directory."""


def load(repo: pygit2.Repository, oid: str) -> Entries:
    """A tree with all below it."""
    return {
        name: (mode, load(repo, raw.hex()) if mode == TREE else raw.hex())
        for mode, name, raw in raw_entries(repo[oid].read_raw())
    }


def save(repo: pygit2.Repository, tree: Entries) -> str:
    """Write it, whatever it holds; its id. Empty directories are written too: plumbing can."""
    rows = []
    for name, (mode, what) in tree.items():
        oid = save(repo, what) if isinstance(what, dict) else what
        rows.append((mode, name, bytes.fromhex(oid)))
    return str(repo.write(ObjectType.TREE, format_tree(rows)))


def blob(repo: pygit2.Repository, data: bytes) -> str:
    return str(repo.create_blob(data))


def commit(repo: pygit2.Repository, ref: str, tree: str) -> str:
    """A commit of a colleague on ``ref``, which may be new."""
    parent = repo.references.get(ref)
    parents = [parent.target] if parent is not None else []
    who = pygit2.Signature("Eve", "eve@example.com", 1_790_000_000, 0)
    made = repo.create_commit(None, who, who, "plain git", pygit2.Oid(hex=tree), parents)
    if parent is None:
        repo.references.create(ref, made)
    else:
        parent.set_target(made)
    return str(made)


def _walk(tree: Entries, prefix: bytes = b"") -> Iterator[tuple[bytes, Entries, bytes]]:
    """Every entry: its path, the directory that holds it, its name."""
    for name, (_, what) in list(tree.items()):
        yield prefix + name, tree, name
        if isinstance(what, dict):
            yield from _walk(what, prefix + name + b"/")


def _free(tree: Entries) -> list[tuple[bytes, Entries, bytes]]:
    return [found for found in _walk(tree) if not _touches_kept(found[0])]


def _touches_kept(path: bytes) -> bool:
    return any(path == kept or path.startswith(kept + b"/") or kept.startswith(path + b"/") for kept in KEPT)


def _directories(tree: Entries) -> list[tuple[bytes, Entries]]:
    """Directories into which something may be put; those above what is kept too."""
    found = [(b"", tree)]
    for path, at, name in _walk(tree):
        what = at[name][1]
        inside = any(path == kept or path.startswith(kept + b"/") for kept in KEPT)
        if isinstance(what, dict) and not inside:
            found.append((path, what))
    return found


@dataclass
class Hostile:
    """One mutated repository, and what was done to it."""

    repo: pygit2.Repository
    chance: random.Random
    done: list[str] = field(default_factory=list)

    def mutate(self, tree: Entries, times: int) -> None:
        """Do ``times`` things to ``tree``."""
        for _ in range(times):
            kinds: list[Callable[[Entries], None]] = [
                self.add, self.add, self.add_inside, self.rename, self.content, self.value, self.value, self.value,
                self.drop, self.kind,
            ]  # fmt: skip
            self.chance.choice(kinds)(tree)

    def add(self, tree: Entries) -> None:
        """A file or a directory with a name from the list."""
        path, at = self.chance.choice(_directories(tree))
        name = self.chance.choice(NAMES)
        if _touches_kept(path + b"/" + name if path else name):
            return
        data = blob(self.repo, self.chance.choice([b"# Hello\n\nA text.\n", *CONTENTS]))
        if self.chance.random() < 0.5:
            at[name] = (BLOB, data)
        else:
            ours = [b"x.md", b"content.md", b".meta.json", b".abstract.md"]
            inner = self.chance.choice([*ours, self.chance.choice(NAMES)])
            at[name] = (TREE, {inner: (BLOB, data)})
        self.done.append(f"add {path!r} {name!r}")

    def add_inside(self, tree: Entries) -> None:
        """Something where a format of ours is expected, below names from the list."""
        name, other = self.chance.choice(NAMES), self.chance.choice(NAMES)
        path = self.chance.choice([
            b"session/%b/s/history/archive_001/.meta.json", b"session/default/%b/history/archive_001/.meta.json",
            b"session/default/chat/history/%b/.meta.json", b"session/default/chat/history/archive_001/decisions/%b",
            b"session/default/chat/history/archive_001/files/%b", b"user/%b/memories/entities/x/content.md",
            b"user/default/memories/%b/x/content.md", b"user/default/memories/entities/%b/content.md",
            b"user/default/memories/events/%b/x/content.md", b"agent/%b/skills/x/SKILL.md",
            b"agent/default/skills/%b/SKILL.md", b"agent/default/instructions/%b/x.md",
            b"agent/default/user/%b/memories/cases/x/content.md",
            b"resources/%b/.meta.json", b"resources/%b/x.md", b"resources/docs/%b/.relations.json", b"%b/x.md",
            b"session/default/chat/tools/%b/tool.json", b"session/default/%b",
        ]).replace(b"%b", name)  # fmt: skip
        if self.chance.random() < 0.2:
            path += b"/" + other
        if _touches_kept(path):
            return
        *above, last = path.split(b"/")
        at = tree
        for part in above:
            what = at.get(part, (TREE, {}))[1]
            what = what if isinstance(what, dict) else {}
            at[part] = (TREE, what)
            at = what
        at[last] = (BLOB, blob(self.repo, self.chance.choice(CONTENTS)))
        self.done.append(f"inside {path!r}")

    def rename(self, tree: Entries) -> None:
        """An entry gets a name from the list."""
        path, at, name = self.chance.choice(_free(tree))
        new = self.chance.choice(NAMES)
        target = path[: len(path) - len(name)] + new
        if not _touches_kept(target):
            at[new] = at.pop(name)
            self.done.append(f"rename {path!r} {new!r}")

    def content(self, tree: Entries) -> None:
        """A file holds other bytes."""
        path, at, name = self.chance.choice([found for found in _free(tree) if isinstance(found[1][found[2]][1], str)])
        at[name] = (BLOB, blob(self.repo, self.chance.choice(CONTENTS)))
        self.done.append(f"content {path!r}")

    def value(self, tree: Entries) -> None:
        """One value of a JSON record is of another shape, or gone."""
        records = [f for f in _free(tree) if f[2].endswith((b".json", b".jsonl")) and isinstance(f[1][f[2]][1], str)]
        if not records:
            return
        path, at, name = self.chance.choice(records)
        found = self.repo.get(at[name][1])
        if not isinstance(found, pygit2.Blob):
            return
        lines = found.data.split(b"\n") if name.endswith(b".jsonl") else [found.data]
        number = self.chance.randrange(len(lines))
        try:
            value = json.loads(lines[number])
        except (ValueError, RecursionError):
            return
        lines[number] = json.dumps(self._changed(value)).encode("utf-8", "surrogatepass")
        at[name] = (at[name][0], blob(self.repo, b"\n".join(lines)))
        self.done.append(f"value {path!r} {lines[number][:200]!r}")

    def drop(self, tree: Entries) -> None:
        """An entry is gone."""
        path, at, name = self.chance.choice(_free(tree))
        del at[name]
        self.done.append(f"drop {path!r}")

    def kind(self, tree: Entries) -> None:
        """An entry is of another kind: link, submodule, file, directory.

        Not what is above an archive: sync puts no file where a private transcript lies in the work tree.
        """
        path, at, name = self.chance.choice(_free(tree))
        if b"session/default/chat/history/archive_001/".startswith(path + b"/"):
            return
        text = blob(self.repo, self.chance.choice([b"../../outside", b"/etc/passwd", b"x", *CONTENTS]))
        at[name] = self.chance.choice([
            (LINK, text), (SUBMODULE, "1" * 40), (BLOB, text), (EXECUTABLE, text), (TREE, {b"x": (BLOB, text)}),
            (TREE, {name: (BLOB, text)}),
        ])  # fmt: skip
        self.done.append(f"kind {path!r} {at[name][0]!r}")

    def ref(self, prefix: bytes) -> None:
        """A ref with a name from the list, written as git's own plumbing writes it."""
        name = self.chance.choice(REFS)
        tip = str(self.repo.references["refs/heads/main"].target)
        at = Path(self.repo.path.encode().decode()) / "refs" / "heads"
        place = bytes(at.parent.parent) + b"/" + prefix + name
        subprocess.run(["mkdir", "-p", b"/".join(place.split(b"/")[:-1])], check=False, stderr=subprocess.DEVNULL)
        try:
            with open(place, "xb") as opened:  # noqa: PTH123 - a path of bytes
                opened.write(tip.encode() + b"\n")
        except OSError:
            return
        self.done.append(f"ref {prefix + name!r}")

    def _changed(self, value: Any) -> Any:
        """``value`` with one part of it replaced or dropped."""
        if isinstance(value, dict) and value and self.chance.random() < 0.85:
            key = self.chance.choice(sorted(value))
            if self.chance.random() < 0.2:
                return {k: v for k, v in value.items() if k != key}
            return value | {key: self._changed(value[key])}
        if isinstance(value, list) and value and self.chance.random() < 0.85:
            at = self.chance.randrange(len(value))
            return [self._changed(item) if n == at else item for n, item in enumerate(value)]
        return self.chance.choice(VALUES)


SKILL = "---\nname: {0}\ndescription: Spread jam. Use it for breakfast.\n---\n\n# Spread\n\nTake a knife.\n"


def template(root: Path) -> Path:
    """A workspace with one thing of each kind, twice: what is kept, and what is there to be broken; and its remote."""
    top = root / "w"
    workspace, _ = Workspace.init(top)
    for name in ("kept", "docs"):
        folder = root / name
        (folder / "inner").mkdir(parents=True)
        (folder / "jam.md").write_text(f"# Jam\n\nThe {name} marmalade is made of oranges.\n")
        (folder / "inner" / "more.md").write_text(f"# More\n\nMore about {name}.\n")
        workspace.add([folder], to=f"viking://resources/{name}")
        skill = root / "skills" / name
        skill.mkdir(parents=True)
        (skill / "SKILL.md").write_text(SKILL.format(name))
        workspace.skills.add(skill)
    workspace.files.link("viking://resources/docs/", ["viking://resources/kept/"], reason="both about jam")
    for start, name in ((1, "kept"), (11, "chat"), (21, "waiting")):
        session = workspace.new_session(name)
        lines = {
            1: [("user", "I prefer TypeScript over JavaScript for all my projects.")],
            11: [("user", "We decided to use PostgreSQL for billing."), ("user", "My sister Alice lives in Lisbon.")],
            21: [("user", "My brother Bob lives in Oslo.")],
        }[start]  # fmt: skip
        workspace.add_messages(session, [*talk(lines, start=start), _tool_call(start + 8)])
        workspace.used(session, ["viking://resources/docs/jam.md"], {"uri": "viking://agent/skills/docs/"})
        workspace.commit(session, review=name == "waiting")
    hub = root / "hub.git"
    git(root, "init", "-q", "--bare", str(hub))
    git(top, "remote", "add", "origin", "../hub.git")
    Workspace.open(top).branches.sync()
    (root / "extra.md").write_text("# Extra\n\nSomething new to add.\n")
    return root


def _tool_call(number: int) -> Message:
    parts = ({"type": "tool", "tool_name": "bash", "tool_id": f"t{number}", "tool_input": "ls", "tool_output": "x",
              "tool_status": "completed"},)  # fmt: skip
    return Message(f"msg_{number}", "assistant", cast(Any, parts), f"2026-11-02T10:{number:02d}:00Z")
