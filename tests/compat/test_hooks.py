"""Hooks under real git: every way to commit, other tools' hooks, no viking-git on PATH."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.compat.hooked import CODING, OVERVIEW, Hooked, environment, program, workspace
from tests.helpers import assert_sound
from viking_git.store.hooks import HOOKS

CONTENT = f"{CODING}/content.md"
FACT = "- No semicolons."


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    # A space in every path that a hook sees.
    made = workspace(tmp_path / "my workspace", program(tmp_path / "my bin"))
    assert made.run("viking-git", "hooks", "install").returncode == 0
    return made


def test_commit_mends_stages_and_says_so(hooked: Hooked) -> None:
    hooked.edit()
    hooked.git("add", "-A")
    assert f"mended and staged {OVERVIEW}" in hooked.git("commit", "-m", "edit: semicolons")
    assert FACT in hooked.committed(OVERVIEW)
    assert hooked.git("status", "--porcelain") == ""


def test_commit_all(hooked: Hooked) -> None:
    hooked.edit()
    hooked.git("commit", "-qam", "edit: semicolons")
    assert FACT in hooked.committed(OVERVIEW)
    assert hooked.git("status", "--porcelain") == ""


def test_commit_of_a_path_leaves_the_rest_as_it_was(hooked: Hooked) -> None:
    hooked.edit()
    hooked.edit("resources/docs/a.md", "\nMore.\n")
    hooked.git("add", "resources/docs/a.md")
    hooked.git("commit", "-qm", "edit: semicolons", CONTENT)
    assert FACT in hooked.committed(OVERVIEW)
    assert "More." not in hooked.committed("resources/docs/a.md")
    assert hooked.git("status", "--porcelain") == "M  resources/docs/a.md\n"


def test_amend(hooked: Hooked) -> None:
    hooked.git("commit", "-q", "--allow-empty", "-m", "edit: nothing")
    hooked.edit()
    hooked.git("commit", "-qa", "--amend", "--no-edit")
    assert FACT in hooked.committed(OVERVIEW)
    assert hooked.git("status", "--porcelain") == ""


def test_an_edit_that_is_not_staged_stays_in_the_work_tree(hooked: Hooked) -> None:
    hooked.edit()
    hooked.git("add", CONTENT)
    hooked.edit(text="\nFour spaces.\n")
    hooked.git("commit", "-qm", "edit: semicolons")
    assert "Four" not in hooked.committed(CONTENT) + hooked.committed(OVERVIEW)
    assert hooked.git("status", "--porcelain") == f" M {CONTENT}\n"


def test_what_cannot_be_mended_is_refused(hooked: Hooked) -> None:
    (hooked.top / CONTENT).write_text("no memory\n")
    done = hooked.run("git", "commit", "-qam", "edit: broken")
    assert done.returncode == 1
    assert f"{CONTENT}:1: error VG301" in done.stderr
    assert "nothing was committed" in done.stderr
    hooked.git("commit", "-qam", "edit: broken", "--no-verify")


def test_policy_refuse_changes_nothing(hooked: Hooked) -> None:
    policy = hooked.top / "viking.yaml"
    policy.write_text(policy.read_text() + "checks:\n  layers: refuse\n")
    hooked.git("commit", "-qam", "edit: refuse")
    hooked.edit()
    done = hooked.run("git", "commit", "-qam", "edit: semicolons")
    assert done.returncode == 1
    assert "error VG203" in done.stderr
    assert "viking-git check --staged --fix" in done.stderr
    assert hooked.git("status", "--porcelain") == f" M {CONTENT}\n"
    hooked.git("add", "-A")
    assert hooked.run("viking-git", "check", "--staged", "--fix").returncode == 0
    hooked.git("commit", "-qm", "edit: semicolons")


def test_merge_rebase_cherry_pick_revert(hooked: Hooked) -> None:
    hooked.git("switch", "-qc", "feature")
    hooked.edit()
    hooked.git("commit", "-qam", "edit: semicolons")
    hooked.git("switch", "-q", "main")
    hooked.edit("user/default/memories/entities/alice/content.md", "\nShe sings.\n")
    hooked.git("commit", "-qam", "edit: singing")
    hooked.git("merge", "-q", "--no-ff", "-m", "session: merge", "feature")
    assert FACT in hooked.committed(OVERVIEW)
    hooked.git("switch", "-qc", "later", "feature")
    hooked.edit(text="\nFour spaces.\n")
    hooked.git("commit", "-qam", "edit: spaces")
    hooked.git("rebase", "-q", "main")
    hooked.git("switch", "-q", "main")
    hooked.git("cherry-pick", "later")
    hooked.git("revert", "--no-edit", "HEAD")
    assert hooked.git("status", "--porcelain") == ""
    assert hooked.git("fsck", "--strict", "--no-dangling") == ""


def test_a_merge_that_leaves_layers_of_neither_side(hooked: Hooked) -> None:
    """Both sides edit one memory; git merges the text, and the hook makes the layers of what came out."""
    text = (hooked.top / CONTENT).read_text()
    (hooked.top / CONTENT).write_text(text + "\nOne.\n\nTwo.\n\nThree.\n\nFour.\n\nFive.\n")
    hooked.git("commit", "-qam", "edit: numbers")
    hooked.git("switch", "-qc", "feature")
    (hooked.top / CONTENT).write_text((hooked.top / CONTENT).read_text().replace("One.", "First."))
    hooked.git("commit", "-qam", "edit: first")
    hooked.git("switch", "-q", "main")
    (hooked.top / CONTENT).write_text((hooked.top / CONTENT).read_text().replace("Five.", "Fifth."))
    hooked.git("commit", "-qam", "edit: fifth")
    hooked.git("merge", "-q", "--no-ff", "-m", "session: merge", "feature")
    assert "- First.\n" in hooked.committed(OVERVIEW)
    assert "- Fifth.\n" in hooked.committed(OVERVIEW)


def test_worktrees(hooked: Hooked, tmp_path: Path) -> None:
    other = tmp_path / "other tree"
    hooked.git("worktree", "add", "-q", "-b", "side", str(other))
    hooked.edit(top=other)
    hooked.git("commit", "-qam", "edit: semicolons", cwd=other)
    assert FACT in hooked.committed(OVERVIEW, "side")
    assert hooked.git("status", "--porcelain", cwd=other) == ""


def test_sparse_staging_indexes(hooked: Hooked) -> None:
    hooked.git("sparse-checkout", "set", "--cone", "--sparse-index", "user")
    hooked.edit()
    hooked.git("commit", "-qam", "edit: semicolons")
    assert FACT in hooked.committed(OVERVIEW)
    assert hooked.git("status", "--porcelain") == ""
    hooked.git("sparse-checkout", "disable")


def test_without_viking_git_git_goes_on_and_says_so(hooked: Hooked) -> None:
    hooked.git("config", "--unset", "viking.program")
    alone = Hooked(hooked.top, environment(None))
    hooked.edit()
    said = alone.git("commit", "-qam", "edit: semicolons")
    assert "viking-git is not on PATH: this commit was not checked" in said
    alone.git("switch", "-qc", "feature")


def test_a_program_off_the_path_is_found_where_it_was_installed(hooked: Hooked) -> None:
    alone = Hooked(hooked.top, environment(None))
    hooked.edit()
    assert "mended and staged" in alone.git("commit", "-am", "edit: semicolons")


def test_another_repository_is_left_alone(hooked: Hooked, tmp_path: Path) -> None:
    other = tmp_path / "other"
    hooked.git("init", "-q", str(other))
    for name in HOOKS:
        (other / ".git/hooks" / name).write_bytes((hooked.top / ".git/hooks" / name).read_bytes())
        (other / ".git/hooks" / name).chmod(0o755)
    (other / "x").write_text("x\n")
    hooked.git("add", "x", cwd=other)
    hooked.git("commit", "-qm", "x", cwd=other)


def test_background_work_delays_nothing_and_does_not_pile_up(hooked: Hooked) -> None:
    log = hooked.top / ".git/viking/hooks.log"
    hooked.git("commit", "-q", "--allow-empty", "-m", "edit: in silence")
    assert hooked.run("viking-git", "hooks", "run", "post-commit").returncode == 0
    assert not log.exists()
    hooked.git("config", "viking.background", "true")
    for number in range(4):
        hooked.git("commit", "-q", "--allow-empty", "-m", f"edit: {number}")
    deadline = time.monotonic() + 60
    while not (log.exists() and "done in" in log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "post-commit: done in" in log.read_text()
    assert "failed" not in log.read_text()


def test_a_push_of_conversations_needs_a_word(hooked: Hooked, tmp_path: Path) -> None:
    hooked.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    hooked.git("push", "-q", "origin", "main")
    done = hooked.run("git", "push", "-q", "origin", "refs/viking/transcripts")
    assert done.returncode == 1
    assert "private conversations" in done.stderr
    place = "session/default/chat/history/archive_001/messages.jsonl"
    hooked.git("add", "-f", place)
    hooked.git("commit", "-q", "--no-verify", "-m", "edit: publish")
    hooked.git("rm", "-q", "--cached", place)
    hooked.git("commit", "-q", "--no-verify", "-m", "edit: take it back")
    done = hooked.run("git", "push", "-q", "origin", "main")
    assert done.returncode == 1
    assert f"this push publishes conversations: {place}" in done.stderr
    assert "git config viking.publish.origin true" in done.stderr
    hooked.git("config", "viking.publish.origin", "true")
    hooked.git("push", "-q", "origin", "main")


USE = '{"created_at": "", "id": "use_1", "skill": {"input": "my words", "success": true, "uri": "viking://x/"}}\n'


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("files/0123.png", "an image"),
        ("files/été.png", "an image"),
        (os.fsdecode("files/été.png".encode("latin-1")), "an image"),
        ("usage.jsonl", USE),
    ],
)
def test_what_belongs_to_a_private_conversation_is_guarded_like_it(
    hooked: Hooked, tmp_path: Path, name: str, data: str
) -> None:
    """Images and what skills were given: a commit refuses them, and so do a push and sync, also once they are gone."""
    hooked.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    hooked.git("push", "-q", "origin", "main")
    path = f"session/default/chat/history/archive_001/{name}"
    (hooked.top / path).parent.mkdir(exist_ok=True)
    (hooked.top / path).write_text(data)
    hooked.git("add", "-f", path)
    done = hooked.run("git", "commit", "-qm", "edit: publish")
    assert done.returncode == 1
    assert "VG404" in done.stderr
    hooked.git("commit", "-q", "--no-verify", "-m", "edit: publish")
    hooked.git("rm", "-q", "--cached", path)
    hooked.git("commit", "-q", "--no-verify", "-m", "edit: take it back")
    for words in (("git", "push", "-q", "origin", "main"), ("viking-git", "sync")):
        done = hooked.run(*words)
        assert done.returncode == 1, words
        assert "this push publishes conversations: session/default/chat/history/archive_001/" in done.stderr
    assert hooked.git("rev-parse", "main~2") == hooked.git("rev-parse", "main", cwd=tmp_path / "remote.git")


def test_use_without_what_was_said_may_go(hooked: Hooked, tmp_path: Path) -> None:
    hooked.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    path = "session/default/chat/history/archive_001/usage.jsonl"
    (hooked.top / path).write_text(USE.replace('"input": "my words", ', ""))
    hooked.git("add", "-f", path)
    hooked.git("commit", "-q", "--no-verify", "-m", "edit: used")
    hooked.git("push", "-q", "origin", "main")


def test_a_mirror_is_no_way_round(hooked: Hooked, tmp_path: Path) -> None:
    """``git push --mirror`` pushes refs outside of branches and tags too."""
    hooked.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    hooked.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    tip = hooked.git("rev-parse", "refs/viking/transcripts").strip()
    done = hooked.run("git", "push", "--mirror", "-q", "origin")
    assert done.returncode == 1
    assert "refs/viking/transcripts holds private conversations" in done.stderr
    # Nor is what another machine gave to this one.
    hooked.git("update-ref", "refs/viking/remotes/other/transcripts", tip)
    hooked.git("update-ref", "-d", "refs/viking/transcripts")
    done = hooked.run("git", "push", "--mirror", "-q", "origin")
    assert done.returncode == 1
    assert "this push publishes conversations" in done.stderr
    assert hooked.git("for-each-ref", cwd=tmp_path / "remote.git") == ""


def test_what_asks_for_consent_is_said_and_stops_no_commit(hooked: Hooked) -> None:
    hooked.git("switch", "-qc", "feature")
    with (hooked.top / "viking.yaml").open("a") as file:
        file.write('checks:\n  allow_paths: ["*"]\n')
    hooked.edit("user/default/memories/entities/alice/content.md", "\nHer password = hunter2-secret\n")
    done = hooked.run("git", "commit", "-qam", "edit: open")
    assert done.returncode == 1
    # Trunk's policy judges: the change cannot let itself pass.
    assert "error VG701" in done.stderr
    assert "warning VG801" in done.stderr
    hooked.git("restore", "-s", "HEAD", "-SW", "user")
    done = hooked.run("git", "commit", "-qam", "edit: open")
    assert done.returncode == 0, done.stderr
    assert "warning VG801" in done.stderr


def test_plain_hooks_are_kept_and_put_back(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    for name, body in (("pre-commit", "echo before >> seen"), ("pre-push", "cat >> seen"), ("post-commit", "exit 3")):
        (made.top / ".git/hooks" / name).write_text(f"#!/bin/sh\n{body}\n")
        (made.top / ".git/hooks" / name).chmod(0o755)
    assert "chained    pre-commit" in made.run("viking-git", "hooks", "install").stdout
    made.run("viking-git", "hooks", "install")
    made.edit()
    made.git("commit", "-qam", "edit: semicolons")
    assert (made.top / "seen").read_text() == "before\n"
    assert FACT in made.committed(OVERVIEW)
    made.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    made.git("push", "-q", str(tmp_path / "remote.git"), "main")
    assert "refs/heads/main" in (made.top / "seen").read_text()
    assert made.run("viking-git", "hooks", "uninstall").stdout == "took away 6 hooks\n"
    assert "echo before" in (made.top / ".git/hooks/pre-commit").read_text()
    assert not (made.top / ".git/hooks/post-merge").exists()
    assert made.run("viking-git", "hooks", "uninstall").stdout == "no hooks of viking-git here\n"


def test_a_failing_hook_of_before_still_refuses(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    (made.top / ".git/hooks/pre-commit").write_text("#!/bin/sh\nexit 7\n")
    (made.top / ".git/hooks/pre-commit").chmod(0o755)
    made.run("viking-git", "hooks", "install")
    made.edit()
    assert made.run("git", "commit", "-qam", "edit: semicolons").returncode == 1


def test_husky(tmp_path: Path) -> None:
    """As husky 9 leaves a repository: core.hooksPath in .husky/_, whose scripts run those above them."""
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    runner = (
        '#!/usr/bin/env sh\nn=$(basename "$0")\ns=$(dirname "$(dirname "$0")")/$n\n'
        '[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n'
    )
    (made.top / ".husky/_").mkdir(parents=True)
    for name in HOOKS:
        (made.top / ".husky/_" / name).write_text(runner)
        (made.top / ".husky/_" / name).chmod(0o755)
    (made.top / ".husky/pre-commit").write_text("echo npm test >> seen\n")
    (made.top / ".husky/pre-push").write_text("cat >> seen\n")
    made.git("config", "core.hooksPath", ".husky/_")
    done = made.run("viking-git", "hooks", "install")
    assert "chained    pre-commit" in done.stdout, done.stderr
    before = (made.top / ".husky/pre-commit").read_text()
    assert before.count("hooks run pre-commit") == 1
    made.run("viking-git", "hooks", "install")
    assert (made.top / ".husky/pre-commit").read_text() == before
    assert made.git("config", "core.hooksPath") == ".husky/_\n"
    made.edit()
    made.git("commit", "-qam", "edit: semicolons")
    assert (made.top / "seen").read_text() == "npm test\n"
    assert FACT in made.committed(OVERVIEW)
    made.git("init", "-q", "--bare", str(tmp_path / "remote.git"))
    made.git("push", "-q", str(tmp_path / "remote.git"), "main")
    assert "refs/heads/main" in (made.top / "seen").read_text()
    made.run("viking-git", "hooks", "uninstall")
    assert (made.top / ".husky/pre-commit").read_text() == "echo npm test >> seen\n"
    assert not (made.top / ".husky/post-merge").exists()


def test_a_hooks_directory_of_other_repositories_too_is_left_alone(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    made.git("config", "core.hooksPath", str(tmp_path / "everywhere"))
    done = made.run("viking-git", "hooks", "install")
    assert done.returncode == 1
    assert "serves other repositories too" in done.stderr
    assert not (tmp_path / "everywhere").exists()


def test_hooks_in_config_touch_no_file(tmp_path: Path) -> None:
    """What is written for git 2.54 and later, which runs ``hook.<name>.command`` beside the hooks directory."""
    from viking_git.store.hooks import install, status, uninstall
    from viking_git.workspace import Workspace

    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    made.git("config", "core.hooksPath", str(tmp_path / "everywhere"))
    store = Workspace.open(made.top).store
    found = install(store, str(tmp_path / "bin/viking-git"), version=(2, 54, 0))
    assert {(hook.way, hook.state) for hook in found} == {("config", "installed")}
    assert sorted(p.name for p in (made.top / ".git/hooks").glob("p*") if p.suffix != ".sample") == []
    command = made.git("config", "hook.viking-git-pre-commit.command").strip()
    assert made.git("config", "hook.viking-git-pre-commit.event") == "pre-commit\n"
    made.edit()
    made.git("add", "-A")
    # Git of this machine may be older, so the command is run as that git would run it.
    done = made.run("sh", "-c", command, GIT_INDEX_FILE=".git/index")
    assert done.returncode == 0
    assert "mended and staged" in done.stderr
    assert uninstall(store) == list(HOOKS)
    assert {hook.state for hook in status(store, version=(2, 54, 0))} == {"missing"}


def test_hooks_in_config_take_the_place_of_files_and_older_git_goes_on(hooked: Hooked) -> None:
    """All that is written, and that a git which does not know it works as without."""
    from viking_git.store.hooks import install
    from viking_git.workspace import Workspace

    install(Workspace.open(hooked.top).store, None, version=(2, 54, 0))
    assert [path.name for path in (hooked.top / ".git/hooks").iterdir() if path.suffix != ".sample"] == []
    said = hooked.git("config", "--local", "--get-regexp", r"^hook\.").splitlines()
    directory = hooked.top / ".git/viking/hooks"
    expected = [
        line
        for name in HOOKS
        for line in (f"hook.viking-git-{name}.command sh '{directory / name}'", f"hook.viking-git-{name}.event {name}")
    ]
    assert said == expected
    version = tuple(int(part) for part in re.findall(r"\d+", hooked.git("version"))[:2])
    hooked.edit()
    hooked.git("commit", "-qam", "edit: semicolons")
    # Here a git from 2.54 on runs them, and one before it takes the keys for somebody else's.
    assert (FACT in hooked.committed(OVERVIEW)) == (version >= (2, 54))
    hooked.git("fsck", "--strict")


def test_a_script_of_another_language_is_left_alone(tmp_path: Path) -> None:
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    (made.top / ".githooks").mkdir()
    (made.top / ".githooks/pre-commit").write_text("#!/usr/bin/env fish\necho hello\n")
    made.git("config", "core.hooksPath", ".githooks")
    done = made.run("viking-git", "hooks", "install")
    assert done.returncode == 2
    assert "is no shell script" in done.stderr


def test_scripts_are_short_and_plain() -> None:
    directory = Path(__file__).parent.parent.parent / "hooks"
    assert sorted(path.name for path in directory.iterdir()) == sorted(HOOKS)
    for name in HOOKS:
        path = directory / name
        assert len(path.read_text().splitlines()) <= 25
        assert os.access(path, os.X_OK)
        assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0


PRE_COMMIT = """
repos:
  - repo: {root}
    rev: {rev}
    hooks:
      - id: viking-git
