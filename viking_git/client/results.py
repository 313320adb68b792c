"""What the clients return: mappings whose fields are attributes too, and trees that print as branches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from viking_git.store.browse import Listed, branches


class Record(dict[str, Any]):
    """A result: ``record["uri"]`` and ``record.uri`` are the same; ``json.dumps`` takes it as it is."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no field {name!r}; there are {', '.join(self)}") from None


class Tree(list[Record]):
    """What is below a directory, depth first; its text shows the branches."""

    def __init__(self, top: str, rows: Sequence[tuple[tuple[bool, ...], Listed]]) -> None:
        super().__init__(record({**entry.to_json(), "level": len(lasts)}) for lasts, entry in rows)
        self._lines = [top, *branches(rows)]

    def __str__(self) -> str:
        return "\n".join(self._lines)


def record(value: Mapping[str, Any]) -> Record:
    """A record of a JSON object, records within it made records too."""
    return Record({key: _made(item) for key, item in value.items()})


def records(values: Iterable[Mapping[str, Any]]) -> list[Record]:
    """A record of each."""
    return [record(value) for value in values]


def _made(value: Any) -> Any:
    if isinstance(value, Mapping):
        return record(value)
    return [_made(item) for item in value] if isinstance(value, list | tuple) else value
