"""An index whose database opens and says what no index of ours says: it is built anew, and the answer is right."""

import os
import sqlite3
from pathlib import Path

import pytest

from tests.hostile.walk import run
from viking_git.workspace import Workspace

TEXT = "# Jam\n\nThe marmalade is made of oranges.\n"


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE units SET kind = NULL",
        "UPDATE units SET kind = 'x'",
        "UPDATE units SET level = 'x'",
        "UPDATE units SET level = NULL",
        "UPDATE units SET grp = NULL",
        "UPDATE units SET directory = NULL",
        "UPDATE units SET text = NULL",
        "UPDATE units SET path = NULL, fragment = NULL",
        "UPDATE units SET type = NULL",
        "UPDATE units SET row = row + 1000",
        "UPDATE units SET text = x'ff00'",
        "UPDATE units SET line_start = 'x'",
        "UPDATE units SET created_at = 5",
        "UPDATE state SET dim = NULL",
        "UPDATE state SET rows = NULL",
        "UPDATE state SET vectors = 'x'",
        "UPDATE state SET units = NULL",
        "UPDATE state SET format = NULL",
        "UPDATE state SET trunk = 5",
        "DELETE FROM state",
        "DELETE FROM units",
        "UPDATE directories SET status = 5, active_count = 'x'",
        "DROP TABLE units",
        "DROP TABLE words",
    ],
)
def test_find_answers(tmp_path: Path, damage: str) -> None:
    top = tmp_path / "w"
    workspace, _ = Workspace.init(top)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/jam.md").write_text(TEXT)
    workspace.add([tmp_path / "docs"])
    assert run(top, "find", "marmalade oranges").code == 0
    (database,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("index/**/*.sqlite")
    with sqlite3.connect(database) as connection:
        connection.execute(damage)
    connection.close()
    for words in (("find", "marmalade oranges"), ("context", "marmalade"), ("find", "marmalade oranges", "--explain")):
        found = run(top, *words)
        assert found.code == 0, (words, found.err)
    assert run(top, "index", "status").code == 0
