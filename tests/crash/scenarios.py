"""What is done while it fails: each scenario prepares a workspace, acts on it, and says what it was told was done."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.helpers import git, talk
from viking_git.workspace import Workspace

Ack = Callable[[str], object]

SAYINGS = (
    ("user", "I prefer TypeScript over JavaScript for all my projects."),
    ("user", "We decided to use PostgreSQL for the billing service."),
    ("user", "My sister Alice lives in Lisbon."),
)


@dataclass(frozen=True)
class Scenario:
    """``prepare`` runs once for all cases; ``act`` calls its second argument with ``msg ID`` or ``commit OID``."""

    prepare: Callable[[Path], None]
    act: Callable[[Path, Ack], None]


def _nothing(root: Path) -> None:
    root.mkdir()


def _workspace(root: Path) -> None:
    Workspace.init(root / "w")


def _talked(root: Path) -> None:
    workspace, _ = Workspace.init(root / "w")
    workspace.add_messages(workspace.new_session("chat"), talk(SAYINGS))
    workspace.commit(workspace.session_id("chat"))
    workspace.add_messages(workspace.session_id("chat"), talk([("user", "I prefer tabs over spaces.")], start=7))
    workspace.add_messages(workspace.new_session("other"), talk([("user", "My brother Bob lives in Oslo.")], start=9))


def _reviewed(root: Path) -> None:
    _talked(root)
    workspace = Workspace.open(root / "w")
    workspace.commit(workspace.session_id("chat"), review=True)


def _edited(root: Path) -> None:
    _talked(root)
    (content,) = (root / "w/user/default/memories/entities").glob("alice*/content.md")
    content.write_text(content.read_text().replace("Lisbon", "Porto"))
    git(root / "w", "commit", "-qam", "edit: alice moved")


def _diverged(root: Path) -> None:
    """A bare remote that has what this clone lacks, and lacks what this clone has."""
    git(root.parent, "init", "-q", "--bare", str(root / "hub.git"))
    workspace, _ = Workspace.init(root / "w")
    git(root / "w", "remote", "add", "origin", "../hub.git")
    workspace.branches.sync()
    other, _ = Workspace.clone(str(root / "hub.git"), root / "other")
    for here, name, start in ((other, "there", 20), (workspace, "here", 40)):
        here.add_messages(here.new_session(name), talk(SAYINGS, start=start))
        here.commit(here.session_id(name))
    other.branches.sync()


def _init(root: Path, ack: Ack) -> None:
    Workspace.init(root / "w")
    ack("init")


def _add_messages(root: Path, ack: Ack) -> None:
    workspace = Workspace.open(root / "w")
    session = workspace.new_session("chat")
    for message in talk(SAYINGS):
        workspace.add_messages(session, [message])
        ack(f"msg {message.id}")


def _import(root: Path, ack: Ack) -> None:
    workspace = Workspace.open(root / "w")
    messages = talk(SAYINGS * 3)
    workspace.add_messages(workspace.new_session("chat"), messages)
    for message in messages:
        ack(f"msg {message.id}")


def _commit(root: Path, ack: Ack) -> None:
    workspace = Workspace.open(root / "w")
    for session in workspace.unfinished():
        ack(f"commit {workspace.commit(session).merge}")


def _refresh(root: Path, ack: Ack) -> None:
    done = Workspace.open(root / "w").refresh()
    ack(f"commit {done.commit}")


def _add(root: Path, ack: Ack) -> None:
    docs = root.parent / f"{root.name}-docs"
    docs.mkdir(exist_ok=True)
    for name in ("one.md", "sub/two.md", "three.txt"):
        (docs / name).parent.mkdir(exist_ok=True)
        (docs / name).write_text(f"# {name}\n\nSome words about {name}.\n")
    workspace = Workspace.open(root / "w")
    workspace.add([docs], "viking://resources/docs")
    ack(f"commit {workspace.store.tip('refs/heads/main')}")


def _merge(root: Path, ack: Ack) -> None:
    ack(f"commit {Workspace.open(root / 'w').branches.merge('viking/default/chat').commit}")


def _sync(root: Path, ack: Ack) -> None:
    workspace = Workspace.open(root / "w")
    workspace.branches.sync()
    ack(f"commit {workspace.store.tip('refs/heads/main')}")
    ack(f"pushed {workspace.store.tip('refs/heads/main')}")


SCENARIOS = {
    "init": Scenario(_nothing, _init),
    "add-message": Scenario(_workspace, _add_messages),
    "import": Scenario(_workspace, _import),
    "commit": Scenario(_talked, _commit),
    "stacked": Scenario(_reviewed, _commit),
    "refresh": Scenario(_edited, _refresh),
    "add": Scenario(_talked, _add),
    "merge": Scenario(_reviewed, _merge),
    "sync": Scenario(_diverged, _sync),
}
