"""A matrix of vectors that only grows: in a file, memory-mapped, or in memory where no file can be."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from viking_git.private import open_private

Matrix = NDArray[np.float32]

_COPIED_AT_ONCE = 50_000


class Rows:
    """Float32 vectors, little endian, one a row, rows counted from 0."""

    def __init__(self, path: Path | None) -> None:
        """Take the file, which need not exist; None keeps the matrix in memory."""
        self.path = path
        self._memory: Matrix = np.zeros((0, 0), dtype=np.float32)

    def view(self, count: int, dim: int) -> Matrix:
        """The first ``count`` rows of length ``dim``, not copied.

        Raises:
            OSError: the file is shorter than that, or not there.
        """
        if self.path is None or not count:
            return self._memory[:count]
        if self.path.stat().st_size < count * dim * 4:
            raise OSError(f"{self.path.name} is shorter than its index says")
        return np.memmap(self.path, dtype="<f4", mode="r", shape=(count, dim))

    def copy_from(self, other: "Rows", count: int, dim: int) -> None:
        """Become a copy of the first ``count`` rows of ``other``."""
        matrix = other.view(count, dim)
        if self.path is None:
            self._memory = np.array(matrix)
            return
        for at in range(0, count, _COPIED_AT_ONCE):
            self.write(at, matrix[at : at + _COPIED_AT_ONCE])

    def write(self, at: int, rows: Matrix) -> None:
        """Put ``rows`` at row ``at``, durable when this returns; what lay there was never committed.

        Raises:
            OSError: no space, or no permission.
        """
        if self.path is None:
            self._memory = np.concatenate([self._memory[:at], rows]) if at else rows
            return
        data = memoryview(rows.astype("<f4", copy=False).tobytes())
        handle = open_private(self.path, os.O_WRONLY | os.O_CREAT)
        try:
            offset = at * rows.shape[1] * 4
            while data:
                written = os.pwrite(handle, data, offset)
                data, offset = data[written:], offset + written
            os.fsync(handle)
        finally:
            os.close(handle)
