"""Where edits do not overlap, our merge makes the tree that ``git merge`` makes; and git finds no fault in it."""

import random
import subprocess
from pathlib import Path

import pygit2
import pytest

from viking_git.model.diff3 import merge_text
from viking_git.store.merge import merge_trees
from viking_git.store.objects import ObjectWriter


def git(repo: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repo), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def text(chance: random.Random, count: int) -> list[str]:
    return [f"{chance.choice(['', 'alpha', 'beta'])} line {n}\n" if n % 3 else "\n" for n in range(count)]


def edit(chance: random.Random, repo: Path, side: str, mine: set[str]) -> None:
    """Edits that no other side makes: files and line ranges that are ``mine`` alone."""
    for path in sorted(p for p in repo.rglob("*.txt") if p.is_file()):
        lines = path.read_text().splitlines(keepends=True)
        # Upper thirds are one side's, lower thirds the other's; what lies between keeps them from touching.
        third = len(lines) // 3
        low, high = (0, third) if side == "ours" else (len(lines) - third, len(lines))
        match chance.randrange(3):
            case 0 if third:
                at = chance.randrange(low, high)
                lines[at : at + chance.randrange(2)] = [f"{side} wrote {n}\n" for n in range(chance.randrange(3))]
                path.write_text("".join(lines))
            case 1 if path.name in mine and chance.random() < 0.5:
                path.unlink()
    for name in mine:
        directory = repo / f"{chance.choice(['a', 'b', 'deep/er'])}/{side}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(f"new by {side}\n")
    (repo / f"{side}.sh").chmod(0o755)
    (repo / f"{side}.bin").write_bytes(b"\0" + side.encode())


@pytest.mark.parametrize("seed", range(12))
def test_edits_apart_give_gits_own_tree(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    repo = tmp_path / "repo"
    git(tmp_path, "init", "-q", str(repo))
    for n in range(8):
        path = repo / f"{chance.choice(['', 'a/', 'a/b/', 'c-d/', 'c/'])}f{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(text(chance, 18 + n)))
    for side in ("ours", "theirs"):
        (repo / f"{side}.sh").write_text("true\n")
        (repo / f"{side}.bin").write_bytes(b"\0")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "base")
    git(repo, "branch", "theirs")
    for branch, side, mine in (("main", "ours", {"f90.txt", "f91.txt"}), ("theirs", "theirs", {"f92.txt", "f93.txt"})):
        git(repo, "checkout", "-q", branch)
        edit(chance, repo, side, mine)
        git(repo, "add", "-A")
        git(repo, "commit", "-qm", side)
    git(repo, "checkout", "-q", "main")
    base, ours, theirs = (git(repo, "rev-parse", f"{r}^{{tree}}") for r in ("main~", "main", "theirs"))
    git(repo, "merge", "-q", "--no-ff", "-m", "merge", "theirs")

    writer = ObjectWriter(pygit2.Repository(str(repo)))
    result = merge_trees(writer, base, ours, theirs)
    assert (result.contested, result.kept_both) == ((), ())
    assert result.tree == git(repo, "rev-parse", "HEAD^{tree}")


def test_a_tree_with_every_kind_of_merge_passes_fsck(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "repo")
    repo = tmp_path / "repo"
    writer = ObjectWriter(pygit2.Repository(str(repo)))

    def tree(**files: bytes) -> str | None:
        blobs = [(name.replace("_", "."), writer.blob(data), 0o100644) for name, data in files.items()]
        below = writer.tree(blobs)
        return writer.tree(
            [*blobs, ("a", below, 0o40000), ("a-b", writer.blob(files["a_md"]), 0o100755)] if below else []
        )

    result = merge_trees(writer, tree(a_md=b"1\n2\n3\n"), tree(a_md=b"0\n2\n3\n", b_bin=b"\0"), tree(a_md=b"1\n2\n4\n"))
    assert result.tree is not None
    with writer.durable(result.tree):
        pass
    commit = git(repo, "commit-tree", "-m", "merge", result.tree)
    git(repo, "update-ref", "refs/heads/main", commit)
    assert git(repo, "cat-file", "-p", "main:a/a.md") == "0\n2\n4"
    done = subprocess.run(["git", "-C", str(repo), "fsck", "--strict"], capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("seed", range(40))
def test_lines_merge_and_conflict_as_git_merge_file_says(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    base = [f"line {n}\n" for n in range(12)]
    sides = ["".join(base), *("".join(reworded(chance, base, who)) for who in ("ann", "bob"))]
    paths = [tmp_path / name for name in ("base", "ours", "theirs")]
    for path, side in zip(paths, sides, strict=True):
        path.write_text(side)
    done = subprocess.run(
        ["git", "merge-file", "-p", *map(str, (paths[1], paths[0], paths[2]))], capture_output=True, check=False
    )
    assert merge_text(*sides) == (done.stdout.decode() if done.returncode == 0 else None)


def reworded(chance: random.Random, base: list[str], who: str) -> list[str]:
    def choice(n: int, line: str) -> str:
        return {0: "", 1: f"{who} wrote {n}\n", 2: f"{line}{who} added\n"}.get(chance.randrange(20), line)

    return [choice(n, line) for n, line in enumerate(base)]
