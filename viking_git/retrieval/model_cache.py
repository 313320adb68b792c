"""The directories of compiled models: each model is compiled once, into the first directory that has room for it."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from viking_git.errors import ModelUnavailable
from viking_git.private import make_private, secure
from viking_git.retrieval.embed import Notice
from viking_git.retrieval.locks import file_lock

_ROOM = 256 * 2**20
"""Bytes that a compile of the default model needs while it runs: the weights twice as float32, and once as int8."""


def compiled_model(
    cache: Path, name: str, *, is_complete: Callable[[Path], bool], compile_into: Callable[[Path], None], notice: Notice
) -> Path:
    """Return the directory of the compiled model ``name``, and compile it if no directory has it.

    The first choice is ``cache/models``, the second a private directory of this user among the temporary files: a cache
    that is read-only or full costs one compile, not one at each start. Two processes at once compile once.

    Args:
        cache: the directory of caches.
        name: the name of the model's directory, its fingerprint.
        is_complete: whether a directory holds the whole compiled model.
        compile_into: make a directory whole in one rename.
        notice: told of each directory that cannot be used.

    Raises:
        ModelUnavailable: no directory has room for it.
    """
    shared = Path(tempfile.gettempdir(), f"viking-git-{os.getuid()}")
    usable: list[Path] = []
    for place, top in ((cache / "models", cache), (shared, shared.parent)):
        try:
            # A model is a program that onnxruntime runs, and anybody can make a directory among the temporary files.
            secure(place / name, top, notice)
        except OSError as error:
            notice(_not_kept(place, error))
            continue
        if is_complete(place / name):
            return place / name
        usable.append(place)
    for place in usable:
        try:
            make_private(place)
            if shutil.disk_usage(place).free < _ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            with file_lock(place / f"{name}.lock"):
                if not is_complete(place / name):
                    compile_into(place / name)
            return place / name
        except OSError as error:
            notice(_not_kept(place, error))
    raise ModelUnavailable(
        "no directory has room for the compiled model",
        hint=f"set VIKING_CACHE to a directory of your own with {_ROOM // 2**20} MB of room",
    )


def _not_kept(place: Path, error: OSError) -> str:
    return f"the compiled model cannot be kept in {place} ({error.strerror or error})"
