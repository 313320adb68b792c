"""The three-way merge of ``viking.yaml`` by key, which keeps its comments, its order and its blank lines."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from viking_git.model.diff3 import merge_items, merge_text
from viking_git.model.jsonmerge import merge_fields
from viking_git.plainyaml import PlainDumper, read_yaml

_KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z_][\w.-]*) *:(?: |$)")
_HEAD = ""
"""What the lines before the first key are filed under."""


def merge_policy(base: str | None, ours: str, theirs: str) -> tuple[str, bool] | None:
    """The merged file, and whether a key has two values of which somebody has to choose; the sides can be swapped.

    Where the sides change other lines, they merge as lines. Else key by key, each with the comment above it. A list is
    merged by item. Of two values of one key the smaller as text stands, and the other one in a comment above it.

    Returns:
        None where a side is no YAML mapping, or has aliases that expand to more than a policy.
    """
    old, one, other = (_parsed(text) for text in (base or "", ours, theirs))
    if one is None or other is None:
        return None
    first, second = sorted((ours, theirs))
    wanted, lost = merge_fields(old, *(one, other) if first == ours else (other, one))
    by_line = merge_text(base or "", ours, theirs)
    if not lost and by_line is not None and _parsed(by_line) == wanted:
        return by_line, False
    text = _merged(base or "", first, second, wanted, lost, 0)
    if _parsed(text) != wanted:
        # Written in a way that cannot be taken apart by lines: flow style, anchors, a key twice.
        text = "".join(_said(key, value, "") for key, value in sorted(lost.items())) + _dumped(wanted, 0)
    return text, bool(lost)


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        value = read_yaml(text)
    except (yaml.YAMLError, AttributeError, LookupError, RecursionError, ValueError):
        # PyYAML has no error of its own for a date in month 13 or a number that is none.
        return None
    return {} if value is None else value if isinstance(value, dict) else None


def _merged(base: str, ours: str, theirs: str, wanted: Mapping[str, Any], lost: Mapping[str, Any], indent: int) -> str:
    old, one, other = (_blocks(text) for text in (base, ours, theirs))
    order, _ = merge_items(list(old), list(one), list(other))
    order += sorted((one.keys() | other.keys()) - set(order))
    parts: list[str] = []
    for key in order:
        before, mine, yours = old.get(key, ""), one.get(key, ""), other.get(key, "")
        if key != _HEAD and key not in wanted:
            continue
        parts.append(_block(key, (before, mine, yours), wanted, lost, indent))
    return "".join(parts)


def _block(
    key: str, sides: tuple[str, str, str], wanted: Mapping[str, Any], lost: Mapping[str, Any], indent: int
) -> str:
    """The lines of one key: a side's own where its value stands, else its section merged, else written anew."""
    before, mine, yours = sides
    if key == _HEAD:
        return yours if mine == before else mine
    fitting = [text for text in (mine, yours) if text and (_parsed(text) or {}).get(key) == wanted[key]]
    if fitting and key not in lost:
        changed = [text for text in fitting if text != before]
        return min(changed or fitting)
    said = _said(key, lost[key], " " * indent) if key in lost and not isinstance(wanted[key], dict) else ""
    if fitting and said:
        comment, line = _split(min(fitting))
        return comment + (said if said not in comment else "") + line
    if isinstance(wanted[key], dict) and mine and yours:
        (_, old), (head, one), (_, other) = map(_split_section, sides)
        return head + _merged(old, one, other, wanted[key], lost, indent + 2)
    return said + _dumped({key: wanted[key]}, indent)


def _blocks(text: str) -> dict[str, str]:
    """The text's lines by key: each with the comments and blank lines above it, and all that is indented below it."""
    found: dict[str, str] = {}
    waiting, current = "", _HEAD
    depth = min((len(m["indent"]) for m in map(_KEY.match, text.split("\n")) if m), default=0)
    for line in text.splitlines(keepends=True):
        match = _KEY.match(line.rstrip("\r\n"))
        if match and len(match["indent"]) == depth:
            current = match["key"]
            found[current] = found.get(current, "") + waiting + line
            waiting = ""
        elif not line.strip() or line.lstrip().startswith("#"):
            waiting += line
        else:
            found[current] = found.get(current, "") + waiting + line
            waiting = ""
    if waiting:
        found[current] = found.get(current, "") + waiting
    return {key: block if block.endswith("\n") else f"{block}\n" for key, block in found.items()}


def _split(block: str) -> tuple[str, str]:
    """The comments above a key, and its own lines."""
    lines = block.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if _KEY.match(line.rstrip("\r\n")))
    return "".join(lines[:start]), "".join(lines[start:])


def _split_section(block: str) -> tuple[str, str]:
    """A section's comments and heading, and what stands below it."""
    if not block:
        return "", ""
    comment, lines = _split(block)
    heading, _, body = lines.partition("\n")
    return f"{comment}{heading}\n", body


def _said(key: str, value: Any, indent: str) -> str:
    return f"{indent}# contested: another branch says {key}: {json.dumps(value, ensure_ascii=False, default=str)}\n"


def _dumped(value: Mapping[str, Any], indent: int) -> str:
    text = yaml.dump(dict(value), Dumper=PlainDumper, sort_keys=False, allow_unicode=True, default_flow_style=None)
    return "".join(f"{' ' * indent}{line}" for line in text.splitlines(keepends=True))
