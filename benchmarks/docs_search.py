"""How well ``find`` finds the page for a heading, and the one place of an identifier, in real documentation.

    apt-get download rust-src && dpkg -x rust-src_*.deb rust     # Debian; 1,900 Markdown files: the Rust books
    python benchmarks/docs_search.py rust/usr/src [--json] [--weights]

Takes any directory with Markdown in it. A question is a heading that stands in one file only, three words or more; for
half of them the heading is taken out of the file before it is added, so that only what the section says can answer. A
look-up is an identifier, an error message or a file name that stands in one file only. All are sampled by a hash, none
by hand. Right is the file; BM25 (FTS5, stemmed, over the same chunks with their headings) and plain vectors of the same
chunks are asked in the same run.
"""

import argparse
import hashlib
import json
import re
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surroundings import environment, say

from viking_git.retrieval.chunks import chunk_markdown
from viking_git.retrieval.find import find
from viking_git.retrieval.fuse import VECTOR_WEIGHTS, Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.words import parse_query
from viking_git.workspace import Workspace

LEAST_FILES = 1_000
SAMPLE = 200
DEPTH = 20
WEIGHTS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
OWN = "viking-git"

HEADING = re.compile(r"^(#{2,4}) +(.+?) *#*$", re.MULTILINE)
CODE = re.compile(r"`([^`\s]{4,60})`")
IDENTIFIER = re.compile(r"[A-Za-z_][\w.:/-]*[\w]")
TELLING = re.compile(r"[_\-./:]|[a-z][A-Z]|[A-Za-z]\d")
ERROR = re.compile(r"^(?:error(?:\[E\d+\])?|warning): +(.{15,90})$", re.MULTILINE)

Answer = Callable[[str], Sequence[str]]
"""From a query to files, best first."""


@dataclass(frozen=True)
class Case:
    """A query and the file that is right."""

    kind: str
    query: str
    file: str


def documents(top: Path) -> dict[str, str]:
    """Every Markdown file with text in it, by its path below ``top``; of equal files the first, none in dot folders."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for path in sorted(top.rglob("*.md")):
        hidden = any(part.startswith(".") for part in path.relative_to(top).parts)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() and not hidden else ""
        if text.strip() and text not in seen:
            seen.add(text)
            found[path.relative_to(top).as_posix()] = text
    return found


def sample(cases: Iterable[Case], count: int) -> list[Case]:
    """``count`` of ``cases`` by the hash of what they are."""
    return sorted(cases, key=lambda case: hashlib.sha256(f"{case.query}/{case.file}".encode()).digest())[:count]


def unique(kind: str, found: Iterable[tuple[str, str]], texts: dict[str, str] | None = None) -> list[Case]:
    """The queries that lead to one file; with ``texts``, that stand to the letter in no other one."""
    files: dict[str, set[str]] = defaultdict(set)
    for query, file in found:
        files[query].add(file)
    single = [(query, next(iter(where))) for query, where in files.items() if len(where) == 1]
    if texts is None:
        return [Case(kind, query, file) for query, file in single]
    folded = {file: f"{file}\n{text}".casefold() for file, text in texts.items()}
    few = sample((Case(kind, query, file) for query, file in single), 4 * SAMPLE)
    return [
        case for case in few
        if not any(case.query.casefold() in text for file, text in folded.items() if file != case.file)
    ]  # fmt: skip


def cases(texts: dict[str, str], count: int) -> tuple[list[Case], dict[str, str]]:
    """Questions and look-ups, and the texts without the headings that were taken out."""
    headings = [
        (re.sub(r"[`*_\[\]]|\(http\S*\)", "", match[2]).strip(), file)
        for file, text in texts.items()
        for match in HEADING.finditer(text)
    ]
    wordy = [(heading, file) for heading, file in headings if len(re.findall(r"[^\W\d_]{2,}", heading)) >= 3]
    questions = sample(unique("", wordy), 2 * count)
    kept = [Case("heading in the file", case.query, case.file) for case in questions[::2]]
    taken = [Case("heading taken out", case.query, case.file) for case in questions[1::2]]
    gone = {(case.query, case.file) for case in taken}

    def without(file: str, text: str) -> str:
        def line(match: re.Match[str]) -> str:
            plain = re.sub(r"[`*_\[\]]|\(http\S*\)", "", match[2]).strip()
            return match[1] if (plain, file) in gone else match[0]

        return HEADING.sub(line, text)

    left = {file: without(file, text) for file, text in texts.items()}
    names = ((match[1], file) for file, text in left.items() for match in CODE.finditer(text))
    identifiers = ((n, f) for n, f in names if IDENTIFIER.fullmatch(n) and TELLING.search(n))
    errors = ((match[1].strip(), file) for file, text in left.items() for match in ERROR.finditer(text))
    paths = ((file.rpartition("/")[2], file) for file in left)
    return [
        *kept,
        *taken,
        *sample(unique("identifier", identifiers, left), count),
        *sample(unique("error message", errors, left), count // 2),
        *sample(unique("file name", paths, left), count // 2),
    ], left


def best_files(ranked: Iterable[str]) -> list[str]:
    """Each file once."""
    return list(dict.fromkeys(ranked))[:DEPTH]


def bm25(texts: dict[str, str]) -> Answer:
    """FTS5 over chunks and the headings above them."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE c USING fts5(file UNINDEXED, text, tokenize = 'porter unicode61')")
    for file, text in texts.items():
        rows = ((file, f"{file} {chunk.trail}\n{chunk.text}") for chunk in chunk_markdown(text))
        db.executemany("INSERT INTO c VALUES (?, ?)", rows)

    def answer(query: str) -> Sequence[str]:
        expression = " OR ".join(f'"{term}"' for term in parse_query(query).terms)
        asked = "SELECT file FROM c WHERE c MATCH ? ORDER BY rank LIMIT 200"
        return best_files(row[0] for row in db.execute(asked, (expression,)))

    return answer


