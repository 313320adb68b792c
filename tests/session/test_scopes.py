"""``clone --scope``: what a clone of some scopes holds, what it fetches, and that everything works in it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import assert_sound, check, git, talk
from viking_git.errors import InvalidURI, NotFound, RemoteFailed
from viking_git.workspace import Workspace

PAGES = 5
PAGE_NAMES = [f"page{number}.md" for number in range(PAGES)]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A bare repository with two folders and a few memories; the workspace that they come from is ``start``."""
    git(tmp_path, "init", "-q", "--bare", "hub.git")
    git(tmp_path / "hub.git", "config", "uploadpack.allowFilter", "true")
    start, _ = Workspace.init(tmp_path / "start")
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
        for number in range(PAGES):
            (tmp_path / name / f"page{number}.md").write_text(f"# The {name} lighthouse, {number}\n")
        start.add([tmp_path / name])
    say(start, "first", "I prefer tabs over spaces.", "My sister Alice lives in Lisbon.")
    git(tmp_path / "start", "remote", "add", "origin", f"file://{tmp_path}/hub.git")
    start.branches.sync()
    return tmp_path / "hub.git"


@pytest.fixture
def scoped(hub: Path, tmp_path: Path) -> Workspace:
    return Workspace.clone(f"file://{hub}", tmp_path / "scoped", scopes=["resources/near"])[0]


def say(workspace: Workspace, name: str, *lines: str, start: int = 1) -> None:
    session = workspace.new_session(name)
    workspace.add_messages(session, talk([("user", line) for line in lines], start=start))
    workspace.commit(session)


def top_of(workspace: Workspace) -> Path:
    assert workspace.store.workdir is not None
    return workspace.store.workdir


def lacks(workspace: Workspace) -> set[str]:
    lines = git(top_of(workspace), "rev-list", "--objects", "--all", "--missing=print").splitlines()
    return {line[1:] for line in lines if line.startswith("?")}


def fetches(workspace: Workspace) -> int:
    return len(list((top_of(workspace) / ".git/objects/pack").glob("*.promisor")))


def away(hub: Path) -> Path:
    return hub.rename(hub.with_name("away.git"))


def assert_narrow(workspace: Workspace, *scopes: str) -> None:
    """The work tree is as sparse as it was, and clean."""
    assert_sound(top_of(workspace))
    assert git(top_of(workspace), "sparse-checkout", "list").split() == sorted(scopes)
    assert not (top_of(workspace) / "user").exists()


def test_it_holds_its_scopes_and_lists_everything(scoped: Workspace) -> None:
    held = {path.name for path in (top_of(scoped) / "resources").iterdir()}
    assert held == {".abstract.md", ".overview.md", "near"}
    pages = git(top_of(scoped), "ls-tree", "-r", "--format=%(objectname)", "main:resources/far", *PAGE_NAMES).split()
    assert len(pages) == PAGES
    assert set(pages) <= lacks(scoped)
    before = lacks(scoped)
    listed = scoped.ls("viking://resources/far")
    assert [(entry.name, entry.size) for entry in listed] == [(f"page{number}.md", None) for number in range(PAGES)]
    assert {entry.size for entry in scoped.ls("viking://resources/near")} != {None}
    assert len(list(scoped.tree("viking://resources"))) == 2 * PAGES + 2
    assert len(scoped.files.glob("viking://resources/*/page*.md")) == 2 * PAGES
    assert lacks(scoped) == before
    assert_narrow(scoped, "resources/near")


def test_a_search_answers_from_its_scopes_and_embeds_nothing_else(scoped: Workspace, hub: Path) -> None:
    away(hub)
    before = lacks(scoped)
    found = scoped.find("lighthouse", limit=50)
    assert {hit.record.path.partition("/page")[0] for hit in found.hits} <= {"resources", "resources/near"}
    assert found.degraded is not None
    assert "files outside of this clone's scopes are not searched" in found.degraded
    assert scoped.searching.trunk().computed <= 2 * PAGES
    assert lacks(scoped) == before
    with pytest.raises(NotFound):
        scoped.find("lighthouse", uris=["viking://resources/nothing"])


