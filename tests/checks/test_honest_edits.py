"""Twenty edits as people make them: after ``check --fix`` there is nothing to find, and nothing said is lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checks.trees import ALICE, CASE_TEXT, CODING, RELATIONS, SKILL, SKILL_TEXT, Bench
from tests.helpers import check, git
from viking_git.workspace import Workspace

FOOD = "user/default/memories/preferences/food"


def change(path: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(top: Path) -> None:
        text = (top / path).read_text()
        assert old in text
        (top / path).write_text(text.replace(old, new, 1))

    return edit


def append(path: str, text: str) -> Callable[[Path], None]:
    def edit(top: Path) -> None:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        with (top / path).open("a") as file:
            file.write(text)

    return edit


def renamed_topic(top: Path) -> None:
    git(top, "mv", CODING, f"{CODING}_style")


def deleted_memory(top: Path) -> None:
    shutil.rmtree(top / ALICE)


def deleted_content(top: Path) -> None:
    (top / ALICE / "content.md").unlink()


def deleted_document(top: Path) -> None:
    shutil.rmtree(top / "resources/docs/api")


def renamed_document(top: Path) -> None:
    git(top, "mv", "resources/docs/api/send.md", "resources/docs/api/sending.md")


def windows_editor(top: Path) -> None:
    file = top / CODING / "content.md"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\nSpaces.\r\n")


def one_line_relations(top: Path) -> None:
    table = json.loads((top / RELATIONS).read_text())
    table["relations"].append({"uri": f"viking://{ALICE}/", "reason": "uses it"})
    (top / RELATIONS).write_text(json.dumps(table))


def merge_by_button(top: Path) -> None:
    git(top, "switch", "-qc", "feature")
    append(f"{FOOD}/content.md", "\nNo sugar.\n")(top)
    check(Workspace.open(top), fix=True)
    git(top, "commit", "-qam", "edit: sugar")
    git(top, "switch", "-q", "main")
    append(f"{ALICE}/content.md", "\nShe sings.\n")(top)
    check(Workspace.open(top), fix=True)
    git(top, "commit", "-qam", "edit: singing")
    git(top, "merge", "-q", "--no-ff", "-m", "Merge pull request #1", "feature")


def reverted(top: Path) -> None:
    append(f"{FOOD}/content.md", "\nNo sugar.\n")(top)
    check(Workspace.open(top), fix=True)
    git(top, "commit", "-qam", "edit: sugar")
    git(top, "revert", "--no-edit", "HEAD")


PATTERNS = "agent/default/memories/patterns/small_steps"
ENTITY = "---\nname: bob\ncategory: entities\nkind: person\n---\n# Bob\n\nBob repairs bicycles.\n\nHe has two cats.\n"
PATTERN = "---\nname: small_steps\ncategory: patterns\n---\n# Small steps\n\nCommit early.\n"

EDITS: tuple[tuple[str, Callable[[Path], None]], ...] = (
    ("a fact is added to a memory", append(f"{CODING}/content.md", "\nThe user indents with tabs.\n")),
    ("a typo is mended in a memory", change(f"{CODING}/content.md", "TypeScript", "Typescript")),
    ("an overview is added to a memory", append(f"{ALICE}/content.md", "\n## Overview\n\n- Lives: Lisbon\n")),
    ("a memory is marked as superseded", change(f"{FOOD}/content.md", "status: active", "status: superseded")),
    ("an alias is added", change(f"{ALICE}/content.md", "status: active", "aliases:\n- Ally\nstatus: active")),
    ("a memory is written by hand", append("user/default/memories/entities/bob/content.md", ENTITY)),
    ("the first memory of a category is written", append(f"{PATTERNS}/content.md", PATTERN)),
    ("a case is written by hand", append(
        "agent/default/memories/cases/twice/content.md",
        CASE_TEXT.replace("locked_index", "twice").replace("A crashed git", "An editor that died"))),
    ("a topic is renamed", renamed_topic),
    ("a memory is deleted", deleted_memory),
    ("only content.md of a memory is deleted", deleted_content),
    ("a document is added", append("resources/docs/api/get.md", "# Getting\n\nHow to get mail.\n")),
    ("a folder of documents is added", append("resources/manual/part/one.md", "# One\n\nThe first part.\n")),
    ("a document is edited", append("resources/docs/README.md", "\n## Install\n\nCopy it.\n")),
    ("a folder of documents is deleted", deleted_document),
    ("a document is renamed", renamed_document),
    ("a relation is added on one line", one_line_relations),
    ("a memory is edited on Windows", windows_editor),
    ("a skill is written by hand", append(
        f"{SKILL.replace('review-code', 'ship')}/SKILL.md", SKILL_TEXT.replace("review-code", "ship"))),
    ("two branches are merged by a button", merge_by_button),
)  # fmt: skip


@pytest.fixture
def clone(bench: Bench, tmp_path: Path) -> Path:
    top = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(bench.workspace.store.workdir), str(top))
    return top


def test_there_are_twenty() -> None:
    assert len(EDITS) == 20


@pytest.mark.parametrize("edit", [e[1] for e in EDITS], ids=[e[0] for e in EDITS])
def test_nothing_is_found_after_fix(clone: Path, edit: Callable[[Path], None]) -> None:
    edit(clone)
    checked = check(Workspace.open(clone), fix=True)
    assert [f for f in checked.findings if f.severity != "note"] == []
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "edit: by hand", "--allow-empty")
    # The next write on trunk heals what branches leave to it; then not even a note is left.
    Workspace.open(clone).refresh()
    assert check(Workspace.open(clone)).findings == ()
    assert git(clone, "status", "--porcelain") == ""


def test_words_survive_the_mending(clone: Path) -> None:
    windows_editor(clone)
    renamed_topic(clone)
    check(Workspace.open(clone), fix=True)
    text = (clone / f"{CODING}_style/content.md").read_bytes()
    assert b"Spaces." in text
    assert b"name: coding_style\n" in text
    assert b"\r" not in text


def test_a_revert_leaves_nothing_to_mend(clone: Path) -> None:
    reverted(clone)
    assert [f for f in check(Workspace.open(clone)).findings if f.severity != "note"] == []
