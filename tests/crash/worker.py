"""Runs scenarios under the shim, each in a fork of its own: a line of JSON in, a line of JSON out."""

import ctypes
import json
import os
import sys
import traceback
from pathlib import Path

import viking_git.retrieval.index
import viking_git.session.commit
import viking_git.session.mend  # noqa: F401 - imported before the forks, which then start at once
from tests.crash.scenarios import SCENARIOS
from viking_git.errors import VikingError

HOWS = {"count": 0, "kill": 1, "full": 2, "broken": 3}


def main() -> None:
    shim = ctypes.CDLL(sys.argv[1])
    shim.fault_calls.restype = ctypes.c_long
    for line in sys.stdin:
        case = json.loads(line)
        child = os.fork()
        if not child:
            one(shim, case)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(json.dumps({"status": os.waitstatus_to_exitcode(status)}) + "\n")
        sys.stdout.flush()


def one(shim: ctypes.CDLL, case: dict) -> None:  # type: ignore[type-arg]
    """Run one case and leave; what was acknowledged is in the file ``acks``, one line each."""
    root = Path(case["root"])
    acks = os.open(case["acks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    code = 0
    try:
        shim.fault_arm(f"{root}/".encode(), ctypes.c_long(case["at"]), HOWS[case["how"]])
        SCENARIOS[case["scenario"]].act(root, lambda text: os.write(acks, f"{text}\n".encode()))
    except VikingError:
        code = 2
    except OSError:
        code = 4
    except BaseException:
        code = 3
        os.write(acks, b"BUG " + json.dumps(traceback.format_exc()).encode() + b"\n")
    os.write(acks, b"CALLS %d\n" % shim.fault_calls())
    os._exit(code)


if __name__ == "__main__":
    main()
