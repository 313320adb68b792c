"""Packs whose parts do not agree, of every version."""

import hashlib
import random
from pathlib import Path

import pytest

from tests.packs import Item, PackMaker, make_zip
from viking_git.config import PackPolicy
from viking_git.errors import BadPack, NotFound
from viking_git.pack.read import open_pack

FILES = {"a.md": b"# A\n", "deep/er/b.bin": bytes(range(256)), "empty": b"", ".dot": b"x"}
SHA = hashlib.sha256(b"").hexdigest()


def contents(file: Path) -> list[str]:
    with open_pack(file, PackPolicy()) as pack:
        return sorted(checked.path for checked in pack.check())


def refused(tmp_path: Path, maker: PackMaker | bytes) -> BadPack:
    file = tmp_path / "bad.ovpack"
    file.write_bytes(maker if isinstance(maker, bytes) else make_zip(maker.items()))
    with pytest.raises(BadPack) as caught:
        contents(file)
    assert caught.value.message.startswith("bad.ovpack: ")
    return caught.value


@pytest.mark.parametrize("version", [2, 3])
def test_a_sound_pack(tmp_path: Path, version: int) -> None:
    file = PackMaker(FILES, ["hollow/inner"], version=version).write(tmp_path / "x.ovpack")
    with open_pack(file, PackPolicy()) as pack:
        assert {c.path: c.sha256 for c in pack.check()} == {p: hashlib.sha256(d).hexdigest() for p, d in FILES.items()}
        assert pack.directories == ["deep", "deep/er", "hollow", "hollow/inner"]
        assert pack.manifest.version == version


def test_a_pack_without_a_manifest_is_v1(tmp_path: Path) -> None:
    file = PackMaker({"a.md": b"x", "_._dot/_._abstract.md": b"y"}, version=1).write(tmp_path / "x.ovpack")
    with open_pack(file, PackPolicy()) as pack:
        assert [c.path for c in pack.check()] == ["a.md", ".dot/.abstract.md"]
        assert (pack.manifest.version, pack.directories) == (1, [".dot"])


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No such file"):
        contents(tmp_path / "none.ovpack")
    with pytest.raises(NotFound):
        contents(tmp_path)


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"root": {"name": "y", "uri": "viking://resources/y", "scope": "resources"}}, "_ovpack/manifest.json"),
        ({"root": {"name": "x", "uri": "viking://resources/y", "scope": "resources"}}, "_ovpack/manifest.json"),
        ({"index": {"records": {"path": "_ovpack/none.jsonl", "count": 0, "sha256": SHA}}}, "_ovpack/none.jsonl"),
        ({"index": {"records": {"path": "_ovpack/index_records.jsonl", "count": 1, "sha256": SHA}}},
         "_ovpack/index_records.jsonl"),
        ({"index": {"records": {"path": "_ovpack/index_records.jsonl", "count": 0, "sha256": "0" * 64}}},
         "_ovpack/index_records.jsonl"),
        ({"index": {"dense": {"path": "_ovpack/dense.f32", "count": 1, "dimensions": 4, "sha256": SHA}}},
         "_ovpack/dense.f32"),
    ],
)  # fmt: skip
def test_manifests_that_do_not_fit(tmp_path: Path, change: dict[str, object], member: str) -> None:
    assert refused(tmp_path, PackMaker(FILES, change=change)).member == member


def test_manifest_and_archive_list_the_same(tmp_path: Path) -> None:
    extra = PackMaker(FILES, extra=[Item("x/files/more.md", b"x")])
    assert refused(tmp_path, extra).member == "more.md"
    missing = PackMaker(FILES)
    items = [item for item in missing.items() if item.name != "x/files/a.md"]
    assert refused(tmp_path, make_zip(items)).member == "a.md"
    hidden = [item for item in missing.items() if item.name != "x/files/deep/"]
    assert refused(tmp_path, make_zip(hidden)).member == "deep"


def test_bytes_that_the_manifest_does_not_know(tmp_path: Path) -> None:
    other = PackMaker(FILES)
    items = [Item(item.name, b"# B\n") if item.name == "x/files/a.md" else item for item in other.items()]
    error = refused(tmp_path, make_zip(items))
    assert (error.member, "sha256" in error.message) == ("a.md", True)
    items = [Item(item.name, b"longer") if item.name == "x/files/a.md" else item for item in other.items()]
    assert "the manifest says 4" in refused(tmp_path, make_zip(items)).message


@pytest.mark.parametrize(
    "name",
    ["x/other", "x/_ovpack/more.json", "x/_ovpack/sub/", "y/files/a", "plain", "x/files/../../etc",
     "x/files//etc/passwd",
     "x/files/.git/config", "x/files/a\\b", "x/files/C:/x", "x/files/A.MD", "x/files/a.md", "x/files/in.ovpack",
     "x/_ovpack/manifest.json", "../x", "/abs", "x/"],
)  # fmt: skip
def test_members_that_a_pack_does_not_have(tmp_path: Path, name: str) -> None:
    error = refused(tmp_path, PackMaker(FILES, extra=[Item(name, b"" if name.endswith("/") else b"x")]))
    assert error.member or "one directory" in error.message


def test_v1_is_guarded_by_the_same_names(tmp_path: Path) -> None:
    for name in ("../y", "a//b", "_._git/config", "A.md", "a.md/b", "_ovpack/x", "_._./x"):
        assert refused(tmp_path, PackMaker({"a.md": b"x", name: b"y"}, version=1))


def test_it_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    chance = random.Random(5)
    data = make_zip(PackMaker({f"d/{n}": chance.randbytes(2_000) for n in range(20)}).items())
    for end in range(0, len(data) - 1, 1024):
        refused(tmp_path, data[:end])
