"""What history holds is counted as git counts it, and every remote that was given it is named."""

import subprocess
from pathlib import Path

from tests.helpers import git, talk
from viking_git.session.exposure import exposure
from viking_git.workspace import Workspace

PLACE = "session/default/{}/history/archive_001/messages.jsonl"


def holders(top: Path, path: str) -> list[str]:
    """The commits of trunk that have ``path``, newest first, as git says."""
    commits = git(top, "rev-list", "main").split()
    return [commit for commit in commits if git(top, "ls-tree", commit, path)]


def test_commits_and_remotes(tmp_path: Path) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top, transcripts="tracked")
    chats = []
    for number, name in enumerate(("chat", "other"), start=1):
        chats.append(workspace.new_session(name))
        workspace.add_messages(chats[-1], talk([("user", f"I prefer tabs of width {number}.")], start=number))
        workspace.commit(chats[-1])
    chat, other = chats
    before = git(top, "rev-parse", "main").strip()
    for name, rev in (("hub", before), ("early", "main~3")):
        subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / f"{name}.git")], check=True)
        git(top, "remote", "add", name, str(tmp_path / f"{name}.git"))
        git(top, "push", "-q", name, f"{rev}:refs/heads/main")
    done = workspace.settings.privacy.privatise([chat])
    found = done.history
    assert found is not None
    expected = holders(top, PLACE.format("chat"))
    assert before in expected
    assert (found.commits, found.last) == (len(expected), before)
    assert found.first == git(top, "log", "--format=%H", "--diff-filter=A", "main", "--", PLACE.format("chat")).strip()
    assert found.remotes == tuple(
        f"{name}/main" for name in ("early", "hub") if PLACE.format("chat") in git(top, "ls-tree", "-r", "--name-only",
                                                                                   f"{name}/main")
    )  # fmt: skip
    assert "hub/main" in found.remotes
    assert found.paths == (PLACE.format("chat"),)
    every = exposure(workspace.store, workspace.store.resolve("main"), None)
    assert every.paths == (PLACE.format("chat"), PLACE.format("other"))
    assert every.commits == len({*expected, *holders(top, PLACE.format("other"))})
    # A branch over there that trunk never had.
    git(top, "update-ref", "-d", "refs/remotes/hub/main")
    git(top, "update-ref", "-d", "refs/remotes/early/main")
    tree = git(top, "rev-parse", f"{before}^{{tree}}").strip()
    git(top, "update-ref", "refs/remotes/hub/fork", git(top, "commit-tree", "-m", "x", tree).strip())
    assert exposure(workspace.store, workspace.store.resolve("main"), [other]).remotes == ("hub/fork",)
    nobody = workspace.session_id("nobody")
    assert exposure(workspace.store, workspace.store.resolve("main"), [nobody]).commits == 0
