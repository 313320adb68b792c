"""What files, names and messages say reaches a terminal and the log of a CI job as text, never as a command."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import TextIO, cast

import pytest

from tests.helpers import git
from tests.hostile.trees import template
from tests.hostile.walk import commands, run
from viking_git.checks.finding import Finding
from viking_git.checks.report import as_summary
from viking_git.cli.terminal import Printable, safe_text

RAW = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\udc80-\udcff]")
EVIL = "\x1b[31mred\x1b]0;owned\x07\x9b2J\u202e\r::stop-commands::x"
ALSO = [
    ("abstract", "viking://resources/docs"),
    ("overview", "viking://resources/docs"),
    ("session", "show", "evil"),
    ("session", "context", "evil"),
    ("skill", "show", "docs"),
    ("skill", "validate", "docs"),
    ("glob", "resources/**"),
    ("find", "owned", "--explain"),
    ("search", "owned", "--session", "evil"),
    ("context", "owned red"),
    ("stat", "viking://resources/docs"),
    ("relations", "viking://resources/docs"),
    ("log",),
    ("ls", "-la", "viking://resources/docs"),
    ("read", "viking://resources/no\x1b[2J"),
    ("session", "show", "no\x1b[2J"),
    ("merge", "no\x1b[2J"),
    ("check", "--all"),
    ("check", "--all", "--format", "sarif"),
    ("find", "owned", "--json"),
    ("tree", "--json"),
    ("session", "show", "evil", "--json"),
    ("nothing\x1b[2J",),
    ("config", "no\x1b[2J"),
    ("diff", "x.ovpack"),
    ("status",),
    ("task", "list", "--all"),
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A workspace whose files, names, messages and layers hold what a terminal would obey."""
    top = template(tmp_path) / "w"
    overview = f"# Docs {EVIL}\n\n::error::from an overview\n##[error]x\n"
    (top / "resources/docs/.overview.md").write_bytes(overview.encode())
    (top / "resources/docs/.abstract.md").write_bytes(f"owned {EVIL}\n".encode())
    (top / "resources/docs/jam.md").write_bytes(f"# owned {EVIL}\n\n::error::x owned\n".encode())
    (top / "resources/docs/a\x1b[31m\nb.md").write_text("owned\n")
    (top / "resources/docs/inner").rename(top / os.fsdecode(b"resources/docs/\xe9\x1b"))
    skill = f'---\nname: docs\ndescription: owned {EVIL!r}\n"x\\e[31m": "\\e]0;y\\a"\n---\n\n# owned {EVIL}\n'
    (top / "agent/default/skills/docs/SKILL.md").write_bytes(skill.encode())
    (top / "resources/docs/.relations.json").write_text(
        json.dumps({"relations": [{"uri": "viking://resources/kept/", "reason": EVIL, "created_at": EVIL}]})
    )
    git(top, "add", "-A")
    git(top, "commit", "-qm", f"owned {EVIL}")
    line = {"id": "msg_77", "role": "user", "created_at": "2026-11-02T09:00:00Z", "speaker": f"Eve{EVIL}",
            "parts": [{"type": "text", "text": f"I prefer owned {EVIL}\n::error::said"}]}  # fmt: skip
    live = top / ".git/viking/live/default/evil"
    live.mkdir(parents=True)
    (live / "messages.jsonl").write_text(json.dumps(line) + "\n")
    (live / "session.json").write_text(json.dumps({"name": f"evil{EVIL}", "created_at": "2026-11-02T09:00:00Z"}))
    return tmp_path


def test_no_command_prints_a_control_character(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    for words in [*ALSO, *(words for words, _, _ in commands(hostile))]:
        found = run(hostile / "w", *words)
        assert found.code != 3, (words, found.err)
        for said in (found.out, found.err):
            assert not RAW.search(said), (words, RAW.search(said), said)
            if "github" not in words:
                assert not re.search(r"(?m)^\s*::|##\w*\[", said), (words, said)


def test_json_keeps_every_character(hostile: Path) -> None:
    (said,) = json.loads(run(hostile / "w", "session", "show", "evil", "--json").out)
    assert EVIL in said["parts"][0]["text"]


def test_bad_policy_says_its_key_on_one_line(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    key = '"\\e[31mx\\n::stop-commands::x\\n::add-mask::main\\n::error::fake": 1\n'
    policy = hostile / "w/viking.yaml"
    policy.write_text(policy.read_text() + key)
    git(hostile / "w", "commit", "-qam", "policy")
    found = run(hostile / "w", "status")
    assert found.code == 2
    assert not RAW.search(found.err)
    assert not re.search(r"(?m)^\s*::", found.err)


def test_file_is_read_as_it_is_into_a_pipe_and_safe_on_a_terminal(hostile: Path) -> None:
    words = [sys.executable, "-m", "viking_git", "-C", str(hostile / "w"), "read", "viking://resources/docs/jam.md"]
    expected = (hostile / "w/resources/docs/jam.md").read_bytes()
    piped = subprocess.run(words, capture_output=True, check=True)
    assert piped.stdout == expected
    shown = _on_terminal(words)
    assert "owned" in shown
    assert not RAW.search(shown.replace("\r\n", "\n"))


def test_summary_of_check_holds_no_live_markdown() -> None:
    path = "resources/`@team` [l](x)\\| <img src=x>``.md"
    page = as_summary([Finding(path, 1, "VG101", "error", f"{path!r} is @bad www.evil.com", f"git mv {path}")])
    (row,) = [line for line in page.split("\n") if "VG101" in line]
    for cell in re.split(r"(?<!\\)\|", row)[1:-1]:
        outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", cell)
        assert not re.search(r"[@\[\]<>`]|www\.|//", outside), cell


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["a\x1b[31mb\n"], "a\ufffd[31mb\n"),
        (["a\r\nb\rc\tü👩‍💻\n"], "a\nb\ufffdc\tü👩‍💻\n"),
        (["::error::x\n", " ::x"], ": :error::x\n : :x"),
        (["x", "::y\n"], "x::y\n"),
        (["see ##[error]x ##vso[task.x] ## head\n"], "see # #[error]x # #vso[task.x] ## head\n"),
        (["\ud800\n"], "\ufffd\n"),
    ],
)
def test_stream(parts: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    below = io.StringIO()
    stream = Printable(cast(TextIO, below))
    for part in parts:
        assert stream.write(part) == len(part)
    assert below.getvalue() == expected


def test_outside_of_ci_lines_stay() -> None:
    assert safe_text("::note:: ##[x]\n") == "::note:: ##[x]\n"


def test_terminal_keeps_our_own_styles() -> None:
    assert safe_text("\x1b[1mbold\x1b[0m \x1b[31m", styled=True) == "\x1b[1mbold\x1b[0m \ufffd[31m"


def _on_terminal(words: list[str]) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:
                break
            if not more:
                break
            said += more
        process.wait()
    os.close(ours)
    return said.decode()