"""


def test_the_pre_commit_framework(tmp_path: Path) -> None:
    """The framework's own program and config, then our hooks and its own installed over each other."""
    made = workspace(tmp_path / "w", program(tmp_path / "bin"))
    source = tmp_path / "source"
    source.mkdir()
    manifest = Path(__file__).parent.parent.parent / ".pre-commit-hooks.yaml"
    (source / manifest.name).write_bytes(manifest.read_bytes())
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "hooks"]):
        made.git(*words, cwd=source)
    rev = made.git("rev-parse", "HEAD", cwd=source).strip()
    (made.top / ".pre-commit-config.yaml").write_text(PRE_COMMIT.format(root=source, rev=rev))
    made.git("add", "-A")
    made.git("commit", "-qm", "edit: a framework")
    run = [sys.executable, "-m", "pre_commit"]
    done = made.run(*run, "run", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout
    made.edit()
    made.git("add", "-A")
    done = made.run(*run, "run")
    assert done.returncode == 0
    assert f"mended and staged {OVERVIEW}" in done.stdout
    assert FACT in made.git("show", f":{OVERVIEW}")
    for words in ([*run, "install"], ["viking-git", "hooks", "install"], [*run, "install"]):
        done = made.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    made.git("commit", "-qm", "edit: semicolons")
    assert FACT in made.committed(OVERVIEW)
    assert_sound(made.top)


def test_a_work_tree_that_came_to_trunk_beside_a_write_commits_nothing_until_it_is_up_to_date(hooked: Hooked) -> None:
    """The state that a checkout leaves which read main before a write and moved HEAD after it."""
    from viking_git.workspace import Workspace

    hooked.git("branch", "other", "main~1")
    hooked.git("checkout", "-q", "other")
    before = hooked.git("rev-parse", "main").strip()
    Workspace.open(hooked.top).files.write("resources/learnt.md", b"learnt\n")
    hooked.git("checkout", "-q", "main")
    hooked.git("read-tree", "-m", "-u", "main", before)
    hooked.edit()
    refused = hooked.run("git", "commit", "-qam", "edit: mine")
    assert refused.returncode == 1
    assert "beside a write" in refused.stderr
    assert "doctor --fix" in refused.stderr
    assert hooked.run("viking-git", "doctor", "--fix").returncode == 0
    assert hooked.run("git", "commit", "-qam", "edit: mine").returncode == 0
    assert "learnt\n" in hooked.git("show", "main:resources/learnt.md")
