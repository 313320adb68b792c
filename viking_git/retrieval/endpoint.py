"""An embedder behind an OpenAI-compatible endpoint, for ``openai:MODEL@URL``; needs the extra ``viking-git[llm]``.

What is searched leaves this machine for that endpoint: it is named in git config or the environment, never by a clone.
The key comes from ``OPENAI_API_KEY``, which the library reads itself.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viking_git.errors import ModelUnavailable
from viking_git.retrieval.embed import Notice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AT_ONCE = 64
"""Texts in one request."""
_SECONDS = 60.0
_PLAIN = re.compile(r"[^A-Za-z0-9.-]+")


class Endpoint:
    """See the module; a ``Provider``."""

    def __init__(self, name: str) -> None:
        """Take ``MODEL`` or ``MODEL@URL``; without a URL it is OpenAI's own."""
        self._model, _, self._url = name.partition("@")

    def fingerprint(self) -> str:
        """As ``Provider.fingerprint``: the model and where it is asked."""
        digest = hashlib.sha256(f"{self._model}@{self._url}".encode()).hexdigest()[:12]
        return f"openai.{_PLAIN.sub('-', self._model)[:40]}.{digest}"

    def load(self, cache: Path, notice: Notice) -> "EndpointEmbedder":  # noqa: ARG002 - it keeps nothing
        """Its embedder, after one request that asks for the length of a vector.

        Raises:
            ModelUnavailable: the library is not installed, there is no key, or the endpoint does not answer.
        """
        try:
            import openai
        except ImportError:
            raise ModelUnavailable(
                "the library openai is not installed", hint="pip install 'viking-git[llm]'"
            ) from None
        try:
            client = openai.OpenAI(base_url=self._url or None, timeout=_SECONDS)
        except openai.OpenAIError as error:
            raise ModelUnavailable(f"no client for {self._model}: {error}", hint="set OPENAI_API_KEY") from None
        probe = _ask(client, self._model, ["dimension"])
        return EndpointEmbedder(client, self._model, self.fingerprint(), len(probe[0]))


class EndpointEmbedder:
    """Vectors from an endpoint, brought to length 1."""

    def __init__(self, client: Any, model: str, embedder_id: str, dim: int) -> None:
        """Take a client of the library ``openai``."""
        self._client = client
        self._model = model
        self.id = embedder_id
        self.dim = dim

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """As ``Embedder.embed``. Raises ModelUnavailable when the endpoint does not answer."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        rows = [row for row, text in enumerate(texts) if text.strip()]
        for at in range(0, len(rows), AT_ONCE):
            some = rows[at : at + AT_ONCE]
            found = _ask(self._client, self._model, [texts[row] for row in some])
            if any(len(vector) != self.dim for vector in found):
                raise ModelUnavailable(f"{self._model} answers with vectors of another length than before")
            vectors[some] = found
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, 1e-12)
        return unit


def _ask(client: Any, model: str, texts: list[str]) -> list[list[float]]:
    import openai

    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    try:
        answer = client.embeddings.create(model=model, input=clean, encoding_format="float")
        found = [list(item.embedding) for item in sorted(answer.data, key=lambda item: item.index)]
    except openai.OpenAIError as error:
        raise ModelUnavailable(f"{model} does not answer: {error}") from None
    except (AttributeError, TypeError) as error:
        raise ModelUnavailable(f"{model} does not answer with vectors: {error}") from None
    if len(found) != len(texts) or not all(found):
        raise ModelUnavailable(f"{model} answers {len(found)} vectors to {len(texts)} texts")
    return found
