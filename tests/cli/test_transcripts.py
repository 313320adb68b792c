"""Every transcript, command by command."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.transcript import Step, blanked, matches, parse, run

HERE = Path(__file__).parent
TRANSCRIPTS = sorted((HERE / "transcripts").glob("*.txt"))
RECORD = bool(os.environ.get("VIKING_RECORD"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "place").mkdir()
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


def play(text: str, place: Path, program: Path | None = None) -> str:
    """Run a transcript; the text that it should be, placeholders kept."""
    done = []
    for step in parse(text):
        found = run(step, place, program)
        if RECORD:
            done.append(blanked(found, step, {str(place): "<any>"}))
            continue
        shown = f"\n{Step(step.command, step.stdin, found.out, found.err, found.code).render()}"
        assert matches(step.out, found.out), shown
        assert matches(step.err, found.err), shown
        assert step.code == found.code, shown
    return "".join(step.render() for step in done)


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(transcript: Path, place: Path) -> None:
    text = play(transcript.read_text(encoding="utf-8"), place)
    if RECORD:
        transcript.write_text(text, encoding="utf-8")


def test_there_are_enough_cases() -> None:
    assert sum(len(parse(transcript.read_text(encoding="utf-8"))) for transcript in TRANSCRIPTS) >= 40


@pytest.mark.parametrize("name", ["files", "memories"])
def test_transcript_with_the_wheel(name: str, wheel: Path, place: Path, record_property: Callable[..., None]) -> None:
    play((HERE / f"transcripts/{name}.txt").read_text(encoding="utf-8"), place, wheel)
