"""Records that others wrote, read without trust: values of the type that is asked for, and none where they are not.

A JSON file of ours arrives by a merge or a push like any other file, so it may hold anything. ``check`` refuses what
departs from its schema. Everything else reads records through this class: what does not fit is passed over, and said.
"""

from collections.abc import Callable
from typing import Any, Self, TypeVar

from viking_git.errors import InvalidContent
from viking_git.model.meta import load_json

T = TypeVar("T")

COUNT_LIMIT = 2**53
"""The largest number that every reader of JSON, and SQLite, takes for a whole one."""

Told = Callable[[str], None]
"""Hears why something was passed over."""


def unheard(why: str) -> None:
    """A ``Told`` that nobody hears."""


class Record(dict[str, Any]):
    """A JSON object. It is a plain dictionary besides, for what is kept as it is."""

    def __init__(self, value: dict[str, Any] | None = None, told: Told = unheard) -> None:
        """Take an object; ``told`` hears of each value that is of another type than was asked for."""
        super().__init__(value or {})
        self._told = told

    @classmethod
    def parse(cls, data: bytes | None, what: str, told: Told = unheard) -> Self:
        """The object in ``data``, empty for None and where there is none, which ``told`` hears; ``what`` names it."""
        try:
            return cls(load_json(data, what) if data is not None else {}, told)
        except InvalidContent as error:
            told(error.message)
            return cls({}, told)

    def text(self, key: str) -> str:
        """The text at ``key``, "" where there is none."""
        value = self.get(key)
        return value if isinstance(value, str) else self._none(key, "text", "")

    def texts(self, key: str) -> list[str]:
        """The texts in the list at ``key``."""
        found = self._list(key)
        return [value for value in found if isinstance(value, str) or self._none(key, "a list of texts", False)]

    def record(self, key: str) -> "Record":
        """The object at ``key``, empty where there is none."""
        value = self.get(key)
        return Record(value, self._told) if isinstance(value, dict) else self._none(key, "an object", Record())

    def records(self, key: str) -> list["Record"]:
        """The objects in the list at ``key``."""
        found = self._list(key)
        return [
            Record(value, self._told) for value in found
            if isinstance(value, dict) or self._none(key, "a list of objects", False)
        ]  # fmt: skip

    def count(self, key: str) -> int:
        """The whole number at ``key``, from 0 to ``COUNT_LIMIT``; 0 where there is none."""
        value = self.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_LIMIT:
            return value
        return self._none(key, "a count", 0)

    def _list(self, key: str) -> list[Any]:
        value = self.get(key)
        return value if isinstance(value, list) else self._none(key, "a list", [])

    def _none(self, key: str, wanted: str, instead: T) -> T:
        if self.get(key) is not None:
            self._told(f"{key!r} is not {wanted}")
        return instead
