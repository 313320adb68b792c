"""Descriptions of tables, structured data and notebooks."""

import csv
import json
import re
from itertools import islice
from typing import Any

from viking_git.resources.described import READ_LIMIT, Described, described
from viking_git.resources.prose import markdown

JSON_LIMIT = 4_000_000
"""Characters of JSON that are parsed; larger files are described by their size."""

_YAML_KEY = re.compile(r"^(?:\"([^\"\n]{1,120})\"|'([^'\n]{1,120})'|([\w.][^\n:#{}\[\],&*?|>]{0,119}?))\s*:(?=\s|$)")
_TOML = re.compile(r"^\[\[?([^\[\]\n]{1,120})\]\]?\s*(?:[#;].*)?$|^([\w.-]{1,120})\s*=")
_LEADING = re.compile(r"\A(?:[ \t]*[#;][^\n]*\n|---[ \t]*\n|[ \t]*\n)*")
_QUOTED = re.compile(r'"[^"]*"')
_TITLES = ("title", "name")
_ABSTRACTS = ("description", "summary", "abstract")


def table(name: str, text: str) -> Described:
    """A CSV or TSV file: its columns and the number of its rows, lines that hold nothing left out."""
    head = text[:READ_LIMIT].split("\n", 1)[0]
    unquoted = _QUOTED.sub("", head)
    delimiter = max(",\t;|", key=unquoted.count)
    try:
        columns = next(csv.reader([head], delimiter=delimiter), [])
    except csv.Error:
        columns = []
    columns = [column.strip() for column in columns if column.strip()]
    rows = max(sum(1 for line in text.split("\n") if line.strip()) - 1, 0)
    abstract = f"Table of {_count(rows, 'row')}: {', '.join(columns)}" if columns else ""
    return described("csv", name, name, abstract, columns)


def json_document(name: str, text: str) -> Described:
    """A JSON document: its own title and description where it has them, and its top-level keys."""
    if len(text) > JSON_LIMIT:
        return described("json", name, name, f"JSON of {len(text):,} characters")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return described("text", name, name)
    if isinstance(value, dict):
        title, abstract = _first_text(value, _TITLES), _first_text(value, _ABSTRACTS)
        keys = list(islice(map(str, value), 200))
        return described("json", name, title, abstract or _keys("JSON object", keys), keys)
    if isinstance(value, list):
        keys = list(islice(map(str, value[0]), 200)) if value and isinstance(value[0], dict) else []
        return described("json", name, name, _keys(f"JSON list of {_count(len(value), 'item')}", keys), keys)
    return described("json", name, name, "JSON value")


def json_lines(name: str, text: str) -> Described:
    """A file of one JSON value a line: the number of lines, and the keys of the first."""
    rows = [line for line in text.split("\n") if line.strip()]
    first = rows[0] if rows and len(rows[0]) <= READ_LIMIT else ""
    try:
        value: Any = json.loads(first) if first else None
    except (ValueError, RecursionError):
        value = None
    keys = list(islice(map(str, value), 200)) if isinstance(value, dict) else []
    return described("json", name, name, _keys(_count(len(rows), "line") + " of JSON", keys) if rows else "", keys)


def yaml_document(name: str, text: str) -> Described:
    """A YAML file: its leading comment, and its top-level keys. It is read line by line, never loaded."""
    return _keyed("yaml", name, text[:READ_LIMIT], _YAML_KEY)


def settings(name: str, text: str) -> Described:
    """A TOML or INI file: its leading comment, its sections, and the keys before the first of them."""
    return _keyed("text", name, text[:READ_LIMIT], _TOML)


def notebook(name: str, text: str) -> Described:
    """A Jupyter notebook: the first Markdown cell, and the headings of all."""
    try:
        value = json.loads(text) if len(text) <= 16 * JSON_LIMIT else {}
        cells = value["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return described("text", name, name)
    found = markdown(name, "\n\n".join(sources))
    return described("notebook", name, found.title, found.abstract, list(found.outline))


def _keyed(kind: Any, name: str, text: str, pattern: re.Pattern[str]) -> Described:
    keys: list[str] = []
    in_section = False
    for line in text.split("\n"):
        match = pattern.match(line) if len(line) <= 300 else None
        if match is None or (in_section and not line.startswith("[")):
            continue
        in_section = line.startswith("[")
        keys.append(next(group for group in match.groups() if group is not None).strip())
    leading = _LEADING.match(text)
    lines = (leading[0] if leading else "").strip().split("\n\n")[0].split("\n")
    comment = " ".join(line.strip().lstrip("#;").strip() for line in lines if line.strip() != "---")
    return described(kind, name, name, comment if any(map(str.isalnum, comment)) else "", keys)


def _first_text(value: dict[Any, Any], names: tuple[str, ...]) -> str:
    return next((found for key in names if isinstance(found := value.get(key), str) and found.strip()), "")


def _keys(what: str, keys: list[str]) -> str:
    return f"{what}: {', '.join(keys)}" if keys else what


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
