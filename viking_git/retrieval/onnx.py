"""Running a compiled sentence-transformers model: onnxruntime and tokenizers, nothing else.

One text a run, because dynamic int8 scales over the whole batch and a vector would depend on its neighbours; one
thread a run, as many runs in parallel as cores, which is also the fastest here (design section 5).
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MODEL = "model.onnx"
TOKENIZER = "tokenizer.json"
INPUT, OUTPUT = "input_ids", "embedding"


class OnnxEmbedder:
    """The model in a directory that ``compile_model`` wrote. Safe to share between threads."""

    def __init__(self, directory: Path, embedder_id: str, dim: int, max_tokens: int) -> None:
        """Load ``model.onnx`` and ``tokenizer.json``; both libraries raise their own errors on damaged files."""
        import onnxruntime
        from tokenizers import Tokenizer

        self.id = embedder_id
        self.dim = dim
        self._tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # A spinning thread burns a core that another run could use.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(directory / MODEL), options, providers=["CPUExecutionProvider"]
        )

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As ``Embedder.embed``."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows = [row for row, text in enumerate(texts) if text.strip()]
        run = map if len(rows) < 2 else self._pool.map
        for row, vector in zip(rows, run(self._embed_one, [texts[row] for row in rows]), strict=True):
            vectors[row] = vector
        return vectors

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` has, not truncated, without the marks that a model puts around it."""
        return len(self._counter.encode(_clean(text), add_special_tokens=False).ids)

    @cached_property
    def _counter(self) -> Any:
        from tokenizers import Tokenizer

        counter = Tokenizer.from_str(self._tokenizer.to_str())
        counter.no_truncation()
        return counter

    def _embed_one(self, text: str) -> "NDArray[np.float32]":
        import numpy as np

        ids = np.array([self._tokenizer.encode(_clean(text)).ids], dtype=np.int64)
        vector: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: ids})[0][0]
        return vector

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return ThreadPoolExecutor(cores, thread_name_prefix="embed")


def _clean(text: str) -> str:
    # A lone surrogate has no UTF-8 and the tokenizer is written in Rust.
    return text.encode("utf-8", "replace").decode()
