"""Compiling a sentence-transformers model to ONNX, once, with dynamic int8 weights per channel."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from viking_git.config import variables
from viking_git.errors import ModelUnavailable
from viking_git.retrieval.onnx import INPUT, MODEL, OUTPUT, TOKENIZER, OnnxEmbedder

_OPSET = 17
_TYPES = "token_type_ids"
_PROBES = (
    "The build fails with ModuleNotFoundError after the upgrade to Python 3.12.",
    "She moved to Lisbon in May and started a pottery class with her sister.",
    "yes",
)
_LEAST_COSINE = 0.97


def compile_model(source: Path, target: Path, *, dim: int, max_tokens: int) -> None:
    """Write ``model.onnx`` and ``tokenizer.json`` for the model in ``source`` into the empty directory ``target``.

    The graph takes the token ids of one text and gives its pooled, normalised vector. Loads torch; takes seconds.

    Raises:
        ModelUnavailable: a library is missing, or the compiled model does not say what the original says.
    """
    try:
        with quiet():
            expected = _export(source, target, max_tokens)
    except ImportError as error:
        raise ModelUnavailable(
            f"compiling the model needs a library that is not here: {error}",
            hint="install viking-git with all it needs",
        ) from None
    shutil.copyfile(source / TOKENIZER, target / TOKENIZER)
    got = OnnxEmbedder(target, "compiling", dim, max_tokens).embed(_PROBES)
    worst = float((got * expected).sum(axis=1).min())
    if worst < _LEAST_COSINE:
        raise ModelUnavailable(f"the compiled model differs from the original: cosine {worst:.3f}")


def _export(source: Path, target: Path, max_tokens: int) -> Any:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sentence_transformers import SentenceTransformer

    # Eager attention exports to the plainest graph.
    model = SentenceTransformer(str(source), device="cpu", model_kwargs={"attn_implementation": "eager"})
    model.eval()
    model.max_seq_length = max_tokens

    known = getattr(model.tokenizer, "model_input_names", ())
    normalised = type(list(model)[-1]).__name__ == "Normalize"

    class OneText(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any) -> Any:
            features = {INPUT: input_ids, "attention_mask": torch.ones_like(input_ids)}
            if _TYPES in known:
                features[_TYPES] = torch.zeros_like(input_ids)
            vector = self.model(features)["sentence_embedding"]
            return vector if normalised else torch.nn.functional.normalize(vector, dim=-1)

    sample = torch.tensor([model.tokenizer.encode("This is a test.")])
    with tempfile.TemporaryDirectory(dir=target) as scratch, torch.no_grad():
        exact = Path(scratch, MODEL)
        torch.onnx.export(
            OneText(), (sample,), str(exact), input_names=[INPUT], output_names=[OUTPUT],
            dynamic_axes={INPUT: {1: "tokens"}}, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(str(exact), str(target / MODEL), per_channel=True, weight_type=QuantType.QInt8)
    return model.encode(list(_PROBES), normalize_embeddings=True, show_progress_bar=False)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings, logs and progress bars of the libraries that run models; enter it before importing them."""
    # Torch makes a directory for a compiler that nothing here uses, by default one that stays in the system's.
    with (
        tempfile.TemporaryDirectory(prefix="viking-git-torch-") as unused,
        variables(TORCHINDUCTOR_CACHE_DIR=unused),
        _silence(),
    ):
        yield


@contextmanager
def _silence() -> Iterator[None]:
    from transformers.utils import logging as untyped

    chatter: Any = untyped
    bars, verbosity, disabled = chatter.is_progress_bar_enabled(), chatter.get_verbosity(), logging.root.manager.disable
    chatter.disable_progress_bar()
    chatter.set_verbosity_error()
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
        chatter.set_verbosity(verbosity)
        if bars:
            chatter.enable_progress_bar()
