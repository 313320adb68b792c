"""Relations and what the other side did to their target: they follow a rename and forget a deletion."""

import json
from pathlib import Path

import pytest

from tests.store.test_merge import Trees

DOCS = {f"resources/docs/{name}.md": f"{name}\n" * 9 for name in ("a", "b")}
PLACE = "resources/docs/.relations.json"


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    return Trees(tmp_path / "repo")


def related(*uris: str) -> dict[str, str]:
    return {PLACE: json.dumps({"relations": [{"uri": f"viking://{uri}", "reason": "r"} for uri in uris]})}


def uris(files: dict[str, bytes]) -> list[str]:
    return [relation["uri"].removeprefix("viking://") for relation in json.loads(files[PLACE])["relations"]]


def test_a_relation_follows_what_the_other_side_renamed(trees: Trees) -> None:
    base = {**DOCS, "resources/guide/x.md": "x\n", "resources/guide/y.md": "y\n"}
    ours = {path.replace("/guide/", "/book/"): data for path, data in base.items()}
    theirs = {**base, **related("resources/guide/", "resources/guide/y.md#L1", "resources/docs/a.md")}
    files, _ = trees.merge(base, ours, theirs)
    assert uris(files) == ["resources/book/", "resources/book/y.md#L1", "resources/docs/a.md"]


def test_a_relation_forgets_what_the_other_side_deleted(trees: Trees) -> None:
    base = {**DOCS, "resources/guide/x.md": "x\n"}
    files, _ = trees.merge(base, DOCS, {**base, **related("resources/guide/", "resources/docs/a.md")})
    assert uris(files) == ["resources/docs/a.md"]
    files, _ = trees.merge(base, DOCS, {**base, **related("resources/guide/")})
    assert PLACE not in files


def test_a_relation_that_led_nowhere_before_stays(trees: Trees) -> None:
    base = {**DOCS, **related("resources/nowhere/")}
    files, _ = trees.merge(base, {**base, **related("resources/docs/b.md", "resources/nowhere/")}, {**base, "x": "x\n"})
    assert uris(files) == ["resources/docs/b.md", "resources/nowhere/"]


def test_what_is_no_table_is_left_alone(trees: Trees) -> None:
    base = {**DOCS, "resources/guide/x.md": "x\n"}
    files, _ = trees.merge(base, DOCS, {**base, PLACE: "{"})
    assert files[PLACE] == b"{"


def test_of_two_new_places_each_merge_takes_the_same(trees: Trees) -> None:
    base = {**DOCS, "resources/guide/x.md": "x\n" * 9, **related("resources/guide/x.md")}
    more = related("resources/guide/x.md", "resources/docs/a.md")
    ours = {**DOCS, "resources/book/x.md": "x\n" * 9, **related("resources/guide/x.md")}
    theirs = {**DOCS, "resources/atlas/x.md": "x\n" * 9, **more}
    files, _ = trees.merge(base, ours, theirs)
    assert uris(files) == ["resources/atlas/x.md", "resources/docs/a.md"]


@pytest.mark.parametrize("uri", ["\ud800", "resources/a\0", "..", "", "/"])
def test_a_relation_that_names_no_path_does_not_stop_the_merge(trees: Trees, uri: str) -> None:
    base = {**DOCS, "resources/guide/x.md": "x\n"}
    files, _ = trees.merge(base, DOCS, {**base, **related(uri, "resources/docs/a.md", "resources/guide/x.md")})
    assert f"viking://{uri}" in [relation["uri"] for relation in json.loads(files[PLACE])["relations"]]


def test_two_reasons_of_one_relation_do_not_depend_on_the_side(trees: Trees) -> None:
    def reason(text: str) -> dict[str, str]:
        return {PLACE: json.dumps({"relations": [{"uri": "viking://resources/docs/a.md", "reason": text}]})}

    files, _ = trees.merge(DOCS, {**DOCS, **reason("one")}, {**DOCS, **reason("two")})
    assert json.loads(files[PLACE])["relations"][0]["reason"] in {"one", "two"}
