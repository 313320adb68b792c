"""The eight categories of memories as one table.

To add one: a row here, and a row in ``tests/model/test_categories.py``.
"""

import re
from dataclasses import dataclass
from typing import Literal

from viking_git.errors import InvalidContent
from viking_git.model.names import check_memory_name, memory_slug

Owner = Literal["user", "agent"]


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of memory.

    Attributes:
        name: what candidates, front matter and trailers call it; also its directory below ``memories/``.
        owner: whose space it lives in, the user's or the agent's.
        mergeable: whether later facts may be merged in; events and cases are history and stay as they are.
        required: front matter fields that a memory of this category cannot be without.
        dated: whether the directory is grouped by year and its names begin with a date.
        about: one line for help texts, prompts and the container's abstract.
    """

    name: str
    owner: Owner
    mergeable: bool
    required: tuple[str, ...]
    about: str
    dated: bool = False

    def path(self, memory_name: str) -> str:
        """The directory of a memory below ``memories/``: ``preferences/coding``, ``events/2024/2024-01-15_x``."""
        check_memory_name(memory_name)
        if not self.dated:
            return f"{self.name}/{memory_name}"
        if not _DATED_NAME.match(memory_name):
            raise InvalidContent(f"an event's name begins with its date, YYYY-MM-DD_: {memory_name!r}")
        return f"{self.name}/{memory_name[:4]}/{memory_name}"

    def memory_name(self, label: str, date: str | None = None) -> str:
        """A valid name for a memory labelled ``label`` (a topic, a name, a short title)."""
        if not self.dated:
            return memory_slug(label)
        if date is None or not _DATE.match(date):
            raise InvalidContent(f"an event needs a date as YYYY-MM-DD, not {date!r}")
        return f"{date[:10]}_{memory_slug(label)}"


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATED_NAME = re.compile(r"\d{4}-\d{2}-\d{2}_.")

CATEGORIES: dict[str, Category] = {
    category.name: category
    for category in (
        Category("profile", "user", True, (), "who the user is, by aspect"),
        Category("preferences", "user", True, ("topic",), "what the user prefers, by topic"),
        Category("entities", "user", True, ("kind",), "people, projects, places and concepts"),
        Category("events", "user", False, ("date",), "decisions and dated events, by year", dated=True),
        Category("cases", "agent", False, ("problem",), "problems and what solved them"),
        Category("patterns", "agent", True, (), "ways of working that can be used again"),
        Category("tools", "agent", True, ("tool",), "tools and what using them taught"),
        Category("skills", "agent", True, ("skill",), "skills and what using them taught"),
    )
}


def category(name: str) -> Category:
    """The category called ``name``.

    Raises:
        InvalidContent: there is none.
    """
    try:
        return CATEGORIES[name]
    except KeyError:
        raise InvalidContent(
            f"unknown memory category {name!r}", hint=f"the categories are {', '.join(CATEGORIES)}"
        ) from None
