"""What AI agents know, kept as plain files in git."""

from typing import TYPE_CHECKING, Any

from viking_git.telemetry import switch_off

if TYPE_CHECKING:
    from viking_git.client.aio import AsyncOpenViking
    from viking_git.client.sync import OpenViking
    from viking_git.workspace import Workspace

__all__ = ["AsyncOpenViking", "OpenViking", "Workspace", "__version__"]
__version__ = "0.1.0"

switch_off()

_HOMES = {
    "AsyncOpenViking": "viking_git.client.aio",
    "OpenViking": "viking_git.client.sync",
    "Workspace": "viking_git.workspace",
}


def __getattr__(name: str) -> Any:
    # Imported when asked for: ``viking-git version`` needs none of it.
    if name not in _HOMES:
        raise AttributeError(f"module 'viking_git' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
