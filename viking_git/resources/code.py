"""Descriptions of source code, by light regular expressions: no file is ever run, imported or compiled."""

import re
from collections.abc import Iterator

from viking_git.resources.described import READ_LIMIT, Described, described

LINE_LIMIT = 300
"""Longer lines are data or machine-made, and name nothing."""
COMMENT_LIMIT = 6
"""Comments in front of the code that are looked at."""

_DOCSTRING = re.compile(r"""\A[rRuUbB]{0,2}(\"\"\"|''')(.{0,4000}?)\1""", re.DOTALL)
_BLOCK_COMMENT = re.compile(r"\A(?:/\*+|<!--|\(\*|\{-)(.{0,4000}?)(?:\*+/|-->|\*\)|-\})", re.DOTALL)
_LINE_COMMENT = re.compile(r"\A(?:#+!?|//[/!]?|--+|;+|%+)(.*)")
_CODING = re.compile(
    r"-\*-|^\s*vim:|coding[:=]|eslint|^\s*noqa|^\s*pylint|^\s*<?reference |go:build|\+build|shellcheck"
)
_LICENCE = re.compile(r"(?i)copyright|licen[cs]e|spdx|all rights reserved")

_NAMED = re.compile(
    r"^(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|declare|sealed|open|override"
    r"|data|unsafe|const|pub(?:\([^)\n]{0,40}\))?)\s+)*"
    r"(?:def|class|function\*?|fn|func(?:\s*\([^)\n]{0,80}\))?|interface|trait|struct|enum|type|module|namespace|record"
    r"|object|protocol|macro_rules!|mod|defmodule|package)\s+([A-Za-z_$][\w$]*(?:(?:\.|::)\w+)*)"
)
_VALUE = re.compile(r"^export\s+(?:const|let|var)\s+([A-Za-z_$][\w$]*)")
_SHELL = re.compile(r"^(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\)")
_TARGET = re.compile(r"^([A-Za-z_][\w./-]*)\s*:(?![=:])")
_SQL = re.compile(r"(?i)^create\s+(?:or\s+replace\s+)?(?:temp\w*\s+|unique\s+)?(?:table|view|index|function)\s+"
                  r"(?:if\s+not\s+exists\s+)?([\w.\"]+)")  # fmt: skip
_STAGE = re.compile(r"(?i)^from\s+(\S+)")

_PATTERNS: dict[str, tuple[re.Pattern[str], ...]] = {
    "shell": (_SHELL,),
    "make": (_TARGET,),
    "sql": (_SQL,),
    "docker": (_STAGE,),
}


def code(name: str, text: str) -> Described:
    """A module of most languages: its docstring or leading comment, and its top-level definitions."""
    return _describe(name, text, (_NAMED, _VALUE))


def shell(name: str, text: str) -> Described:
    """A shell script: its leading comment and its functions."""
    return _describe(name, text, _PATTERNS["shell"])


def make(name: str, text: str) -> Described:
    """A Makefile: its leading comment and its targets."""
    return _describe(name, text, _PATTERNS["make"])


def sql(name: str, text: str) -> Described:
    """An SQL script: its leading comment and what it creates."""
    return _describe(name, text, _PATTERNS["sql"])


def docker(name: str, text: str) -> Described:
    """A Dockerfile: its leading comment and the images that it starts from."""
    return _describe(name, text, _PATTERNS["docker"])


def _describe(name: str, text: str, patterns: tuple[re.Pattern[str], ...]) -> Described:
    head = text[:READ_LIMIT]
    names = []
    for line in head.split("\n"):
        if line and not line[0].isspace() and len(line) <= LINE_LIMIT:
            names += [match[1] for pattern in patterns if (match := pattern.match(line))][:1]
    public = [found for found in names if not found.startswith("_")]
    return described("code", name, name, next(_comments(head), ""), public)


def _comments(text: str) -> Iterator[str]:
    """The docstring and comments in front of the code, first paragraphs, less licences and editor lines."""
    rest = text.lstrip()
    for _ in range(COMMENT_LIMIT):
        block = _DOCSTRING.match(rest) or _BLOCK_COMMENT.match(rest)
        if block:
            comment, rest = block[block.lastindex or 0], rest[block.end() :].lstrip()
        elif _LINE_COMMENT.match(rest):
            comment, rest = _line_comments(rest)
        elif rest.startswith(("<?php", "package ", "'use strict'", '"use strict"')):
            comment, rest = "", rest.partition("\n")[2].lstrip()
        else:
            return
        paragraph = _first_paragraph(comment)
        if paragraph and not _LICENCE.search(comment):
            yield paragraph


def _line_comments(text: str) -> tuple[str, str]:
    """The run of line comments that ``text`` begins with, and what follows it."""
    comment: list[str] = []
    lines = text.split("\n")
    while lines and (match := _LINE_COMMENT.match(lines[0].lstrip())):
        line = lines.pop(0).lstrip()
        if not line.startswith("#!") and not _CODING.search(line):
            comment.append(match[1])
    return "\n".join(comment), "\n".join(lines).lstrip()


def _first_paragraph(comment: str) -> str:
    words: list[str] = []
    for raw in comment.split("\n"):
        line = raw.strip().lstrip("*").strip()
        if any(char.isalnum() for char in line):
            words.append(line)
        elif words:
            break
    return " ".join(words)
