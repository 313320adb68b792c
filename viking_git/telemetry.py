"""The switches that keep libraries from reporting to their makers.

They hold for this process and its children, and must be set before the first import of a library: ``viking_git`` sets
them when it is imported. A variable that is already set stays as it is.
"""

import os

SWITCHES = {
    # onnxruntime 1.29 and newer keep a device id and a queue of events in the user's cache, and upload the queue.
    "ORT_DISABLE_TELEMETRY": "1",
    # huggingface_hub sends a header with each request, and fetches a list of agent programs to tell who runs it.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # A model is loaded from this machine. `hf download` fetches one, in a process of its own.
    "HF_HUB_OFFLINE": "1",
    # The common switch (https://consoledonottrack.com), for libraries without one of their own.
    "DO_NOT_TRACK": "1",
}


def switch_off() -> None:
    """Set every switch that the environment leaves open."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
