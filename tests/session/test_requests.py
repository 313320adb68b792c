"""Requests about memory through a whole commit: what is withheld is in no object, what is to be forgotten is named."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers import all_paths, assert_sound, git, talk
from viking_git.cli.main import main
from viking_git.workspace import Workspace

SECRET = "Zanzibar"


def objects(top: Path) -> bytes:
    """The content of every object of a repository, whatever names it."""
    done = subprocess.run(
        ["git", "-C", str(top), "cat-file", "--batch", "--batch-all-objects"], capture_output=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("transcripts", ["private", "tracked"])
@pytest.mark.parametrize(
    "lines",
    [
        [("user", f"Don't remember this: I am moving to {SECRET}."), ("assistant", f"{SECRET} it is. I won't.")],
        [("user", f"I am moving to {SECRET} on 2026-12-01."), ("assistant", f"Nice, {SECRET}!"),
         ("user", "Please don't keep that."), ("assistant", f"I will not keep {SECRET}.")],
    ],
)  # fmt: skip
def test_what_is_not_to_be_kept_is_in_no_object_and_no_cache(
    tmp_path: Path, isolated_home: Path, transcripts: str, lines: list[tuple[str, str]]
) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top, transcripts=transcripts)
    session = workspace.new_session("chat")
    messages = talk([("user", "I prefer pnpm over npm."), *lines, ("user", "We decided to use Rust for the parser.")])
    workspace.add_messages(session, messages)
    result = workspace.commit(session)
    assert result.withheld == len(lines)
    assert len([outcome for outcome in result.outcomes if outcome.mark == "+"]) == 2
    workspace.find("moving")
    assert_sound(top)
    assert SECRET.encode() not in objects(top)
    paths = [path for path in all_paths(top, isolated_home / ".cache") if path.is_file()]
    assert [path for path in paths if SECRET.encode() in path.read_bytes()] == []
    # The same file again adds nothing, though the archive has other words than the file.
    workspace.add_messages(session, messages)
    assert workspace.commit(session).status == "skipped"


def test_a_request_for_an_archived_message_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk([("user", "I am moving to Lisbon on 2026-12-01.")]))
    workspace.commit(session)
    workspace.add_messages(session, talk([("user", "Please don't keep that.")], start=2))
    workspace.close()
    assert main(["-C", str(tmp_path / "w"), "commit", "chat"]) == 0
    assert "asks to withhold one that is archived already" in capsys.readouterr().out


def test_a_request_to_forget_names_the_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk([("user", "I live in Berlin.")]))
    (made,) = workspace.commit(session).outcomes
    later = workspace.new_session("later")
    workspace.add_messages(later, talk([("user", "Forget that I live in Berlin."), ("user", "Forget my Ferrari.")]))
    workspace.close()
    assert main(["-C", str(top), "commit", "later"]) == 0
    said = capsys.readouterr().out
    assert f'asked to forget "I live in Berlin": viking-git rm -r {made.uri.rstrip("/")}' in said
    assert 'asked to forget "my Ferrari": no memory on trunk says so\n' in said
    assert main(["-C", str(top), "rm", "-r", made.uri]) == 0
    assert git(top, "ls-files", "user/default/memories/profile") == ""
