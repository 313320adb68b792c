"""VG104 reserved-name."""

from tests.checks.trees import EVENT, Bench, Proof

PROOF = Proof(
    "VG104",
    bad={f"{EVENT.replace('/2026/', '/2025/')}/content.md": "x"},
    good={f"{EVENT}/notes.md": "x"},
    bad_says="an event of 2026 in the directory 2025",
    good_says="one in 2026",
)


def test_it_catches_the_bad_and_passes_the_good(bench: Bench) -> None:
    found = bench.prove(PROOF)
    assert found.line == 1


def test_spaces_and_sessions(bench: Bench) -> None:
    for path in ("user/memories/x/y.md", "session/default/a..b/history/x", "agent/nul/skills/x/SKILL.md"):
        assert "VG104" in {f.rule for f in bench.judge({path: "x"})}, path