def test_what_is_taken_later_is_found(scoped: Workspace) -> None:
    scoped.find("lighthouse")
    git(top_of(scoped), "sparse-checkout", "add", "resources/far")
    paths = {hit.record.path for hit in scoped.find("far lighthouse", limit=50).hits}
    assert "resources/far/page0.md" in paths
    git(top_of(scoped), "sparse-checkout", "set", "resources/far")
    paths = {hit.record.path for hit in scoped.find("lighthouse", limit=50).hits}
    assert not any(path.startswith("resources/near") for path in paths)


def test_grep_looks_at_scopes_and_fetches_what_is_named(scoped: Workspace) -> None:
    said: list[str] = []
    scoped.store.notice = said.append
    assert len(list(scoped.files.grep("lighthouse", "viking://resources"))) == PAGES
    assert said == ["only this clone's scopes are looked at; a URI outside of them is fetched"]
    before = fetches(scoped)
    assert len(list(scoped.files.grep("lighthouse", "viking://resources/far"))) == PAGES
    assert fetches(scoped) == before + 1
    assert len(said) == 1


def test_a_list_is_one_fetch(scoped: Workspace, tmp_path: Path) -> None:
    whole = Workspace.open(tmp_path / "start")
    for number in range(3):
        say(whole, f"w{number}", f"I prefer number {number}.", start=10 * number + 1)
    skill = tmp_path / "SKILL.md"
    for name in ("one", "two", "three"):
        skill.write_text(f"---\nname: {name}\ndescription: Does {name}.\n---\n\nDo it.\n")
        whole.skills.add(skill)
    whole.branches.sync()
    scoped.branches.sync()
    before = fetches(scoped)
    assert [info.session.id for info in scoped.sessions()] == ["first", "w0", "w1", "w2"]
    assert fetches(scoped) == before + 1
    assert len(scoped.tasks.list(completed=True)) == 4
    between = fetches(scoped)
    assert between <= before + 2
    assert len(scoped.skills.list()) == 3
    assert fetches(scoped) == between + 1


def test_a_session_is_compared_with_the_memories_that_were_elsewhere(scoped: Workspace) -> None:
    said: list[str] = []
    scoped.searching.setting = replace(scoped.searching.setting, notice=said.append)
    session = scoped.new_session("second")
    scoped.add_messages(session, talk([("user", "I prefer tabs over spaces.")], start=9))
    done = scoped.commit(session)
    assert [outcome.mark for outcome in done.outcomes] == ["="], "it was remembered twice"
    assert [line for line in said if "viking://user/default/memories/" in line]
    assert [hit for hit in scoped.find("Alice in Lisbon").hits if hit.record.path.startswith("user/default/memories")]
    before = fetches(scoped)
    say(scoped, "third", "I prefer dark mode in every editor.", start=20)
    assert fetches(scoped) == before
    assert_narrow(scoped, "resources/near")


def test_two_clones_end_the_same_over_several_rounds(scoped: Workspace, tmp_path: Path) -> None:
    whole = Workspace.open(tmp_path / "start")
    for number in range(3):
        say(whole, f"w{number}", f"My sister Alice likes number {number}.", start=10 * number + 1)
        whole.files.write(f"resources/near/whole{number}.md", b"# From the whole clone\n")
        whole.files.write(f"resources/far/page{number}.md", b"# Changed over there\n")
        say(scoped, f"s{number}", f"My sister Alice dislikes number {number}.", start=10 * number + 5)
        scoped.files.write(f"resources/near/page{number}.md", b"# Changed here\n")
        scoped.files.write(f"resources/far/here{number}.md", b"# Put where nothing is checked out\n")
        whole.branches.sync()
        scoped.branches.sync()
        whole.branches.sync()
        assert git(tmp_path / "start", "rev-parse", "main") == git(top_of(scoped), "rev-parse", "main")
        assert (top_of(scoped) / f"resources/near/whole{number}.md").exists()
        assert (tmp_path / f"start/resources/far/here{number}.md").exists()
        assert not (top_of(scoped) / "resources/far").exists()
    assert_narrow(scoped, "resources/near")
    assert_sound(tmp_path / "start")
    assert any("near lighthouse" in hit.record.text for hit in scoped.find("near lighthouse").hits)


