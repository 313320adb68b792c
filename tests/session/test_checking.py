"""Which tree is judged: branches as they would stand, work trees, staging indexes."""

from pathlib import Path

import pytest

from tests.helpers import all_paths, check, git, talk
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
    before = {path: path.read_bytes() for path in all_paths(top / ".git") if path.is_file()}
    assert rules(workspace) == ["VG203"]
    assert rules(workspace, staged=True) == []
    after = {path: path.read_bytes() for path in all_paths(top / ".git") if path.is_file()}
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
    assert {f.path.split("/")[0] for f in check(workspace, "viking://").findings} == {"resources", "user"}
    with pytest.raises(NotFound, match="nothing is at"):
        check(workspace, "viking://resources/dogs/")


def test_after_a_merge_made_elsewhere_trunk_has_notes_and_no_findings(workspace: Workspace, top: Path) -> None:
    """Two branches each bring a folder below one; git merges them by itself, and trunk's refresh comes later."""
    for branch in ("one", "two"):
        git(top, "switch", "-qc", branch, "main")
        (top / f"resources/docs/{branch}").mkdir()
        (top / f"resources/docs/{branch}/x.md").write_text(f"# {branch}\n\nThe number {branch}.\n")
        (top / "user/default/memories/entities" / branch).mkdir()
        (top / "user/default/memories/entities" / branch / "content.md").write_text(
            f"---\nname: {branch}\ncategory: entities\nkind: number\n---\n# {branch}\n\nIt is {branch}.\n"
        )
        check(Workspace.open(top), f"viking://resources/docs/{branch}", "viking://user/", fix=True)
        git(top, "add", "-A")
        git(top, "commit", "-qm", f"edit: {branch}")
    git(top, "switch", "-q", "main")
    for branch in ("one", "two"):
        git(top, "merge", "-q", "--no-ff", "-m", "session: merge", branch)
    checked = check(Workspace.open(top), whole=True)
    assert {f.severity for f in checked.findings} == {"note"}
    assert "resources/docs/.abstract.md" in {f.path for f in checked.findings}
    Workspace.open(top).refresh()
    assert check(Workspace.open(top), whole=True).findings == ()


def test_a_person_s_summary_that_no_refresh_heals_stays_a_finding(workspace: Workspace, top: Path) -> None:
    (top / "resources/docs/.abstract.md").write_text("Letters, by hand.\n")
    git(top, "commit", "-qam", "edit: by hand")
    workspace.refresh("viking://resources/docs", accept=True)
    (top / "resources/docs/sub").mkdir()
    (top / "resources/docs/sub/b.md").write_text("# B\n\nThe letter B.\n")
    check(Workspace.open(top), fix=True)
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: b")
    workspace.refresh()
    findings = check(Workspace.open(top), whole=True).findings
    assert [(f.rule, f.path) for f in findings] == [("VG204", "resources/docs/.abstract.md")]


def test_mending_a_branch_leaves_alone_what_trunk_did_meanwhile(workspace: Workspace, top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    (top / "user/default/memories/entities/bob").mkdir()
    (top / "user/default/memories/entities/bob/content.md").write_text(
        "---\nname: bob\ncategory: entities\nkind: person\n---\n# Bob\n\nBob cooks.\n"
    )
    git(top, "add", "-A")
    git(top, "commit", "-qm", "edit: bob")
    git(top, "switch", "-q", "main")
    session = workspace.new_session("later")
    workspace.add_messages(session, talk([("user", "My brother Carl lives in Porto.")], start=20))
    workspace.commit(session)
    git(top, "switch", "-q", "feature")
    mended = check(Workspace.open(top), fix=True).mended
    assert {path.rpartition("/")[0] for path in mended} == {"user/default/memories/entities/bob"}


def test_a_session_s_record_is_mended_from_its_archives(workspace: Workspace, top: Path) -> None:
    record = top / "session/default/chat/.meta.json"
    right = record.read_text()
    record.write_text(right.replace('"archives": 1', '"archives": 2'))
    assert "VG206" in rules(workspace)
    assert check(workspace, fix=True).mended == ("session/default/chat/.meta.json",)
    assert record.read_text() == right


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
