"""Findings for people and machines."""

import json
import subprocess
import sys
from pathlib import Path

from viking_git.checks.finding import Finding
from viking_git.checks.report import as_github, as_json, as_sarif, as_summary, as_text, counts
from viking_git.checks.rules import RULES

SCHEMA = Path(__file__).parent.parent / "data/sarif-schema-2.1.0.json"

ONE = Finding("a/b,c:d.md", 3, "VG203", "error", "not what content.md says", "viking-git check --fix")
TWO = Finding("x\u202e.md", 1, "VG307", "warning", "50% |contested|\nor not", "edit it")
NOTE = Finding("z.md", 1, "VG207", "note", "later", "viking-git refresh")


def test_text_shows_what_is_hidden() -> None:
    assert as_text([ONE, NOTE, TWO]).splitlines() == [
        "a/b,c:d.md:3: error VG203 not what content.md says",
        "    fix: viking-git check --fix",
        "x\\u202e.md:1: warning VG307 50% |contested|\\u000aor not",
        "    fix: edit it",
    ]


def test_counts() -> None:
    assert counts([]) == "no findings"
    assert counts([NOTE]) == "no findings, 1 note"
    assert counts([ONE, ONE, TWO]) == "2 errors, 1 warning"


def test_json() -> None:
    value = json.loads(as_json([ONE, NOTE]))
    assert (value["errors"], value["warnings"], value["notes"]) == (1, 0, 1)
    assert value["findings"][0] == ONE.to_json()


def test_github_annotations_escape_what_would_end_them() -> None:
    first, second, third = as_github([ONE, TWO, NOTE]).splitlines()
    assert first.startswith("::error file=a/b%2Cc%3Ad.md,line=3,title=VG203 memory-layers::not what")
    assert "::50%25 |contested|" in second
    assert third.startswith("::notice ")


def test_sarif() -> None:
    log = json.loads(as_sarif([TWO, ONE]))
    run = log["runs"][0]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["VG203", "VG307"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a/b%2Cc%3Ad.md"}, "region": {"startLine": 3}}


def test_names_that_are_no_utf_8_can_be_printed() -> None:
    odd = Finding("a/\udcff.md", 1, "VG101", "error", "'\udcff.md' is not UTF-8", "rename it: git mv")
    for text in (as_text([odd]), as_json([odd]), as_github([odd]), as_sarif([odd]), as_summary([odd])):
        assert text.encode()
    assert json.loads(as_json([odd]))["findings"][0]["path"] == "a/\udcff.md"
    assert '"uri": "a/%FF.md"' in as_sarif([odd])


def test_the_published_schema_takes_sarif_of_every_rule(tmp_path: Path) -> None:
    """The schema is that of the OASIS standard, byte for byte as it is published."""
    of_each = [Finding(f"{r.slug}.md", 2, r.id, r.severity, r.about, r.fix) for r in RULES.values()]
    for name, findings in {"none": [], "odd": [ONE, TWO, NOTE], "each": of_each}.items():
        (tmp_path / name).write_text(as_sarif(findings))
    (tmp_path / "wrong").write_text(as_sarif([ONE]).replace('"startLine": 3', '"startLine": 0'))
    words = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SCHEMA), "--output-format", "json"]
    done = subprocess.run([*words, *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False)
    errors = json.loads(done.stdout)["errors"]
    assert {(Path(error["filename"]).name, error["path"].rpartition(".")[2]) for error in errors} == {
        ("wrong", "startLine")
    }


def test_the_summary_is_a_table_of_at_most_fifty() -> None:
    text = as_summary([ONE] * 60)
    assert "60 errors." in text
    assert text.count("| `a/b") == 50
    assert text.endswith("10 more.\n")
    assert "\\|contested\\|" in as_summary([TWO])