def test_a_write_in_a_scope_needs_no_remote(scoped: Workspace, hub: Path) -> None:
    away(hub)
    scoped.files.write("resources/near/new.md", b"# New\n")
    assert check(scoped).findings == ()
    before = git(top_of(scoped), "for-each-ref")
    with pytest.raises(RemoteFailed, match=r"resources/far/page0\.md is not in this clone"):
        scoped.read("resources/far/page0.md")
    with pytest.raises(RemoteFailed, match="cannot be fetched from origin"):
        scoped.files.mv("resources/far", "resources/near/far")
    assert git(top_of(scoped), "for-each-ref") == before
    assert_narrow(scoped, "resources/near")


def test_a_commit_without_the_remote_is_carried_on(scoped: Workspace, hub: Path) -> None:
    gone = away(hub)
    session = scoped.new_session("second")
    scoped.add_messages(session, talk([("user", "I prefer green tea.")], start=9))
    with pytest.raises(RemoteFailed, match="cannot be fetched from origin"):
        scoped.commit(session)
    assert scoped.unfinished() == [session]
    gone.rename(hub)
    assert scoped.commit(session).merge
    assert [message.id for message in scoped.messages(session)] == ["msg_9"]
    assert_narrow(scoped, "resources/near")


def test_a_check_judges_what_is_here_and_what_is_named(scoped: Workspace) -> None:
    said: list[str] = []
    scoped.store.notice = said.append
    lacking = lacks(scoped)
    assert check(scoped).findings == ()
    assert lacks(scoped) == lacking
    assert said == ["of what did not change, only this clone's scopes are judged"]
    assert check(scoped, "viking://resources/far").findings == ()
    assert len(lacking - lacks(scoped)) >= PAGES
    assert len(said) == 1


def test_what_a_plain_pull_brought_is_searched(scoped: Workspace, tmp_path: Path, hub: Path) -> None:
    say(scoped, "second", "I prefer dark mode in every editor.", start=9)
    scoped.branches.sync()
    scoped.find("Alice")
    whole = Workspace.open(tmp_path / "start")
    whole.branches.sync()
    say(whole, "more", "My brother Bob works at a bakery in Porto.", start=20)
    whole.branches.sync()
    git(top_of(scoped), "pull", "-q", "--ff-only")
    gone = away(hub)
    behind = scoped.find("bakery in Porto").degraded
    assert behind is not None
    assert "the newest changes are not searched" in behind
    gone.rename(hub)
    found = scoped.find("bakery in Porto")
    assert "bob" in found.hits[0].record.path
    assert "newest changes" not in str(found.degraded)


@pytest.mark.parametrize(
    ("scope", "error", "words"),
    [
        ("resources/nera", NotFound, "nothing at viking://resources/nera"),
        ("viking://", InvalidURI, "viking:// is everything"),
        ("resources/near/page1.md", InvalidURI, "is a file"),
        ("viking.yaml", InvalidURI, "not a viking URI"),
    ],
)
def test_a_scope_that_is_none_leaves_nothing(
    hub: Path, tmp_path: Path, scope: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Workspace.clone(f"file://{hub}", tmp_path / "scoped", scopes=["resources/near", scope])
    assert not (tmp_path / "scoped").exists()


def test_a_remote_that_does_not_filter_is_said(hub: Path, tmp_path: Path) -> None:
    git(hub, "config", "uploadpack.allowFilter", "false")
    scoped, made = Workspace.clone(str(hub), tmp_path / "scoped", scopes=["viking://resources/near"])
    assert ["does not filter" in note for note in made.notes] == [True]
    assert lacks(scoped) == set()
    assert not [hit for hit in scoped.find("lighthouse", limit=50).hits if "far" in hit.record.path]
    shutil.rmtree(hub)
    assert scoped.read("resources/far/page1.md")
    assert_narrow(scoped, "resources/near")
