"""YAML front matter, read so that writing it again loses nothing: ``1.10`` and ``yes`` stay what a person typed."""

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from viking_git.errors import InvalidContent
from viking_git.model.text import DEPTH_LIMIT
from viking_git.plainyaml import PlainDumper, PlainLoader

_FRONT = re.compile(r"---[ \t]*\n(?P<head>.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINE_END = re.compile("[\x85\u2028\u2029]")


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields of a Markdown file's front matter, and the text below it.

    Dates, and numbers and booleans in other spellings than YAML's own, are text.

    Raises:
        InvalidContent: none, bad YAML, no mapping of names, a field named twice, anchors.
    """
    match = _FRONT.match(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    if not match:
        raise InvalidContent("content.md begins with YAML front matter between two lines of ---")
    try:
        front = yaml.load(match["head"], Loader=_PlainLoader)  # noqa: S506 - a SafeLoader that reads even less
        _check_depth(front, DEPTH_LIMIT)
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidContent(f"bad YAML in the front matter: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise InvalidContent("the front matter is nested too deeply") from None
    if not isinstance(front, dict) or not all(isinstance(key, str) for key in front):
        raise InvalidContent("the front matter is a mapping of field to value")
    return front, match.string[match.end() :]


def join_front_matter(fields: Mapping[str, Any], body: str) -> str:
    """A Markdown file with ``fields``, in their order, above ``body``: the same bytes for equal values."""
    head = yaml.dump(dict(fields), Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n{head}---\n{body}"


def _check_depth(value: object, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth == 0:
            raise RecursionError
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth - 1)


class _PlainLoader(PlainLoader):
    """No dates and no field twice; scalars whose text YAML would write otherwise stay text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        name, count = names.most_common(1)[0] if names else ("", 0)
        if count > 1:
            raise yaml.constructor.ConstructorError(None, None, f"the field {name!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)

    def construct_plain(self, node: yaml.ScalarNode) -> Any:
        """A number or a boolean that is written as YAML would write it, else the text."""
        text = str(node.value)
        if node.tag.endswith(":bool"):
            return {"true": True, "false": False}.get(text, text)
        try:
            number = int(text) if node.tag.endswith(":int") else float(text)
        except ValueError:
            return text
        return number if str(number) == text else text


class _PlainDumper(PlainDumper):
    """Escapes what YAML takes for line ends."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _LINE_END.search(text) else None)


_PlainDumper.add_representer(str, _PlainDumper.represent_text)
for _tag in ("bool", "int", "float"):
    _PlainLoader.add_constructor(f"tag:yaml.org,2002:{_tag}", _PlainLoader.construct_plain)
_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
