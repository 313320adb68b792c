"""Which parser describes which file.

To add one: a function from a name and a text to a ``Described``, and a line in the tables below; the contract test
runs it over hostile input.
"""

from collections.abc import Callable
from pathlib import PurePosixPath

from viking_git.memory.spans import secret_spans
from viking_git.memory.values import reads_like_password, reads_like_token
from viking_git.model.text import readable_text
from viking_git.resources.code import code, docker, make, shell, sql
from viking_git.resources.data import json_document, json_lines, notebook, settings, table, yaml_document
from viking_git.resources.described import READ_LIMIT, Described, Kind, described, without
from viking_git.resources.prose import markdown, markup, text

__all__ = ["BY_NAME", "BY_SUFFIX", "MARKDOWN_SUFFIXES", "Described", "Kind", "Parser", "describe"]

Parser = Callable[[str, str], Described]

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown", ".mdx", ".qmd", ".rmd")

_CODE_SUFFIXES = """
.py .pyi .pyx .js .mjs .cjs .jsx .ts .tsx .mts .vue .svelte .go .rs .java .kt .kts .scala .groovy
.c .h .cc .cpp .cxx .hpp .hh .m .mm .cs .fs .swift .dart .rb .php .pl .pm .lua .r .jl .ex .exs .erl .hs .ml .mli .clj
.lisp .el .zig .nim .v .sv .vhd .proto .thrift .graphql .css .scss .less .tf .nix .cmake .gradle
"""

BY_SUFFIX: dict[str, Parser] = {
    **dict.fromkeys(MARKDOWN_SUFFIXES, markdown),
    **dict.fromkeys(_CODE_SUFFIXES.split(), code),
    **dict.fromkeys((".txt", ".rst", ".adoc", ".org", ".tex", ".log"), text),
    **dict.fromkeys((".html", ".htm", ".xhtml"), markup),
    **dict.fromkeys((".sh", ".bash", ".zsh", ".fish", ".ksh"), shell),
    **dict.fromkeys((".csv", ".tsv"), table),
    **dict.fromkeys((".jsonl", ".ndjson"), json_lines),
    **dict.fromkeys((".yaml", ".yml"), yaml_document),
    **dict.fromkeys((".toml", ".ini", ".cfg", ".conf", ".properties"), settings),
    ".json": json_document,
    ".ipynb": notebook,
    ".sql": sql,
    ".mk": make,
}

BY_NAME: dict[str, Parser] = {
    "makefile": make,
    "gnumakefile": make,
    "dockerfile": docker,
    "containerfile": docker,
    "jenkinsfile": code,
    "rakefile": code,
    "readme": markdown,
}


def describe(name: str, data: bytes) -> Described:
    """What the file ``name`` with the bytes ``data`` says about itself. It never raises, whatever the bytes are.

    A file that is not text is ``binary`` whatever its name; one that is not what its suffix says is ``text``.
    """
    content, _ = readable_text(data)
    if content is None:
        return _binary(name, len(data))
    folded = name.casefold()
    parser = BY_NAME.get(folded) or BY_SUFFIX.get(PurePosixPath(folded).suffix)
    if parser is None:
        parser = shell if content.startswith("#!") else text
    made = parser(name, content)
    # Only where a description has a word that may be a secret is the file read for what says that it is one.
    if any(_may_be_secret(word) for text in (made.title, made.abstract, *made.outline) for word in text.split()):
        content = content[:READ_LIMIT]
        return without(made, (content[start:end] for start, end, _ in secret_spans(content)))
    return made


def _binary(name: str, size: int) -> Described:
    suffix = PurePosixPath(name).suffix.lstrip(".").upper()
    kind = f"{suffix} file" if suffix else "Binary file"
    return described("binary", name, name, f"{kind}, {size:,} bytes" if size != 1 else f"{kind}, 1 byte")


def _may_be_secret(word: str) -> bool:
    return len(word) > 5 and (reads_like_password(word) or reads_like_token(word))
