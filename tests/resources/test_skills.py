"""What a skill is, by the letter of the Agent Skills specification, and what bringing one in changes."""

from pathlib import Path

import pytest

from tests.resources.conftest import Grow
from viking_git.errors import InvalidContent
from viking_git.resources.skills import checked, read_skill, skill_changes
from viking_git.resources.sources import read_sources

BODY = "# Do\n\nIt.\n"


def skill_file(front: str, body: str = BODY) -> bytes:
    return f"---\n{front}\n---\n{body}".encode()


GOOD = "name: code-search\ndescription: Search code. Use when asked where something is done."


@pytest.mark.parametrize(
    "front",
    [
        GOOD,
        f"{GOOD}\nlicense: Apache-2.0\ncompatibility: Needs ripgrep\nallowed-tools: Bash(rg:*) Read",
        f"{GOOD}\nmetadata:\n  author: ada\n  version: 1.0\n  stable: true",
        "name: code-search\ndescription: " + "x" * 1024,
        f"{GOOD}\ncompatibility: " + "x" * 500,
        "name: code-search\ndescription: |\n  Two\n  lines.",
    ],
)
def test_valid_skills(front: str) -> None:
    found = read_skill(skill_file(front), "code-search")
    assert found.problems == ()
    assert found.notes == ()
    assert checked(found, "x").body == BODY


@pytest.mark.parametrize("name", ["a", "a1", "1-a", "a-b-c", "x" * 64])
def test_valid_names(name: str) -> None:
    assert read_skill(skill_file(f"name: {name}\ndescription: d"), name).problems == ()


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "code_search",
        "code search",
        "-a",
        "a-",
        "a--b",
        "ä",
        "x" * 65,
        "a/b",
        "..",
        "con",
        "skills",
        "",
        "[a]",
        "3",
    ],
)
def test_invalid_names(name: str) -> None:
    assert read_skill(skill_file(f"name: {name}\ndescription: d"), None).problems


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "there is no SKILL.md"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"# No front matter\n", "SKILL.md begins with"),
        (skill_file("name: [a"), "bad YAML"),
        (skill_file("- a\n- b"), "mapping"),
        (skill_file("name: code-search"), "no description"),
        (skill_file("name: code-search\ndescription: '  '"), "no description"),
        (skill_file("name: code-search\ndescription: 7"), "no description"),
        (skill_file("name: code-search\ndescription: " + "x" * 1025), "1,025 characters, 1,024 at most"),
        (skill_file(f"{GOOD}\nlicense: [MIT]"), "license is no text"),
        (skill_file(f"{GOOD}\ncompatibility: ''"), "compatibility has 0"),
        (skill_file(f"{GOOD}\ncompatibility: " + "x" * 501), "compatibility has 501"),
        (skill_file(f"{GOOD}\nmetadata: x"), "metadata"),
        (skill_file(f"{GOOD}\nmetadata:\n  a: [b]"), "metadata"),
        (skill_file(f"{GOOD}\nallowed-tools: [Read]"), "allowed-tools"),
        (skill_file("name: other\ndescription: d"), "its directory's 'code-search'"),
    ],
)
def test_each_departure_is_said(data: bytes | None, words: str) -> None:
    found = read_skill(data, "code-search")
    assert any(words in problem for problem in found.problems), found.problems
    with pytest.raises(InvalidContent, match="x is no skill"):
        checked(found, "x")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(read_skill(skill_file("name: A_b\nlicense: []"), "code-search").problems) == 4


def test_what_others_may_know_is_a_note() -> None:
    found = read_skill(skill_file(f"{GOOD}\nmodel: small", body="\n"), "code-search")
    assert found.problems == ()
    assert len(found.notes) == 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "code-search"
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_bytes(skill_file(GOOD))
    (folder / "scripts/find.sh").write_text("#!/bin/sh\n")
    (folder / "scripts/find.sh").chmod(0o755)
    return folder


TARGET = "agent/default/skills/code-search"


def test_a_folder_is_mirrored(grow: Grow, folder: Path) -> None:
    changes, report = skill_changes(grow(), read_sources([folder]), TARGET)
    base = grow(changes)
    assert report.counts == "+2 ~0 -0"
    assert base.entry(f"{TARGET}/scripts/find.sh").mode == 0o100755  # type: ignore[union-attr]
    assert not skill_changes(base, read_sources([folder]), TARGET)[0]
    base = grow({f"{TARGET}/.overview.md": "mine\n", f"{TARGET}/scripts/.abstract.md": "a\n"}, base)
    (folder / "scripts/find.sh").unlink()
    (folder / "references").mkdir()
    (folder / "references/a.md").write_text("a\n")
    changes, report = skill_changes(base, read_sources([folder]), TARGET)
    after = grow(changes, base)
    assert report.counts == "+1 ~0 -1"
    assert sorted(path for path, _ in after.walk(TARGET)) == [
        f"{TARGET}/.overview.md", f"{TARGET}/SKILL.md", f"{TARGET}/references/a.md",
    ]  # fmt: skip


def test_an_executable_bit_is_a_change(grow: Grow, folder: Path) -> None:
    base = grow(skill_changes(grow(), read_sources([folder]), TARGET)[0])
    (folder / "scripts/find.sh").chmod(0o644)
    changes, report = skill_changes(base, read_sources([folder]), TARGET)
    assert report.changed == (f"{TARGET}/scripts/find.sh",)
    assert grow(changes, base).entry(f"{TARGET}/scripts/find.sh").mode == 0o100644  # type: ignore[union-attr]


def test_a_file_alone_leaves_the_rest(grow: Grow, folder: Path) -> None:
    base = grow(skill_changes(grow(), read_sources([folder]), TARGET)[0])
    alone = folder.parent / "new.md"
    alone.write_bytes(skill_file(GOOD, "# New\n"))
    changes, report = skill_changes(base, read_sources([alone]), TARGET)
    assert report.counts == "+0 ~1 -0"
    assert grow(changes, base).exists(f"{TARGET}/scripts/find.sh")


def test_a_file_may_take_a_directorys_place_and_back(grow: Grow, folder: Path) -> None:
    first = grow(skill_changes(grow(), read_sources([folder]), TARGET)[0])
    (folder / "scripts/find.sh").unlink()
    (folder / "scripts").rmdir()
    (folder / "scripts").write_text("none\n")
    second = grow(skill_changes(first, read_sources([folder]), TARGET)[0], first)
    assert second.read(f"{TARGET}/scripts") == b"none\n"
    (folder / "scripts").unlink()
    (folder / "scripts").mkdir()
    (folder / "scripts/a.sh").write_text("a\n")
    third = grow(skill_changes(second, read_sources([folder]), TARGET)[0], second)
    assert third.read(f"{TARGET}/scripts/a.sh") == b"a\n"
