"""The blocks of docs/python.md, run from top to bottom; what they print is what the page says."""

import asyncio
import contextlib
import io
import json
import re
from pathlib import Path

import pytest

import viking_git
from viking_git import AsyncOpenViking, OpenViking, Workspace
from viking_git.client.results import record
from viking_git.client.sync import Session
from viking_git.errors import InvalidContent, InvalidURI, NotAWorkspace

PAGE = Path(__file__).parent.parent / "docs/python.md"
BLOCK = re.compile(r"^```(python|output)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = ""
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "output":
            assert printed == text
            printed = ""
            continue
        assert printed == "", "a block printed what the page does not show"
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, str(PAGE), "exec"), names)
        printed = out.getvalue()
    assert printed == ""


def test_exports() -> None:
    assert {name: getattr(viking_git, name).__name__ for name in viking_git.__all__ if name != "__version__"} == {
        "AsyncOpenViking": "AsyncOpenViking", "OpenViking": "OpenViking", "Workspace": "Workspace",
    }  # fmt: skip
    with pytest.raises(AttributeError, match="Viking"):
        _ = viking_git.Viking


def test_the_async_client_has_the_methods_of_the_sync_one() -> None:
    def methods(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert methods(AsyncOpenViking) == methods(OpenViking)
    from viking_git.client.aio import AsyncSession

    assert methods(AsyncSession) == methods(Session)


def test_every_async_method_does_what_the_sync_one_does(tmp_path: Path) -> None:
    workspace, _ = Workspace.init(tmp_path / "w")
    (tmp_path / "x.md").write_text("# X\n\nText about parrots.\n")

    async def run() -> None:
        client = AsyncOpenViking(workspace=workspace)
        await client.write("resources/a.md", "one\n")
        await client.write("resources/a.md", "two\n", append=True)
        await client.mkdir("resources/b/c", parents=True)
        await client.mv("resources/a.md", "resources/b")
        assert await client.read("resources/b/a.md") == "one\ntwo\n"
        assert (await client.stat("resources/b")).kind == "directory"
        await client.rm("resources/b/c", recursive=True)
        await client.add_resource(tmp_path / "x.md")
        await client.link("resources/b", "resources/x", "why")
        assert [r.reason for r in await client.relations("resources/b")] == ["why"]
        await client.unlink("resources/b", "resources/x")
        assert await client.glob("resources/b/*") == ["viking://resources/b/a.md"]
        assert [line.fragment for line in await client.grep("TWO", ignore_case=True)] == ["L2"]
        assert "parrots" in await client.overview("resources/x")
        assert "parrots" in await client.abstract("resources/x")
        assert (await client.wait_processed()).pending == 0
        found = await asyncio.gather(*(client.find("parrots") for _ in range(4)))
        assert {results.resources[0].uri for results in found} == {"viking://resources/x/"}
        session = client.session()
        await asyncio.gather(*(session.add_message("user", f"I prefer editor number {n}.") for n in range(5)))
        assert len(await session.messages()) == 5
        await session.used(["resources/b"])
        skill = await client.add_skill("---\nname: x\ndescription: Does x.\n---\n# X\n\nDo x.\n")
        assert skill.uri == "viking://agent/default/skills/x"
        assert (await session.commit()).archived is True
        assert str(await client.tree("resources/b")) == "viking://resources/b/\n└── a.md"

    asyncio.run(run())


def test_records_are_mappings() -> None:
    made = record({"a": {"b": [{"c": 1}]}})
    assert made.a.b[0].c == made["a"]["b"][0]["c"] == 1
    assert json.loads(json.dumps(made)) == made
    with pytest.raises(AttributeError, match="no field 'x'; there are a"):
        _ = made.x


def test_clear_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotAWorkspace):
        OpenViking()
    Workspace.init(tmp_path / "w")
    client = OpenViking(tmp_path / "w")
    with pytest.raises(InvalidURI, match="nothing is fetched"):
        client.add_resource(url="https://example.com", target="viking://resources/x/")
    client.write("resources/x", b"\xff")
    with pytest.raises(InvalidContent, match="not UTF-8"):
        client.read("resources/x")
