"""Say on standard error which stage is at work, and how long each took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STAGES = (
    "simulating the register",
    "choosing the trajectory groups",
    "describing the groups",
    "describing careers",
    "matching controls",
    "within-person effects",
    "recidivism",
    "scores",
)


class Clock:
    """Announce the stages in their order; silent unless asked.

    Parameters
    ----------
    shown : bool
    """

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage, and say so while and when it is done."""
        number = f"[{STAGES.index(name) + 1}/{len(STAGES)}] {name}"
        on_terminal = self.shown and sys.stderr.isatty()
        if on_terminal:
            sys.stderr.write(f"{number} …")
            sys.stderr.flush()
        begun = time.perf_counter()
        try:
            yield
        except BaseException:
            if on_terminal:
                sys.stderr.write("\n")
            raise
        self.seconds[name] = time.perf_counter() - begun
        if self.shown:
            start = "\r" if on_terminal else ""
            sys.stderr.write(f"{start}{number:<42}{self.seconds[name]:6.1f} s\n")
            sys.stderr.flush()
