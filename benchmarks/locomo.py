"""How well ``find`` finds the messages that answer a question, on conversations of the LoCoMo data set.

    python benchmarks/locomo.py locomo.json.gz [--json] [--keep DIR]

One workspace for each conversation, one session for each dialogue session, committed and searched with the product's
own code. A unit is an archived message; a question's evidence is the ids of its messages. Grep, BM25 and plain vectors
are asked in the same run, and so is the product with each of its other ways to rank. The data set (Maharana et al.
2024) is CC BY-NC 4.0 and not part of this project; fusion weights were chosen on its development conversations,
nothing on names or on the wording of questions.
"""

import argparse
import json
import math
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import locomo_convert
from surroundings import environment, say

from viking_git.model.messages import Message, message_from_json
from viking_git.retrieval.context import assemble
from viking_git.retrieval.embed import load_embedder
from viking_git.retrieval.find import find
from viking_git.retrieval.fuse import Ranking
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.words import parse_query
from viking_git.workspace import Workspace

MEASURES = ("nDCG@10", "recall@5", "recall@10", "recall@20", "MRR")
KINDS = ("chat", "prose", "code", "container")
RANKINGS = {
    "viking-git, words only": Ranking(dict.fromkeys(KINDS, 0.0)),
    "viking-git, vectors only": Ranking(dict.fromkeys(KINDS, 1.0)),
    "viking-git, flat": Ranking(siblings=0.0),
    "viking-git, propagation 0.5": Ranking(siblings=0.0, propagation=0.5),
    "viking-git, drill-down to 3": Ranking(siblings=0.0, drill_down=3),
    "viking-git, hotness 0.2": Ranking(hotness=0.2),
    "viking-git (best child)": Ranking(),
}
OWN = "viking-git (best child)"
DEPTH = 20
BUDGETS = (500, 1_000, 2_000)

Answer = Callable[[str], Sequence[str]]
"""From a question to message ids, best first."""


@dataclass(frozen=True)
class Asked:
    """One question's measures under one system."""

    system: str
    category: str
    values: tuple[float, ...]


Evidence = dict[int, list[float]]
"""Budget in tokens → for each question the share of its evidence that the context holds."""


def measures(ranked: Sequence[str], evidence: set[str]) -> tuple[float, ...]:
    """nDCG@10, recall@5, @10 and @20, and the reciprocal rank, each 0 to 1."""
    hits = [message in evidence for message in ranked[:DEPTH]]
    gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits[:10]) if hit)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(10, len(evidence))))
    recalls = (sum(hits[:depth]) / len(evidence) for depth in (5, 10, 20))
    return gain / ideal, *recalls, next((1 / (rank + 1) for rank, hit in enumerate(hits) if hit), 0.0)


def grep(messages: Sequence[Message]) -> Answer:
    """Messages by how many different words of the question they hold, the first ones first."""

    def answer(question: str) -> Sequence[str]:
        words = set(re.findall(r"\w+", question.lower()))
        counts = {m.id: len(words & set(re.findall(r"\w+", m.text.lower()))) for m in messages}
        return sorted((m for m, count in counts.items() if count), key=lambda m: -counts[m])

    return answer


