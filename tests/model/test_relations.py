"""The relations table, in both of its forms."""

import json

import pytest

from viking_git.errors import InvalidContent
from viking_git.model.relations import Relation, dump_relations, load_relations


def test_comes_back_sorted_each_uri_once() -> None:
    one, two = Relation("viking://resources/a", "why", "2026-01-01T00:00:00Z"), Relation("viking://resources/b")
    data = dump_relations([two, one, Relation("viking://resources/a", "later")])
    assert load_relations(data) == [one, two]
    assert dump_relations(load_relations(data)) == data
    assert data.endswith(b"}\n")


def test_unknown_fields_of_a_relation_are_kept() -> None:
    data = b'{"relations": [{"uri": "viking://resources/a", "weight": 2}]}'
    assert json.loads(dump_relations(load_relations(data)))["relations"][0]["weight"] == 2


def test_the_older_bare_list_is_read() -> None:
    data = b'[{"id": "r1", "uris": ["b", "a"], "reason": "why", "created_at": "t"}, {"uris": []}]'
    assert load_relations(data) == [Relation("b", "why", "t"), Relation("a", "why", "t")]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}", b"5", b"null", b'{"relations": 5}', b'{"relations": [5]}', b'{"relations": [{}]}',
     b'[{"uri": "a"}]', b"\xff", b"[" * 100_000],
)  # fmt: skip
def test_anything_else_is_a_typed_error(data: bytes) -> None:
    with pytest.raises(InvalidContent, match=r"^x/\.relations\.json: not a relations table"):
        load_relations(data, "x/.relations.json")