def vectors(index: SearchIndex, prefix: str) -> Answer:
    """Cosine of the query and each chunk."""
    rows = {row: record.path.removeprefix(prefix) for row, record in index.records(range(index.state.rows + 1)).items()
            if record.level == 2}  # fmt: skip

    def answer(query: str) -> Sequence[str]:
        vector = index.query_vector(query)
        found = index.nearest(vector, 200) if vector is not None else {}
        return best_files(rows[row] for row in found if row in rows)

    return answer


def product(index: SearchIndex, prefix: str, ranking: Ranking) -> Answer:
    """``find`` over files."""

    def answer(query: str) -> Sequence[str]:
        hits = find(index, query, limit=DEPTH, level=2, ranking=ranking).hits
        return best_files(hit.record.path.removeprefix(prefix) for hit in hits)

    return answer


def measured(answer: Answer, asked: Sequence[Case]) -> dict[str, float]:
    """Mean reciprocal rank, and the shares found at rank 1 and within 10, in percent; milliseconds a query."""
    start = time.perf_counter()
    ranks = [list(answer(case.query)) for case in asked]
    seconds = time.perf_counter() - start
    places = [found.index(case.file) + 1 if case.file in found else 0 for found, case in zip(ranks, asked, strict=True)]
    return {
        "MRR": round(100 * sum(1 / place for place in places if place) / len(asked), 1),
        "at 1": round(100 * sum(place == 1 for place in places) / len(asked), 1),
        "in 10": round(100 * sum(0 < place <= 10 for place in places) / len(asked), 1),
        "ms": round(1000 * seconds / len(asked), 1),
    }


def indexed(texts: dict[str, str], place: Path) -> Workspace:
    """A workspace with the documents in it, the index built."""
    workspace, _ = Workspace.init(place / "w", environment=environment(place / "cache"), notice=say)
    source = place / "docs"
    for file, text in texts.items():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_text(text, encoding="utf-8")
    workspace.add([source], "viking://resources/docs")
    start = time.perf_counter()
    units = workspace.searching.trunk().state.units
    say(f"{len(texts):,} files, {units:,} units indexed in {time.perf_counter() - start:.0f} s")
    return workspace


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--count", type=int, default=SAMPLE, help="questions of each kind")
    parser.add_argument("--weights", action="store_true", help="also other weights of vectors against words")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the workspace and caches in this new directory")
    chosen = parser.parse_args()
    texts = documents(chosen.directory)
    if len(texts) < LEAST_FILES:
        say(f"note: {len(texts)} files are fewer than the {LEAST_FILES:,} that this is meant for")
    asked, left = cases(texts, chosen.count)
    with tempfile.TemporaryDirectory() as scratch, indexed(left, chosen.keep or Path(scratch)) as workspace:
        index, prefix = workspace.searching.trunk(), "resources/docs/"
        systems = {"BM25": bm25(left), "vectors": vectors(index, prefix), OWN: product(index, prefix, Ranking())}
        if chosen.weights:
            for weight in WEIGHTS:
                ranking = Ranking({**VECTOR_WEIGHTS, "prose": weight})
                systems[f"vectors {weight:.2f}, words {1 - weight:.2f}"] = product(index, prefix, ranking)
        kinds = list(dict.fromkeys(case.kind for case in asked))
        result: dict[str, dict[str, Any]] = {
            kind: {
                "cases": len(some),
                "systems": {name: measured(answer, some) for name, answer in systems.items()},
            }
            for kind in kinds
            if (some := [case for case in asked if case.kind == kind])
        }
    if chosen.json:
        print(json.dumps({"files": len(left), "kinds": result}, indent=2))
        return
    print(f"{len(left):,} files")
    for kind, row in result.items():
        print(f"\n{row['cases']} x {kind:24}{'MRR':>8}{'at 1':>8}{'in 10':>8}{'ms':>8}")
        for name, values in row["systems"].items():
            print(f"{name:30}" + "".join(f"{value:8.1f}" for value in values.values()))


if __name__ == "__main__":
    main()
