"""docs/commands.md is what the commands say of themselves, and every command has a help with an example."""

import importlib.util
from pathlib import Path

import pytest

NOTHING_TO_SAY = {"viking-git version", "viking-git status", "viking-git session list"}

ROOT = Path(__file__).parent.parent


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("COLUMNS", "TERMINAL_WIDTH"):
        monkeypatch.setenv(name, "100")  # restored afterwards
    spec = importlib.util.spec_from_file_location("make_commands", ROOT / "docs/make_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page())


def test_the_page_is_up_to_date(page: str) -> None:
    written = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    assert written == page, "run python docs/make_commands.py"


def test_every_command_shows_an_example(page: str) -> None:
    sections = [section for section in page.split("\n## ")[1:] if "COMMAND [ARGS]" not in section]
    assert len(sections) > 25
    without = {section.splitlines()[0] for section in sections if "\n\nExample:\n  " not in section}
    assert without <= NOTHING_TO_SAY
