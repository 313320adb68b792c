"""Nearest vectors in a Milvus deployment, for many machines with one index; needs the extra ``viking-git[milvus]``.

A vector is kept under the digest of its unit, which is the same on every machine and at every commit; what another
machine's tree holds and this one's does not is dropped from the answers. The address comes from git config or is a file
in the cache, never from a clone. Whatever Milvus cannot do, the exact search does.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from viking_git.config import variables
from viking_git.private import make_private, write_private
from viking_git.retrieval.database import Database
from viking_git.retrieval.nearest import RowNumbers, best, exact
from viking_git.retrieval.rows import Matrix

AT_ONCE = 1_000
_OVERSAMPLE = 4
_MOST = 16_000
"""Milvus answers 16,384 rows at most."""
_FEW = 50_000


class MilvusNearest:
    """As ``nearest.Nearest``, with the vectors in a collection of Milvus."""

    def __init__(
        self, address: str, embedder_id: str, database: Database, marker: Path | None, notice: Callable[[str], None]
    ) -> None:
        """Take the address: a file, or ``http://host:19530``; ``#name`` at its end tells workspaces apart.

        ``marker`` is a file that remembers how many rows are there already; None asks for all of them again.
        """
        self._address, _, name = address.partition("#")
        digest = hashlib.sha256(f"{name}/{embedder_id}".encode()).hexdigest()[:16]
        self._collection = f"viking_git_{digest}"
        self._database = database
        self._marker = marker
        self._notice = notice
        self._client: Any = None
        self._gone = False

    def extend(self, matrix: Matrix) -> None:
        """Bring what is new to Milvus; other machines may have done so."""
        covered = self._covered()
        if covered >= len(matrix) or not self._connect(matrix.shape[1]):
            return
        try:
            for at in range(covered, len(matrix), AT_ONCE):
                digests = self._database.digests(at, AT_ONCE)
                rows = [{"id": digest, "vector": matrix[row - 1].tolist()} for row, digest in digests.items()]
                if rows:
                    self._client.upsert(self._collection, rows)
                self._remember(min(at + AT_ONCE, len(matrix)))
        except Exception as error:  # pymilvus and grpc raise kinds of their own
            self._fail(error)

    def search(
        self, matrix: Matrix, vector: Matrix, limit: int, among: RowNumbers | None = None
    ) -> tuple[RowNumbers, Matrix]:
        """As ``nearest.Nearest.search``."""
        if among is not None and len(among) <= _FEW:
            found, scores = exact(matrix[among], vector, limit)
            return among[found], scores
        covered = min(self._covered(), len(matrix))
        rows = self._asked(vector, limit) if covered and self._connect(matrix.shape[1]) else None
        if rows is None:
            found, scores = exact(matrix if among is None else matrix[among], vector, limit)
            return (found if among is None else among[found]), scores
        candidates = np.union1d(rows[rows < len(matrix)], np.arange(covered, len(matrix), dtype=np.int64))
        if among is not None:
            candidates = candidates[np.isin(candidates, among)]
        return best(candidates, matrix[candidates] @ vector, limit)

    def _asked(self, vector: Matrix, limit: int) -> RowNumbers | None:
        try:
            answer = self._client.search(
                self._collection, data=[vector.tolist()], limit=min(_OVERSAMPLE * limit, _MOST), anns_field="vector",
                output_fields=["id"], search_params={"metric_type": "IP"},
            )  # fmt: skip
            digests = [str(hit["id"]) for hit in answer[0]]
        except Exception as error:  # pymilvus and grpc raise kinds of their own
            self._fail(error)
            return None
        return np.array(self._database.rows_of(digests), dtype=np.int64) - 1

    def _connect(self, dim: int) -> bool:
        """Whether Milvus is there, with a collection for vectors of that length."""
        if self._client is not None or self._gone:
            return not self._gone
        try:
            if "://" not in self._address:
                make_private(Path(self._address).parent)
            # On import, pymilvus loads the nearest .env above its own directory: beside a virtual environment that is a
            # file of the project, which may come from a clone.
            with variables(PYTHON_DOTENV_DISABLED="1"):
                from pymilvus import DataType, MilvusClient

                client = MilvusClient(self._address)
            if not client.has_collection(self._collection):
                schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
                schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=64)
                schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
                index = client.prepare_index_params()
                index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
                client.create_collection(self._collection, schema=schema, index_params=index)
            client.load_collection(self._collection)
        except ImportError:
            self._fail(ImportError("the library pymilvus is not installed: pip install 'viking-git[milvus]'"))
            return False
        except Exception as error:  # pymilvus and grpc raise kinds of their own
            self._fail(error)
            return False
        self._client = client
        return True

    def close(self) -> None:
        """Let the connection go."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _fail(self, error: Exception) -> None:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        self._notice(f"Milvus at {self._address} cannot be used; vectors are searched here ({first})")
        self._gone = True

    def _covered(self) -> int:
        try:
            return int(self._marker.read_text()) if self._marker is not None else 0
        except (OSError, ValueError):
            return 0

    def _remember(self, rows: int) -> None:
        if self._marker is not None:
            write_private(self._marker, f"{rows}\n".encode())
