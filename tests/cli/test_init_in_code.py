"""``init`` in a repository of code that is there: one commit, and nothing of its own touched."""

from pathlib import Path

import pytest

from tests.helpers import git, talk
from viking_git.cli.main import main
from viking_git.workspace import Workspace


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A project with a history, its own ignore and attribute files, a hook, and work in progress of every kind."""
    top = tmp_path / "project"
    (top / "src").mkdir(parents=True)
    git_files = {
        "README.md": "# Project\n", "src/main.py": "print('hi')\n", ".gitignore": "*.log\nbuild/",
        "docs.md": "x\r\ny\r\n", "log.jsonl": "{}\r\n", ".gitattributes": "*.py text\n",
        "run.sh": "#!/bin/sh\n", "user.py": "u = 1\n",
    }  # fmt: skip
    for name, text in git_files.items():
        (top / name).write_bytes(text.encode())
    (top / "run.sh").chmod(0o755)
    git(tmp_path, "init", "-q", "-b", "trunk", str(top))
    git(top, "add", "-A")
    git(top, "commit", "-qm", "The project")
    git(top, "branch", "feature")
    (top / ".git/hooks/pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (top / ".git/hooks/pre-commit").chmod(0o755)
    (top / "README.md").write_text("# Project, edited\n")
    (top / "src/staged.py").write_text("s = 1\n")
    git(top, "add", "src/staged.py")
    (top / "untracked.txt").write_text("mine\n")
    (top / "x.log").write_text("ignored\n")
    return top


def files(top: Path) -> dict[str, bytes]:
    # What lies in .git comes and goes, so it is not even walked through.
    tops = (path for path in top.iterdir() if path.name != ".git")
    found = (path for one in tops for path in (one, *one.rglob("*")) if path.is_file())
    return {str(path.relative_to(top)): path.read_bytes() for path in found}


def test_nothing_else_changes(code: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, status, head = files(code), git(code, "status", "--porcelain"), git(code, "rev-parse", "HEAD")
    hook, config = (code / ".git/hooks/pre-commit").read_text(), git(code, "config", "--local", "--list")
    assert main(["init", str(code)]) == 0
    after = files(code)
    changed = {name for name in after if after[name] != before.get(name)}
    ours = {"viking.yaml", *(f"{s}/{n}" for s in ("agent", "resources", "session", "user")
                             for n in (".abstract.md", ".overview.md"))}  # fmt: skip
    assert changed == {".gitignore", ".gitattributes", *ours}
    assert before.keys() <= after.keys()
    assert git(code, "status", "--porcelain") == status
    assert git(code, "rev-parse", "HEAD~1") == head
    assert git(code, "diff", "--name-only", "HEAD~1", "HEAD").split() == sorted(changed)
    for name in (".gitignore", ".gitattributes"):
        assert after[name].startswith(before[name])
    assert (code / ".git/hooks/pre-commit").read_text() == hook
    driver = {
        line for line in git(code, "config", "--local", "--list").splitlines() if line.startswith("merge.viking.")
    }
    assert len(driver) == 2
    assert set(git(code, "config", "--local", "--list").splitlines()) == {*config.splitlines(), *driver}
    assert git(code, "branch", "--format=%(refname:short)").split() == ["feature", "trunk"]
    assert git(code, "fsck", "--strict", "--no-dangling") == ""


def test_it_works_beside_the_code(code: Path) -> None:
    workspace, made = Workspace.init(code)
    assert made.policy.trunk == "trunk"
    status = git(code, "status", "--porcelain")
    workspace.add([code / "src"])
    session = workspace.new_session("chat")
    workspace.add_messages(session, talk())
    assert workspace.commit(session).merge
    assert git(code, "status", "--porcelain") == status
    assert (code / "README.md").read_text() == "# Project, edited\n"
    assert git(code, "show", "HEAD:README.md") == "# Project\n"
    git(code, "commit", "-qnm", "Staged work")
    assert "src/staged.py" in git(code, "show", "--name-only", "--format=", "HEAD")


@pytest.mark.parametrize("scope", ["agent", "resources", "session", "user"])
@pytest.mark.parametrize("tracked", [True, False])
def test_a_folder_of_its_own_by_our_name_is_refused(code: Path, scope: str, tracked: bool) -> None:
    (code / scope).mkdir()
    (code / scope / "x.py").write_text("x\n")
    if tracked:
        git(code, "add", scope)
        git(code, "commit", "-qnm", "More")
    before, refs = files(code), git(code, "for-each-ref")
    assert main(["init", str(code)]) == 2
    assert (files(code), git(code, "for-each-ref")) == (before, refs)


def test_edits_to_the_files_that_init_extends_are_in_the_way(code: Path) -> None:
    (code / ".gitignore").write_text("mine\n")
    before, refs = files(code), git(code, "for-each-ref")
    assert main(["init", str(code)]) == 1
    assert (files(code), git(code, "for-each-ref")) == (before, refs)
    assert not (code / "viking.yaml").exists()
