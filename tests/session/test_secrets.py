"""Ten planted keys go in; none is in any object, work tree file or cache afterwards."""

import random
import string
import subprocess
from pathlib import Path

from tests.helpers import all_paths, assert_sound, talk
from viking_git.model.messages import Message
from viking_git.workspace import Workspace

DICE = random.Random(20261120)
LETTERS = string.ascii_letters + string.digits


def made(prefix: str, length: int, alphabet: str = LETTERS) -> str:
    """A key of a known form. Put together here, so that no scanner takes this file for a leak."""
    return prefix + "".join(DICE.choices(alphabet, k=length))


KEYS = {
    "aws id": made("AK" + "IA", 16, string.ascii_uppercase + "234567"),
    "github": made("gh" + "p_", 36),
    "gitlab": made("glp" + "at-", 20),
    "openai": made("sk-" + "proj-", 48),
    "anthropic": made("sk-" + "ant-api03-", 80),
    "slack": made("xo" + "xb-", 12, string.digits) + "-" + made("", 24),
    "stripe": made("sk_" + "live_", 24),
    "google": made("AI" + "za", 35),
    "npm": made("npm" + "_", 36),
    "url password": made("", 22),
}


def planted() -> list[Message]:
    url = f"postgres://billing:{KEYS['url password']}@db.internal:5432/billing"
    lines = [
        ("user", f"My key is {KEYS['aws id']}, I prefer that you never print it."),
        ("user", f"```sh\nexport GITHUB_TOKEN={KEYS['github']}\ngit push\n```"),
        ("assistant", f"I set `{KEYS['gitlab']}` in the CI."),
        ("user", f'{{"openai": "{KEYS["openai"]}"}}'),
        ("user", f"I always use {KEYS['anthropic']} for the staging service."),
        ("user", f"We decided to connect to {url} on 2026-11-03."),
        *talk_pairs(),
    ]
    tool = Message(
        "msg_tool", "assistant",
        ({"type": "tool", "tool_name": "bash", "tool_input": {"command": f"curl -H 'x: {KEYS['slack']}'",
          "env": [{"STRIPE": KEYS["stripe"]}]}, "tool_output": f"key={KEYS['google']}\nnpm {KEYS['npm']}"},),
        "2026-11-02T10:00:00Z", {"note": f"again {KEYS['github']}"},
    )  # fmt: skip
    return [*talk(lines), tool]


def talk_pairs() -> list[tuple[str, str]]:
    return [("user", "I prefer TypeScript over JavaScript for all my projects.")]


def test_no_planted_key_survives(tmp_path: Path) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top)
    session = workspace.new_session("chat")
    workspace.add_messages(session, planted())
    result = workspace.commit(session)
    assert sum(result.redactions.values()) >= len(KEYS)
    workspace.find("which key do we use for staging")
    dump = subprocess.run(
        ["git", "-C", str(top), "cat-file", "--batch-all-objects", "--batch", "--unordered"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert b"TypeScript" in dump
    files = [path for path in all_paths(top, workspace.environment.cache) if path.is_file()]
    assert any(workspace.environment.cache in p.parents for p in files)
    everything = [dump, *(p.read_bytes() for p in files)]
    for kind, key in KEYS.items():
        assert not any(key.encode() in data for data in everything), kind
    assert_sound(top)
