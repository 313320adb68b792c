"""``.relations.json``: ``{"relations": [{"uri", "reason", "created_at"}]}``; an older bare list is read too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from viking_git.errors import InvalidContent
from viking_git.model.meta import dump_json, load_value

_KNOWN = {"id", "uri", "uris", "reason", "created_at"}


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A link from a directory to another URI, and why; ``extra`` holds its fields that this class does not know."""

    uri: str
    reason: str = ""
    created_at: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)


def load_relations(data: bytes, what: str = ".relations.json") -> list[Relation]:
    """The relations of a file; of the older bare list ``[{id, uris, reason, created_at}]`` too.

    Raises:
        InvalidContent: neither of the two forms.
    """
    try:
        value = load_value(data, f"{what}: not a relations table")
        if isinstance(value, list):
            flat = [{**item, "uri": uri} for item in value for uri in item["uris"]]
        else:
            flat = value["relations"]
        return [_relation(item) for item in flat]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidContent(f"{what}: not a relations table: {error!r}") from None


def dump_relations(relations: Iterable[Relation]) -> bytes:
    """The bytes of the file, sorted by URI, one entry a URI (the first one's reason stays)."""
    unique: dict[str, Relation] = {}
    for relation in relations:
        unique.setdefault(relation.uri, relation)
    entries = [
        {**r.extra, "uri": r.uri, "reason": r.reason, "created_at": r.created_at} for r in sorted(unique.values())
    ]
    return dump_json({"relations": entries})


def _relation(item: Mapping[str, Any]) -> Relation:
    extra = {key: value for key, value in item.items() if key not in _KNOWN}
    return Relation(str(item["uri"]), str(item.get("reason", "")), str(item.get("created_at", "")), extra)
