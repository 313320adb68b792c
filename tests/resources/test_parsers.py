"""Every parser over honest and hostile files."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viking_git.model.layers import ABSTRACT_LIMIT
from viking_git.resources.described import OUTLINE_LIMIT, TITLE_LIMIT, Described
from viking_git.resources.parsers import BY_NAME, BY_SUFFIX, describe

ALL_NAMES = [f"file{suffix}" for suffix in sorted(BY_SUFFIX)] + sorted(BY_NAME)
ONE_NAME_A_PARSER = {BY_SUFFIX.get(f".{name.rpartition('.')[2]}") or BY_NAME[name]: name for name in ALL_NAMES}
NAMES = [*sorted(ONE_NAME_A_PARSER.values()), "file", "file.unknown", ".hidden", "a.b."]

HOSTILE = {
    "empty": b"",
    "blank": b" \n\t\n \n",
    "nul": b"title\0body",
    "binary": bytes(range(256)) * 8,
    "latin-1": "caf\xe9 na\xefve".encode("latin-1"),
    "bom": b"\xef\xbb\xbf# Title\n\nText.",
    "utf-16": "# Title\n\nText.".encode("utf-16"),
    "half a utf-16 character": b"\xff\xfea",
    "escapes": b"# \x1b[31mred\x1b[0m\n\n\x07bell \xe2\x80\xae turned\n",
    "one long line": b"x" * 200_000,
    "long words": b"# " + b"word " * 50_000,
    "nested quotes": b">" * 50_000,
    "nested lists": b"- " * 25_000,
    "nested brackets": b"[" * 15_000,
    "nested braces": b'{"a":' * 30_000,
    "yaml brackets": b"---\n" + b"[" * 7_000 + b"\n---\ntext",
    "yaml tags": b"---\ntitle: !!python/object/apply:os.system [true]\ndate: 2024-99-99\n? [a]\n: b\n---\ntext",
    "yaml alias to itself": b"---\ntitle: &a [*a]\n---\ntext",
    "yaml list": b"---\n- a\n- b\n---\ntext",
    "front matter without end": b"---\ntitle: x\n",
    "surrogate escapes": b'{"title": "\\ud800", "description": "\\udfff"}',
    "surrogate in yaml": b'---\ntitle: "\\uD800"\n---\ntext',
    "huge number": b"1" * 10_000,
    "json scalar": b"null",
    "json list": b"[1, 2, 3]",
    "notebook without cells": b'{"cells": 3}',
    "notebook of nothing": b'{"cells": [{"cell_type": "markdown", "source": [1]}]}',
    "quotes": b'"' * 30_001,
    "comments": b"/**/\n#\n" * 6_000,
    "open comment": b"/*" * 20_000,
    "tags": b"<title>" * 8_000,
    "open tags": b"<p " * 10_000,
    "separators": b",;|\t" * 10_000,
    "underlines": b"===\n" * 10_000,
    "carriage returns": b"a\r\nb\rc\r\n",
    "no characters": b"\xe2\x80\x8b" * 100,
}


def check(found: Described) -> None:
    assert found.title
    assert len(found.title) <= TITLE_LIMIT
    assert found.best
    assert len(found.best) <= ABSTRACT_LIMIT
    assert len(found.abstract) <= ABSTRACT_LIMIT
    assert len(found.outline) <= OUTLINE_LIMIT
    for line in (found.title, found.abstract, *found.outline):
        assert line.isprintable() or not any(ord(char) < 32 for char in line)
        assert "\n" not in line
        line.encode()


def test_the_hostile_names_reach_every_parser() -> None:
    assert set(ONE_NAME_A_PARSER) == {*BY_SUFFIX.values(), *BY_NAME.values()}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_parser_survives_hostile_input(data: bytes) -> None:
    for name in NAMES:
        check(describe(name, data))


def test_a_few_bad_bytes_hide_no_description() -> None:
    found = describe("a.md", b"# Caf\xe9\n\nOpen till late.\n")
    assert (found.kind, found.title, found.abstract) == ("markdown", "Caf\ufffd", "Open till late.")


@pytest.mark.parametrize("name", ["binary", "nul", "half a utf-16 character"])
def test_what_is_no_text_is_binary_whatever_its_name(name: str) -> None:
    assert {describe(file, HOSTILE[name]).kind for file in [*ALL_NAMES, *NAMES]} == {"binary"}


@settings(max_examples=150)
@given(name=st.sampled_from(NAMES), data=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_random_bytes(name: str, data: bytes) -> None:
    check(describe(name, data))


@settings(max_examples=150)
@given(name=st.sampled_from(NAMES), text=st.text(alphabet="-#:[]{}\"'\n \t<>!*`|=,;/\\ab1\x1b", max_size=300))
def test_random_punctuation(name: str, text: str) -> None:
    check(describe(name, text.encode()))


def test_markdown_takes_title_and_first_real_paragraph() -> None:
    found = describe(
        "guide.md",
        b"<!-- made by hand -->\n\n[![build](b.svg)](ci) ![x](y)\n\n"
        b"# The *Guide*\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        b"```\ncode\n```\n\nIt explains `viking` and\nthe rest. Second sentence.\n\n## Set-up\n\n### Deeper\n",
    )
    assert (found.kind, found.title) == ("markdown", "The Guide")
    assert found.abstract == "It explains viking and the rest. Second sentence."
    assert found.outline == ("Set-up", "Deeper")


def test_front_matter_comes_first() -> None:
    found = describe("SKILL.md", b"---\nname: release\ndescription: How to cut a release.\n---\n# Other\n\nText.\n")
    assert (found.title, found.abstract, found.outline) == ("release", "How to cut a release.", ("Other",))


def test_markdown_without_a_paragraph_is_described_by_its_headings() -> None:
    found = describe("toc.md", b"# One\n\n## Two\n\n## Three\n")
    assert (found.abstract, found.best) == ("", "Two, Three")


def test_a_list_item_is_better_than_nothing() -> None:
    assert describe("a.md", b"# A\n\n- first item\n- second\n").abstract == "first item"


@pytest.mark.parametrize(
    ("name", "source", "abstract", "outline"),
    [
        ("a.py", '#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n"""Parse things.\n\nMore."""\ndef one(): ...\n'
                 "class Two:\n    def inner(self): ...\nasync def three(): ...\ndef _hidden(): ...\n",
         "Parse things.", ("one", "Two", "three")),
        ("a.ts", "// Copyright Somebody\n\n/**\n * Talks to the server.\n * Retries.\n *\n * @module x\n */\n"
                 "export default class Client {}\nexport const LIMIT = 3;\nexport async function go() {}\n"
                 "interface P {}\n",
         "Talks to the server. Retries.", ("Client", "LIMIT", "go", "P")),
        ("a.go", "// Package store keeps things.\npackage store\n\nfunc (s *Store) Get() {}\ntype Store struct {}\n",
         "Package store keeps things.", ("store", "Get", "Store")),
        ("a.rs", "//! Reads packs.\npub(crate) fn read() {}\nstruct Pack;\nimpl Pack {}\n", "Reads packs.",
         ("read", "Pack")),
        ("a.sh", "#!/bin/sh\n# Set up a checkout.\nset_up() {\n  :\n}\n", "Set up a checkout.", ("set_up",)),
        ("deploy", "#!/bin/sh\n# Deploy it.\ngo() { :; }\n", "Deploy it.", ("go",)),
        ("Makefile", "# Build and test.\nall: build\nbuild:\n\tcc x.c\nCC := gcc\n", "Build and test.",
         ("all", "build")),
        ("a.sql", "-- The tables.\nCREATE TABLE IF NOT EXISTS users (id int);\n", "The tables.", ("users",)),
        ("Dockerfile", "# The image.\nFROM python:3.12 AS base\n", "The image.", ("python:3.12",)),
    ],
)  # fmt: skip
def test_code(name: str, source: str, abstract: str, outline: tuple[str, ...]) -> None:
    found = describe(name, source.encode())
    assert (found.kind, found.title, found.abstract, found.outline) == ("code", name, abstract, outline)


@pytest.mark.parametrize(
    ("name", "source", "kind", "abstract", "outline"),
    [
        ("t.csv", "name,age\nada,36\n\nbob,40\n", "csv", "Table of 2 rows: name, age", ("name", "age")),
        ("t.tsv", '"first, last"\tage\nx\t1\n', "csv", "Table of 1 row: first, last, age", ("first, last", "age")),
        ("o.json", '{"name": "x", "b": 1}', "json", "JSON object: name, b", ("name", "b")),
        ("p.json", '{"name": "x", "description": "A thing."}', "json", "A thing.", ("name", "description")),
        ("l.json", '[{"id": 1}, {"id": 2}]', "json", "JSON list of 2 items: id", ("id",)),
        ("broken.json", "{,}", "text", "", ()),
        ("m.jsonl", '{"id": 1}\n{"id": 2}\n', "json", "2 lines of JSON: id", ("id",)),
        ("c.yaml", "# How it runs.\nname: x\nlist:\n  - inner: 1\n'quoted key': 2\n", "yaml", "How it runs.",
         ("name", "list", "quoted key")),
        ("c.toml", "# Settings.\ntop = 1\n[tool.x]\nkey = 2\n[[rows]]\n", "text", "Settings.",
         ("top", "tool.x", "rows")),
        ("page.html", "<html><title>Home &amp; away</title><h1>Home</h1><p>We <b>make</b> things.</p></html>", "text",
         "We make things.", ("Home",)),
        ("notes.rst", "Title\n=====\n\nFirst\nparagraph.\n\nPart\n----\n", "text", "First paragraph.", ("Part",)),
        (".bashrc", "# Set-up of shells.\nalias ll='ls -l'\n", "text", "Set-up of shells. alias ll='ls -l'", ()),
        ("notes.txt", "Just one paragraph\nof words.\n", "text", "Just one paragraph of words.", ()),
    ],
)  # fmt: skip
def test_data_and_text(name: str, source: str, kind: str, abstract: str, outline: tuple[str, ...]) -> None:
    found = describe(name, source.encode())
    assert (found.kind, found.abstract, found.outline) == (kind, abstract, outline)


def test_notebook_takes_its_first_markdown_cell() -> None:
    cells = [
        {"cell_type": "code", "source": ["print(1)"]},
        {"cell_type": "markdown", "source": ["# Fit\n", "\n", "We fit a line."]},
        {"cell_type": "markdown", "source": "## Results"},
    ]
    found = describe("a.ipynb", json.dumps({"cells": cells}).encode())
    assert (found.kind, found.title, found.abstract) == ("notebook", "Fit", "We fit a line.")
    assert found.outline == ("Results",)


def test_binary_says_what_and_how_much() -> None:
    assert describe("logo.png", b"\x89PNG\r\n\x1a\n\0\0").best == "PNG file, 10 bytes"
