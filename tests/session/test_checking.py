"""Which tree is judged: branches as they would stand, work trees, staging indexes."""

from pathlib import Path

import pytest

from tests.helpers import check, git, talk
from viking_git.errors import BrokenRules, NotFound, Refused
from viking_git.workspace import Workspace

CODING = "user/default/memories/preferences/coding/content.md"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace, _ = Workspace.init(tmp_path / "w")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A\n\nThe letter A.\n")
    workspace.add([tmp_path / "docs"])
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    workspace.commit(session)
    return workspace


@pytest.fixture
def top(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def append(file: Path, text: str) -> None:
    with file.open("a") as opened:
        opened.write(text)


def rules(workspace: Workspace, **how: object) -> list[str]:
    return [finding.rule for finding in check(workspace, **how).findings]  # type: ignore[arg-type]


def test_a_review_branch_passes_as_it_is(workspace: Workspace, top: Path) -> None:
    session = workspace.new_session("later")
    workspace.add_messages(session, talk([("user", "I prefer dark roast coffee in the morning.")], start=20))
    result = workspace.commit(session, review=True)
    assert rules(workspace, rev=result.branch) == []
    other = workspace.new_session("other")
    workspace.add_messages(other, talk([("user", "I prefer tabs over spaces in Makefiles.")], start=30))
    workspace.commit(other)
    assert rules(workspace, rev=result.branch) == []


def test_a_branch_is_judged_as_it_would_stand(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    append(top / CODING, "\nNo semicolons.\n")
    check(workspace, fix=True)
    git(top, "commit", "-qam", "edit: semicolons")
    git(top, "switch", "-q", "main")
    append(top / CODING, "\nFour spaces.\n")
    check(Workspace.open(top), fix=True)
    git(top, "commit", "-qam", "edit: spaces")
    # Both layers differ from what either side has; the merge makes them again, so nothing is wrong.
    assert rules(workspace, rev="feature", base="main") == []


def test_two_fresh_summaries_of_one_folder(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    (top / "resources/docs/b.md").write_text("# B\n\nThe letter B.\n")
    check(workspace, fix=True)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: b")
    git(top, "switch", "-q", "main")
    (top / "resources/docs/c.md").write_text("# C\n\nThe letter C.\n")
    check(Workspace.open(top), fix=True)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: c")
    checked = check(workspace, rev="feature", base="main")
    assert {(f.rule, f.severity) for f in checked.findings} == {("VG208", "note")}


def test_files_that_only_a_merge_shows_to_clash(workspace: Workspace, top: Path) -> None:
    file = top / "resources/docs/logo.bin"
    for branch, data in (("feature", b"\0one"), ("main", b"\0two")):
        git(top, "switch", "-q", *(["-c"] if branch == "feature" else []), branch)
        file.write_bytes(data)
        check(Workspace.open(top), fix=True)
        git(top, "add", "-A")
        git(top, "commit", "-qm", "edit: a logo")
    assert "VG109" in rules(workspace, rev="feature", base="main")


def test_looking_writes_nothing(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    append(top / CODING, "\nNo semicolons.\n")
    before = {path: path.read_bytes() for path in (top / ".git").rglob("*") if path.is_file()}
    assert rules(workspace) == ["VG203"]
    assert rules(workspace, staged=True) == []
    after = {path: path.read_bytes() for path in (top / ".git").rglob("*") if path.is_file()}
    assert after == before


def test_staged_and_edited_are_told_apart(workspace: Workspace, top: Path) -> None:
    append(top / CODING, "\nNo semicolons.\n")
    assert rules(workspace, staged=True) == []
    git(top, "add", "-A")
    assert rules(workspace, staged=True) == ["VG203"]
    check(workspace, staged=True, fix=True)
    assert rules(workspace, staged=True) == []
    assert sorted(git(top, "diff", "--cached", "--name-only").split()) == [
        CODING.replace("content.md", ".overview.md"), CODING,
    ]  # fmt: skip
    assert git(top, "diff", "--name-only") == ""


def test_only_below_a_uri(workspace: Workspace, top: Path) -> None:
    append(top / CODING, "\nNo semicolons.\n")
    append(top / "resources/docs/a.md", "\nMore.\n")
    assert {f.path.split("/")[0] for f in check(workspace, "viking://resources/").findings} == {"resources"}


def test_what_cannot_be_judged(workspace: Workspace, top: Path) -> None:
    with pytest.raises(NotFound, match="no such revision"):
        check(workspace, rev="nowhere")
    git(top, "switch", "-q", "--orphan", "alone")
    git(top, "commit", "-qm", "alone", "--allow-empty")
    git(top, "switch", "-q", "main")
    with pytest.raises(NotFound, match="no common commit"):
        check(workspace, rev="alone")
    with pytest.raises(Refused, match="cannot be mended"):
        check(workspace, rev="main", fix=True)


def test_a_merge_that_breaks_a_rule_is_refused(workspace: Workspace, top: Path) -> None:
    session = workspace.new_session("later")
    workspace.add_messages(session, talk([("user", "I prefer dark roast coffee in the morning.")], start=20))
    branch = workspace.commit(session, review=True).branch
    git(top, "switch", "-q", str(branch))
    (top / CODING).write_text("no memory at all\n")
    git(top, "commit", "-qam", "edit: by a careless agent")
    git(top, "switch", "-q", "main")
    before = git(top, "rev-parse", "main")
    policy = workspace.policy
    from viking_git.session.land import land

    with pytest.raises(BrokenRules, match=r"VG301.*waits on viking/default/later"):
        land(workspace.store, session, f"refs/heads/{policy.trunk}", "1 memory")
    assert git(top, "rev-parse", "main") == before
    assert git(top, "status", "--porcelain") == ""
