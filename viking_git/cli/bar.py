"""A bar on stderr for work that takes more than a second: done, rate, time left."""

import sys
import time

from viking_git.cli.progress import pause, resume
from viking_git.cli.terminal import below

_FIRST = 1.0
_BETWEEN = 0.2
_WIDTH = 24


class Bar:
    """Called with (done, total); draws on a terminal only, and leaves one line behind, elsewhere at most that."""

    def __init__(self, what: str = "texts", finished: str = "") -> None:
        """Count ``what``; the clock starts with the first call. ``finished`` says what was done, where that is told."""
        self._what = what
        self._done = finished
        self._start: float | None = None
        self._first = 0
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` are done."""
        now = time.monotonic()
        finished = done >= total
        if self._start is None:
            self._start, self._first = (None, 0) if finished else (now, done)
            return
        passed = now - self._start
        if passed > _FIRST and (finished or now - self._drawn > _BETWEEN):
            self._drawn = now
            self._draw(done, total, (done - self._first) / passed)
        if finished:
            if passed > _FIRST and sys.stderr.isatty():
                print(file=sys.stderr)
            self._start = None
            resume()

    def _draw(self, done: int, total: int, rate: float) -> None:
        if not sys.stderr.isatty():
            if done >= total and self._done:
                print(f"{self._done} {done:,} {self._what}, {rate:,.0f} a second", file=sys.stderr, flush=True)
            return
        pause()
        left = (total - done) / rate if rate else 0.0
        bar = "#" * round(_WIDTH * done / total)
        line = f"[{bar:<{_WIDTH}}] {done:,} of {total:,} {self._what}, {rate:,.0f} a second, {_clock(left)} left"
        print(f"\r{line:<79}", end="", file=below(sys.stderr), flush=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
