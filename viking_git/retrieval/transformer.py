"""Any model of sentence-transformers, by directory or by ``organisation/model``.

It is compiled to ONNX once, like the default model, where that can be done and says the same; else
sentence-transformers itself runs it, which loads torch at every start.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viking_git.errors import ModelUnavailable
from viking_git.private import make_private, secure
from viking_git.retrieval.embed import Embedder, Notice
from viking_git.retrieval.locks import file_lock
from viking_git.retrieval.onnx import OnnxEmbedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_TOKENS = 512
"""A text is cut there even where a model would take more: units are small."""

_SHAPE = "shape.json"
_READ = 1 << 20
_CONFIGURED = {".json", ".txt"}
_WEIGHTS = {".safetensors", ".bin"}
_RECIPE = "v1"


class Transformer:
    """See the module; a ``Provider``."""

    def __init__(self, name: str) -> None:
        """Take a directory or a name; nothing is read yet."""
        self._name = name

    def fingerprint(self) -> str:
        """As ``Provider.fingerprint``: from the configuration, and the size, beginning and end of the weights.

        Raises:
            ModelUnavailable: the model is not on this machine.
        """
        return self._fingerprint

    def load(self, cache: Path, notice: Notice) -> Embedder:
        """The model, compiled now if it can be and is not yet.

        Raises:
            ModelUnavailable: it is not on this machine, is no model of sentence-transformers, or a library is missing.
        """
        directory = cache / "models" / self._fingerprint
        try:
            secure(directory, cache, notice)
            if not (directory / _SHAPE).is_file():
                make_private(directory.parent)
                with file_lock(directory.parent / f"{directory.name}.lock"):
                    if not (directory / _SHAPE).is_file():
                        _prepare(self._source, directory, notice)
            shape = json.loads((directory / _SHAPE).read_text(encoding="utf-8"))
            if shape["compiled"]:
                return OnnxEmbedder(directory, self._fingerprint, shape["dim"], shape["max_tokens"])
        except (OSError, ImportError, ValueError, KeyError) as error:
            notice(f"the compiled model cannot be used ({error}); sentence-transformers runs it")
        return AsItIs(self._source, self._fingerprint)

    @cached_property
    def _source(self) -> Path:
        path = Path(self._name).expanduser()
        if path.is_dir():
            return path
        from huggingface_hub import try_to_load_from_cache

        try:
            found = try_to_load_from_cache(self._name, "modules.json")
        except ValueError:
            found = None
        if not isinstance(found, str):
            raise ModelUnavailable(
                f"the model {self._name!r} is not on this machine",
                hint=f"give its directory, or fetch it: hf download {self._name}",
            )
        return Path(found).parent

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        files = sorted(path for path in self._source.rglob("*") if path.suffix in _CONFIGURED | _WEIGHTS)
        if not any(path.suffix in _WEIGHTS for path in files):
            raise ModelUnavailable(f"no model's weights in {self._source}")
        for path in files:
            size = path.stat().st_size
            digest.update(f"{path.relative_to(self._source).as_posix()} {size}\n".encode())
            with path.open("rb") as file:
                digest.update(file.read(_READ))
                if size > 2 * _READ:
                    file.seek(-_READ, 2)
                digest.update(file.read(_READ))
        return f"st.{digest.hexdigest()[:20]}.{MOST_TOKENS}.{_RECIPE}"


class AsItIs:
    """A model run by sentence-transformers, one text at a time, so that a vector depends on nothing but its text."""

    def __init__(self, source: Path, embedder_id: str) -> None:
        """Load it; raises ModelUnavailable."""
        self._model = _sentence_transformer(source)
        self.id = embedder_id
        self.dim = _dimension(self._model)

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As ``Embedder.embed``."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows = [row for row, text in enumerate(texts) if text.strip()]
        if rows:
            clean = [texts[row].encode("utf-8", "replace").decode() for row in rows]
            vectors[rows] = self._model.encode(
                clean, batch_size=1, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
            )
        return vectors


def _prepare(source: Path, directory: Path, notice: Notice) -> None:
    """Make ``directory`` whole in one rename: the compiled model, or why there is none."""
    from viking_git.retrieval.compiling import compile_model

    model = _sentence_transformer(source)
    dim, tokens = _dimension(model), min(int(model.max_seq_length or MOST_TOKENS), MOST_TOKENS)
    notice("compiling the model, once …")
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".compiling-") as scratch:
        made = Path(scratch, "model")
        made.mkdir()
        shape: dict[str, Any] = {"dim": dim, "max_tokens": tokens, "compiled": True}
        try:
            compile_model(source, made, dim=dim, max_tokens=tokens)
        except Exception as error:  # whatever torch, transformers and onnx may raise for a model they do not know
            notice("the model does not compile; sentence-transformers runs it as it is")
            shape |= {"compiled": False, "why": f"{type(error).__name__}: {error}"[:500]}
        (made / _SHAPE).write_text(json.dumps(shape, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        shutil.rmtree(directory, ignore_errors=True)
        made.rename(directory)


def _sentence_transformer(source: Path) -> Any:
    try:
        from sentence_transformers import SentenceTransformer

        from viking_git.retrieval.compiling import quiet

        with quiet():
            model = SentenceTransformer(str(source), device="cpu", local_files_only=True)
    except Exception as error:  # transformers raises many kinds for a directory that is no model
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise ModelUnavailable(f"{source} is no model that sentence-transformers runs: {first}") from None
    if model.max_seq_length is None or model.max_seq_length > MOST_TOKENS:
        model.max_seq_length = MOST_TOKENS
    return model


def _dimension(model: Any) -> int:
    return int(model.encode(["dimension"], show_progress_bar=False).shape[1])
