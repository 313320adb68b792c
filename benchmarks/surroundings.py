"""What the benchmarks share: talk on stderr, and an environment of their own."""

import sys
from dataclasses import replace
from pathlib import Path

from viking_git.config import Environment, Person, read_environment

PERSON = Person("Benchmark", "benchmark@example.com")


def say(text: str) -> None:
    """Talk goes to stderr, as everywhere."""
    print(text, file=sys.stderr, flush=True)


def environment(cache: Path) -> Environment:
    """The caller's, with a fixed identity, caches below ``cache`` and no workspace."""
    return replace(read_environment(), workspace=None, cache=cache, author=PERSON, committer=PERSON)
