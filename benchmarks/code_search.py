"""How well ``find`` finds the function that a docstring was written for, in real Python code.

    python benchmarks/code_search.py [DIRECTORY] [--files 150] [--count 200] [--json] [--weights]

DIRECTORY is this Python's standard library unless another is named. A question is the first sentence of a docstring,
five words or more, that no other function has; the docstring is taken out of the file before it is added, and so is
every other one that is asked for. Right is the file, and, apart, a unit that holds lines of the function. BM25 (FTS5,
stemmed) and plain vectors over the same units are asked in the same run. ``--weights`` adds other weights of vectors
against words: that of code in ``retrieval/fuse.py`` was chosen by this table.
"""

import argparse
import ast
import hashlib
import json
import re
import sqlite3
import statistics
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surroundings import environment, say

from viking_git.retrieval.database import Record
from viking_git.retrieval.find import find
from viking_git.retrieval.fuse import VECTOR_WEIGHTS, Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.words import parse_query
from viking_git.workspace import Workspace

DEPTH = 20
WEIGHTS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
OWN = "viking-git"
PREFIX = "resources/code/"
FEWEST_WORDS = 5

Answer = Callable[[str], Sequence[Record]]
"""From a question to units, best first."""


@dataclass(frozen=True)
class Case:
    """A question, and the file and lines of the function that it is about, once the docstrings are out."""

    query: str
    file: str
    first: int
    last: int


@dataclass(frozen=True)
class Documented:
    """A function in a file, its docstring's first sentence, and the lines of both, from 1."""

    sentence: str
    file: str
    function: tuple[int, int]
    docstring: tuple[int, int]


def documented(file: str, text: str) -> Iterator[Documented]:
    """The functions in ``text`` with a docstring on lines of its own and code after it."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or len(node.body) < 2:
            continue
        first, said = node.body[0], ast.get_docstring(node)
        if said and first.lineno > node.lineno and node.end_lineno and first.end_lineno:
            sentence = re.split(r"(?<=[.!?])\s", " ".join(said.split()), maxsplit=1)[0]
            if len(re.findall(r"[^\W\d_]{2,}", sentence)) >= FEWEST_WORDS:
                yield Documented(sentence, file, (node.lineno, node.end_lineno), (first.lineno, first.end_lineno))


def without(text: str, taken: Sequence[tuple[int, int]]) -> str:
    """``text`` without these lines."""
    gone = {number for first, last in taken for number in range(first, last + 1)}
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), start=1) if number not in gone)


def cases(texts: dict[str, str], count: int) -> tuple[list[Case], dict[str, str]]:
    """Questions, sampled by a hash, and the texts without the docstrings that they come from."""
    found = [one for file, text in texts.items() for one in documented(file, text)]
    times = Counter(one.sentence for one in found)
    single = [one for one in found if times[one.sentence] == 1]
    chosen = sorted(single, key=lambda one: hashlib.sha256(f"{one.sentence}/{one.file}".encode()).digest())[:count]
    asked: list[Case] = []
    left = dict(texts)
    for file in {one.file for one in chosen}:
        here = [one for one in chosen if one.file == file]
        left[file] = without(texts[file], [one.docstring for one in here])
        gone = {number for one in here for number in range(one.docstring[0], one.docstring[1] + 1)}
        for one in here:
            first, last = (line - sum(number <= line for number in gone) for line in one.function)
            asked.append(Case(one.sentence, file, first, last))
    return asked, left


def sources(top: Path, files: int) -> dict[str, str]:
    """Python files below ``top`` that parse, tests and installed packages left out, chosen by a hash."""
    found: dict[str, str] = {}
    for path in sorted(
        top.rglob("*.py"), key=lambda path: hashlib.sha256(str(path.relative_to(top)).encode()).digest()
    ):
        relative = path.relative_to(top)
        if len(found) >= files:
            break
        if {"test", "tests", "site-packages", "dist-packages", "idlelib", "lib2to3"} & set(relative.parts):
            continue
        try:
            text = path.read_text(encoding="utf-8")
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        found[relative.as_posix()] = text
    return found


def units(index: SearchIndex) -> dict[int, Record]:
    """The units of files, by row."""
    records = index.records(range(index.state.rows + 1))
    return {row: record for row, record in records.items() if record.level == 2}


def bm25(records: dict[int, Record]) -> Answer:
    """FTS5 over the units with their paths."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE u USING fts5(text, tokenize = 'porter unicode61')")
    db.executemany(
        "INSERT INTO u (rowid, text) VALUES (?, ?)", ((n, f"{r.path}\n{r.text}") for n, r in records.items())
    )

    def answer(query: str) -> Sequence[Record]:
        expression = " OR ".join(f'"{term}"' for term in parse_query(query).terms)
        asked = f"SELECT rowid FROM u WHERE u MATCH ? ORDER BY rank LIMIT {DEPTH}"
        return [records[row[0]] for row in db.execute(asked, (expression,))]

    return answer


