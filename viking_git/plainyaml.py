"""YAML of files that other people wrote: no anchors, no aliases, no merge keys.

A few aliases of aliases, or merge keys of aliases, expand to gigabytes: 495 bytes of ``viking.yaml`` once took 99
seconds and 713 MB, at every command. No file of ours needs one, and what is written out again is no alias any more.
"""

from typing import Any

import yaml

_MERGE = "tag:yaml.org,2002:merge"


class PlainLoader(yaml.SafeLoader):
    """A ``SafeLoader`` that takes anchors, aliases and merge keys for errors (``yaml.MarkedYAMLError``)."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node, as long as nothing names it and it is named by nothing."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            problem = "anchors and aliases are not read; write the value out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuse what would be merged into the mapping."""
        for key, _ in node.value:
            if key.tag == _MERGE:
                problem = "merge keys (<<) are not read; write the values out"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        super().flatten_mapping(node)


class PlainDumper(yaml.SafeDumper):
    """A ``SafeDumper`` that writes a value which stands in two places twice."""

    def ignore_aliases(self, _data: object) -> bool:
        """Whether to write it out: always."""
        return True


def read_yaml(text: str | bytes) -> Any:
    """The value of a YAML document.

    Raises:
        yaml.YAMLError: no YAML, or with anchors, aliases or merge keys.
        AttributeError, LookupError, RecursionError, ValueError: what PyYAML raises for a date in month 13, a number
            that is none, or brackets a thousand deep.
    """
    return yaml.load(text, Loader=PlainLoader)  # noqa: S506 - a SafeLoader that reads even less
