"""Whose documents are whose: names are shared, origins are not."""

import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import assert_sound, check, git
from viking_git.errors import Refused, WouldDelete
from viking_git.resources.origins import address, ids_of
from viking_git.workspace import Workspace


@pytest.fixture
def there(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "w")[0]


def lay(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def documents(there: Workspace, path: str = "resources") -> dict[str, bytes]:
    view = there.snapshot()
    return {p: view.read(p) for p, entry in view.walk(path) if not entry.name.startswith(".")}


def by_hand(there: Workspace, files: dict[str, str]) -> None:
    assert there.store.workdir is not None
    lay(there.store.workdir, files)
    git(there.store.workdir, "add", "-A")
    git(there.store.workdir, "commit", "-q", "--allow-empty", "-m", "edit: by hand")


def test_another_folder_of_the_same_name_is_refused(there: Workspace, tmp_path: Path) -> None:
    first = lay(tmp_path / "a/docs", {f"a{n}.md": f"# A{n}\n" for n in range(3)})
    second = lay(tmp_path / "b/docs", {"b.md": "# B\n"})
    there.add([first])
    before = documents(there)
    with pytest.raises(Refused) as caught:
        there.add([second])
    assert str(first) in caught.value.message
    assert "--to" in (caught.value.hint or "")
    assert "--replace" in (caught.value.hint or "")
    assert documents(there) == before
    assert there.add([second], "viking://resources/b-docs").counts == "+1 ~0 -0"
    assert there.add([second], replace=True).counts == "+1 ~0 -3"
    with pytest.raises(Refused):
        there.add([first])
    assert there.add([second]).unchanged == 1


def test_one_file_of_the_same_name_is_refused(there: Workspace, tmp_path: Path) -> None:
    there.add([lay(tmp_path / "a", {"README.md": "# A\n"}) / "README.md"])
    with pytest.raises(Refused, match="did not come from here"):
        there.add([lay(tmp_path / "b", {"README.md": "# B\n"}) / "README.md"])
    lay(tmp_path / "a", {"README.md": "# A, again\n"})
    assert there.add([tmp_path / "a/README.md"]).counts == "+0 ~1 -0"
    # Files of several places in one directory, which somebody named, are nobody's conflict.
    there.add([lay(tmp_path / "a", {"one.md": "1"}) / "one.md"], "viking://resources/notes")
    there.add([lay(tmp_path / "b", {"two.md": "2"}) / "two.md"], "viking://resources/notes")
    assert set(documents(there, "resources/notes")) == {"resources/notes/one.md", "resources/notes/two.md"}


def test_what_was_written_by_hand_stays(there: Workspace, tmp_path: Path) -> None:
    docs = lay(tmp_path / "docs", {"a.md": "# A\n", "b.md": "# B\n", "sub/c.md": "# C\n", "sub/d.md": "# D\n"})
    there.add([docs])
    by_hand(there, {"resources/docs/sub/mine.md": "# Mine\n"})
    shutil.rmtree(docs / "sub")
    report = there.add([docs])
    assert (report.counts, report.kept) == ("+0 ~0 -2", ("resources/docs/sub/mine.md",))
    assert there.read("resources/docs/sub/mine.md") == b"# Mine\n"
    # Nor does a document of that name take its place.
    lay(docs, {"sub/mine.md": "# Theirs\n"})
    with pytest.raises(Refused, match=r"sub/mine\.md"):
        there.add([docs])
    assert there.add([docs], replace=True).changed == ("resources/docs/sub/mine.md",)
    assert there.store.workdir is not None
    assert_sound(there.store.workdir)
    assert check(there, whole=True).findings == ()


def test_most_of_a_folder_is_not_deleted_unasked(there: Workspace, tmp_path: Path) -> None:
    docs = lay(tmp_path / "docs", {f"{n}.md": f"# {n}\n" for n in range(10)})
    there.add([docs])
    for n in range(6):
        (docs / f"{n}.md").unlink()
    before = documents(there)
    with pytest.raises(WouldDelete, match="6 of the 10") as caught:
        there.add([docs])
    assert "--yes" in (caught.value.hint or "")
    assert documents(there) == before
    lay(docs, {"0.md": "# 0\n"})
    assert there.add([docs]).counts == "+0 ~0 -5"
    for name in (*"06789",):
        (docs / f"{name}.md").rename(docs / f"moved-{name}.md")
    assert there.add([docs]).counts == "+5 ~0 -5"
    for name in (*"0678",):
        (docs / f"moved-{name}.md").unlink()
    assert there.add([docs], yes=True).counts == "+0 ~0 -4"


def test_a_colleague_s_clone_is_the_same_source(there: Workspace, tmp_path: Path) -> None:
    urls = {
        "ada": "https://ada:token@git.example.com/team/Project.git",
        "bob": "git@git.example.com:team/project",
        "eve": "https://git.example.com/team/other",
    }
    for who, url in urls.items():
        git(tmp_path, "init", "-q", str(tmp_path / who / "project"))
        git(tmp_path / who / "project", "remote", "add", "origin", url)
        lay(tmp_path / who / "project/docs", {"a.md": "# A\n", "b.md": f"# B of {who}\n"})
    there.add([tmp_path / "ada/project/docs"])
    assert there.add([tmp_path / "bob/project/docs"]).counts == "+0 ~1 -0"
    with pytest.raises(Refused):
        there.add([tmp_path / "eve/project/docs"])
    # A repository that is given a remote later is still the folder that it was.
    git(tmp_path, "init", "-q", str(tmp_path / "late"))
    lay(tmp_path / "late/notes", {"n.md": "# N\n", "o.md": "# O\n"})
    there.add([tmp_path / "late/notes"])
    git(tmp_path / "late", "remote", "add", "hub", "ssh://git@example.org:22/x/late.git")
    (tmp_path / "late/notes/o.md").unlink()
    assert there.add([tmp_path / "late/notes"]).counts == "+0 ~0 -1"


def test_no_path_and_no_address_is_tracked(there: Workspace, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", str(tmp_path / "p"))
    git(tmp_path / "p", "remote", "add", "origin", "https://ada:s3cret@git.example.com/team/p.git")
    there.add([lay(tmp_path / "p/docs", {"a.md": "# A\n"})])
    there.add([lay(tmp_path / "plain", {"b.md": "# B\n"})])
    view = there.snapshot()
    tracked = b"".join(view.read(path) for path, _ in view.walk())
    for word in (str(tmp_path), "git.example.com", "s3cret", "team/p"):
        assert word.encode() not in tracked
    places = there.store.private_dir / "sources.json"
    assert str(tmp_path / "plain") in json.loads(places.read_text()).values()
    assert places.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("one", "other"),
    [("https://github.com/Team/Docs.git", "git@github.com:team/docs"), ("ssh://git@h:2222/t/d/", "https://u:p@h/t/d.git"),
     ("file:///srv/git/d.git", "/srv/git/d"), ("../d.git", "/srv/git/d")],
)  # fmt: skip
def test_one_remote_in_several_spellings(one: str, other: str) -> None:
    assert address(one, Path("/srv/git/clone")) == address(other, Path("/srv/git/clone"))


def test_links_lead_to_one_id(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to(tmp_path / "d")
    assert ids_of(tmp_path / "l") == ids_of(tmp_path / "d") != ids_of(tmp_path)


def forget(there: Workspace) -> None:
    """Let every directory remember no more than an older viking-git wrote: the name of its source."""
    top = there.store.workdir
    assert top is not None
    for file in (top / "resources").rglob(".meta.json"):
        meta = json.loads(file.read_text())
        if meta.pop("origins", None):
            file.write_text(json.dumps(meta, sort_keys=True, indent=2) + "\n")
    git(top, "commit", "-qam", "edit: as it was")
    (there.store.private_dir / "sources.json").unlink()


def test_a_workspace_that_remembers_names_alone_goes_on(there: Workspace, tmp_path: Path) -> None:
    docs = lay(tmp_path / "a/docs", {"a.md": "# A\n", "b.md": "# B\n", "sub/c.md": "# C\n", "sub/d.md": "# D\n"})
    there.add([docs])
    there.add([docs / "a.md"])
    forget(there)
    by_hand(there, {"resources/docs/mine.md": "# Mine\n"})
    other = lay(tmp_path / "b/docs", {"a.md": "# Other\n", "b.md": "# B\n"})
    with pytest.raises(Refused, match="another source"):
        there.add([other])
    lay(docs, {"a.md": "# A, changed\n"})
    (docs / "sub/d.md").unlink()
    # What it may have brought before and has no longer stays: nobody can tell it from what was written by hand.
    report = there.add([docs])
    assert (report.counts, report.kept) == ("+0 ~1 -0", ("resources/docs/mine.md", "resources/docs/sub/d.md"))
    assert there.add([docs / "a.md"]).counts == "+0 ~1 -0"
    (docs / "b.md").unlink()
    assert there.add([docs]).counts == "+0 ~0 -1"
    with pytest.raises(Refused, match="those of"):
        there.add([other])


NAME = st.sampled_from(["a.md", "b.md", "c.md", "sub/a.md", "sub/d.md", "sub/deep/e.md", "x.txt"])
FOLDER = st.dictionaries(NAME, st.sampled_from(["# One\n", "# Two\n", "# Three\n"]), min_size=1)


@settings(max_examples=12)
@given(
    first=FOLDER, second=FOLDER, hand=st.dictionaries(NAME, st.just("# By hand\n")), named=st.booleans(), again=FOLDER
)
def test_nothing_of_the_first_is_lost(
    first: dict[str, str], second: dict[str, str], hand: dict[str, str], named: bool, again: dict[str, str]
) -> None:
    """Any two folders with any overlap, and any files written by hand: whatever is added, all of it stays."""
    with tempfile.TemporaryDirectory() as name:
        tmp = Path(name)
        there = Workspace.init(tmp / "w")[0]
        one, two = lay(tmp / "a/docs", first), lay(tmp / "b/docs", second)
        there.add([one])
        written = {f"resources/docs/{path}": text for path, text in hand.items() if path not in first}
        by_hand(there, written)
        kept = {**{f"resources/docs/{path}": text for path, text in first.items()}, **written}

        def stays(wanted: dict[str, str]) -> bool:
            found = documents(there)
            return all(found.get(path) == text.encode() for path, text in wanted.items())

        with suppress(Refused):
            there.add([two], "viking://resources/docs" if named else None)
        assert stays(kept)
        shutil.rmtree(one)
        try:
            there.add([lay(one, again)], yes=True)
        except Refused:
            assert stays(kept)
        # What the first folder has no longer may go; what the second one and a person brought does not.
        assert stays(written)
        if named and not any(f"resources/docs/{path}" in kept for path in second):
            assert stays({f"resources/docs/{path}": text for path, text in second.items() if path not in again})