def vectors(index: SearchIndex, records: dict[int, Record]) -> Answer:
    """Cosine of the query and each unit."""

    def answer(query: str) -> Sequence[Record]:
        vector = index.query_vector(query)
        found = index.nearest(vector, 10 * DEPTH) if vector is not None else {}
        return [records[row] for row in found if row in records][:DEPTH]

    return answer


def product(index: SearchIndex, ranking: Ranking) -> Answer:
    """``find``, one unit a file."""

    def answer(query: str) -> Sequence[Record]:
        return [hit.record for hit in find(index, query, limit=DEPTH, level=2, ranking=ranking).hits]

    return answer


def measured(answer: Answer, asked: Sequence[Case]) -> dict[str, float]:
    """In percent: mean reciprocal rank of the file, found first, found within ten, and the right lines shown for it."""
    ranks: list[int] = []
    lines: list[bool] = []
    for case in asked:
        found = list(answer(case.query))
        paths = list(dict.fromkeys(record.path for record in found))
        right = PREFIX + case.file
        ranks.append(paths.index(right) + 1 if right in paths else 0)
        shown = next((record for record in found if record.path == right), None)
        lines.append(shown is not None and shown.line_start <= case.last and shown.line_end >= case.first)
    return {
        "MRR": round(100 * statistics.mean(1 / rank if rank else 0 for rank in ranks), 1),
        "at 1": round(100 * statistics.mean(rank == 1 for rank in ranks), 1),
        "in 10": round(100 * statistics.mean(0 < rank <= 10 for rank in ranks), 1),
        "lines": round(100 * statistics.mean(lines), 1),
    }


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=Path(sysconfig.get_path("stdlib")))
    parser.add_argument("--files", type=int, default=150)
    parser.add_argument("--count", type=int, default=200, help="questions")
    parser.add_argument("--weights", action="store_true", help="also other weights of vectors against words")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    chosen = parser.parse_args()
    asked, left = cases(sources(chosen.directory, chosen.files), chosen.count)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        for file, text in left.items():
            (place / "code" / file).parent.mkdir(parents=True, exist_ok=True)
            (place / "code" / file).write_text(text, encoding="utf-8")
        made, _ = Workspace.init(place / "w", environment=environment(place / "cache"), notice=say)
        with made as workspace:
            workspace.add([place / "code"], f"viking://{PREFIX}")
            index = workspace.searching.trunk()
            records = units(index)
            systems = {"BM25": bm25(records), "vectors": vectors(index, records), OWN: product(index, Ranking())}
            if chosen.weights:
                for weight in WEIGHTS:
                    ranking = Ranking({**VECTOR_WEIGHTS, "code": weight})
                    systems[f"vectors {weight:.2f}, words {1 - weight:.2f}"] = product(index, ranking)
            rows = {name: measured(answer, asked) for name, answer in systems.items()}
    if chosen.json:
        print(
            json.dumps({"files": len(left), "units": len(records), "questions": len(asked), "systems": rows}, indent=2)
        )
        return
    print(f"{len(left):,} files, {len(records):,} units, {len(asked)} questions\n")
    print(f"{'':30}" + "".join(f"{name:>8}" for name in ("MRR", "at 1", "in 10", "lines")))
    for name, row in rows.items():
        print(f"{name:30}" + "".join(f"{value:8.1f}" for value in row.values()))


if __name__ == "__main__":
    main()
