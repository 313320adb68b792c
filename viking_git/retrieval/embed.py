"""Embedders: text in, unit vectors out; and the registry of them.

A name is one of ``PROVIDERS``, one that an installed package registers, ``openai:MODEL@URL`` for an endpoint, or a
model of sentence-transformers: a directory, or ``organisation/model``.

To add one: a module (or any object) with ``fingerprint`` and ``load`` as ``Provider`` has them, and a row in
``PROVIDERS`` or an entry point of the group ``viking_git.embedders``. The contract test does the rest.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from viking_git.errors import ModelUnavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Notice = Callable[[str], None]
"""Where one sentence for the person goes."""


class Embedder(Protocol):
    """Turns texts into vectors. The vector of a text depends on nothing but the text and ``id``.

    Attributes:
        id: the fingerprint: weights, precision, pooling, truncation. Vectors of two ids are never mixed. It is also
            a file name.
        dim: the length of a vector.
    """

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def dim(self) -> int: ...  # noqa: D102

    def embed(self, texts: Sequence[str]) -> "NDArray[np.float32]":
        """The vectors of ``texts``, shape (len(texts), dim), each of length 1 (of length 0 for an empty text)."""
        ...


class Provider(Protocol):
    """What stands behind a name in the registry."""

    def fingerprint(self) -> str:
        """The ``id`` that its embedder will have, without loading a library or a model."""
        ...

    def load(self, cache: Path, notice: Notice) -> Embedder:
        """Its embedder. Raises ModelUnavailable."""
        ...


PROVIDERS: dict[str, str] = {
    "minilm": "viking_git.retrieval.minilm",
    "hashing": "viking_git.retrieval.hashing",
}
"""Name → module that is its ``Provider``."""

ENTRY_POINTS = "viking_git.embedders"


def provider(name: str) -> Provider:
    """What ``name`` stands for, here or in an installed package.

    Raises:
        ModelUnavailable: nothing of that name, or a package that fails to import.
    """
    module = PROVIDERS.get(name)
    if module is not None:
        return cast(Provider, import_module(module))
    if name.startswith("openai:"):
        from viking_git.retrieval.endpoint import Endpoint

        return Endpoint(name.removeprefix("openai:"))
    if "/" in name:
        from viking_git.retrieval.transformer import Transformer

        return Transformer(name)
    from importlib.metadata import entry_points

    known = entry_points(group=ENTRY_POINTS)
    if name not in known.names:
        choices = ", ".join(sorted({*PROVIDERS, *known.names}))
        raise ModelUnavailable(
            f"no embedder is called {name!r}",
            hint=f"there are {choices}, a model's directory, organisation/model, and openai:MODEL@URL",
        )
    try:
        return cast(Provider, known[name].load())
    except Exception as error:
        raise ModelUnavailable(f"the embedder {name!r} does not load: {error!r}") from error


def fingerprint(name: str) -> str:
    """The ``id`` of the embedder called ``name``, at no cost; the search index is kept under it."""
    return provider(name).fingerprint()


def load_embedder(name: str, *, cache: Path, notice: Notice) -> Embedder:
    """The embedder called ``name``.

    Args:
        name: a name in the registry.
        cache: directory of what is computed once, e.g. compiled models; need not exist.
        notice: told when something takes long or is left out.

    Raises:
        ModelUnavailable: no such name, or its model cannot be loaded here.
    """
    return provider(name).load(cache, notice)