def bm25(messages: Sequence[Message]) -> Answer:
    """FTS5 over speaker and text, stemmed."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE m USING fts5(id UNINDEXED, text, tokenize = 'porter unicode61')")
    db.executemany("INSERT INTO m VALUES (?, ?)", ((m.id, f"{m.speaker}: {m.text}") for m in messages))

    def answer(question: str) -> Sequence[str]:
        expression = " OR ".join(f'"{term}"' for term in parse_query(question).terms)
        query = "SELECT id FROM m WHERE m MATCH ? ORDER BY rank LIMIT ?"
        return [row[0] for row in db.execute(query, (expression, DEPTH))]

    return answer


def vectors(messages: Sequence[Message], embedder_name: str, cache: Path) -> Answer:
    """Cosine of the question and each message with its speaker."""
    embedder = load_embedder(embedder_name, cache=cache, notice=say)
    matrix = embedder.embed([f"{m.speaker}: {m.text}" for m in messages])

    def answer(question: str) -> Sequence[str]:
        scores = matrix @ embedder.embed([question])[0]
        return [messages[row].id for row in (-scores).argsort(kind="stable")[:DEPTH]]

    return answer


def within(index: SearchIndex, budget: int) -> Answer:
    """The messages that ``context`` finds room for."""

    def answer(question: str) -> Sequence[str]:
        fragments = assemble(index, question, budget, "default", options={"uris": ["session"], "level": 2}).fragments
        return [fragment.uri.rpartition("#")[2] for fragment in fragments]

    return answer


def product(index: SearchIndex, ranking: Ranking) -> Answer:
    """``find`` over archived messages."""

    def answer(question: str) -> Sequence[str]:
        hits = find(index, question, uris=["session"], level=2, limit=DEPTH, ranking=ranking).hits
        return [hit.fragment for hit in hits]

    return answer


def committed(place: Path, cache: Path, sessions: dict[str, list[Message]]) -> Workspace:
    """A workspace in ``place`` with every session imported and committed, in order."""
    workspace, _ = Workspace.init(place, environment=environment(cache), notice=say)
    for name, messages in sessions.items():
        session = workspace.new_session(name)
        workspace.add_messages(session, messages)
        workspace.commit(session)
    return workspace


def ask(conversation: dict[str, Any], place: Path, cache: Path, evidence_within: Evidence) -> list[Asked]:
    """Every question of one conversation, asked of every system; fills ``evidence_within``."""
    sessions = {
        f"session_{number:02d}": [message_from_json(m) for m in locomo_convert.messages(session)]
        for number, session in enumerate(conversation["sessions"], start=1)
    }
    start = time.perf_counter()
    workspace = committed(place, cache, sessions)
    seconds = time.perf_counter() - start
    say(f"{conversation['id']}: {len(sessions)} sessions committed in {seconds:.1f} s")
    messages = [message for session in sessions.values() for message in session]
    known = {message.id for message in messages}
    asked: list[Asked] = []
    with workspace:
        index = workspace.searching.trunk()
        tip = workspace.store.tip(workspace.trunk)
        now = workspace.store.info(tip).time.isoformat() if tip else ""
        systems = {
            "grep": grep(messages),
            "BM25": bm25(messages),
            "vectors": vectors(messages, workspace.embedder, cache),
            **{name: product(index, replace(ranking, now=now)) for name, ranking in RANKINGS.items()},
        }
        for question in locomo_convert.questions(conversation):
            evidence = known & set(question["evidence"])
            if evidence:
                asked += [
                    Asked(name, question["category"], measures(answer(question["text"]), evidence))
                    for name, answer in systems.items()
                ]
                for budget in BUDGETS:
                    held = evidence & set(within(index, budget)(question["text"]))
                    evidence_within[budget].append(len(held) / len(evidence))
    return asked


def mean(asked: Sequence[Asked]) -> dict[str, float]:
    """The means in percent, by measure."""
    columns = zip(*(one.values for one in asked), strict=True)
    return {name: round(100 * sum(c) / len(asked), 1) for name, c in zip(MEASURES, columns, strict=True)}


def summary(asked: Sequence[Asked], evidence_within: Evidence) -> dict[str, Any]:
    """Means by system, by category for the product, and the evidence within a budget of tokens."""
    systems = list(dict.fromkeys(one.system for one in asked))
    own = [one for one in asked if one.system == OWN]
    categories = sorted({one.category for one in own})
    return {
        "questions": len(own),
        "systems": {name: mean([one for one in asked if one.system == name]) for name in systems},
        "categories": {
            name: {"questions": len(some), **mean(some)}
            for name in categories
            if (some := [one for one in own if one.category == name])
        },
        "evidence_within": {
            budget: round(100 * sum(shares) / len(shares), 1) for budget, shares in evidence_within.items()
        },
    }


def table(title: str, rows: dict[str, dict[str, float]]) -> str:
    """Rows of measures as text."""
    lines = [f"{title:28}" + "".join(f"{name:>11}" for name in MEASURES)]
    lines += [f"{name:28}" + "".join(f"{row[measure]:11.1f}" for measure in MEASURES) for name, row in rows.items()]
    return "\n".join(lines)


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="leave the workspaces and caches in this new directory"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = chosen.keep or Path(scratch)
        root.mkdir(parents=True, exist_ok=True)
        conversations = locomo_convert.load(chosen.file)
        within_budget: Evidence = {budget: [] for budget in BUDGETS}
        asked = [one for c in conversations for one in ask(c, root / c["id"], root / "cache", within_budget)]
    result = summary(asked, within_budget)
    if chosen.json:
        print(json.dumps(result, indent=2))
        return
    print(table(f"{result['questions']} questions", result["systems"]), end="\n\n")
    print(table("viking-git, by category", result["categories"]), end="\n\n")
    for budget, share in result["evidence_within"].items():
        print(f"evidence within {budget:,} tokens of context: {share:.1f} %")


if __name__ == "__main__":
    main()
