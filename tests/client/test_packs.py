"""Packs from asynchronous programs: the same results, one at a time, and the loop goes on."""

import asyncio
from pathlib import Path

import pytest

from tests.packs import PackMaker
from viking_git.client.aio import AsyncOpenViking
from viking_git.errors import Refused
from viking_git.workspace import Workspace


def test_packs_go_out_and_in(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "w")
    file = PackMaker({"a.md": b"# A\n"}).write(tmp_path / "x.ovpack")

    async def run() -> tuple[list[str], str]:
        client = AsyncOpenViking(tmp_path / "w")
        targets = [f"viking://resources/{n}/" for n in range(3)]
        imports = (client.import_ovpack(file, target, vectorize=False) for target in targets)
        uris = await asyncio.gather(*imports)
        with pytest.raises(Refused):
            await client.import_ovpack(file, targets[0])
        return uris, await client.export_ovpack("resources/1/x", tmp_path / "out.ovpack")

    uris, path = asyncio.run(run())
    assert uris == [f"viking://resources/{n}/x" for n in range(3)]
    assert Path(path).is_file()
