"""Passes over many rows, cut into runs of blocks that several processes share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trajectories.numerics.team import SMALLEST, Sums, Team, can_share
from trajectories.numerics.threads import chunks, in_order


class SharedRows:
    """Rows that a pass over them is shared by ``n_jobs`` processes.

    The answer does not depend on their number. Rows must not change after the first pass: processes
    see those of then.
    """

    n_rows: int
    n_jobs: int = 1
    _team: Team | None = None

    def by_chunk(self, work: Callable[..., Sums], size: int, *arguments: Any) -> Iterable[Sums]:
        """Return ``work(self, run, *arguments)`` for every run of blocks, in their order.

        A block has at most ``size`` rows. Where the rows are many, ``n_jobs`` processes share the
        work, or threads if the system does not let processes see this one's memory.
        """
        runs = chunks(self.blocks(size))
        n_jobs = self.n_jobs if self.n_rows >= SMALLEST else 1
        if n_jobs > 1 and can_share():
            if self._team is None or not self._team.serves(self, n_jobs):
                self._team = Team.of(self, n_jobs)
            if self._team is not None:
                return self._team.compute(work, runs, arguments)
            n_jobs = self.n_jobs = 1
        return in_order(lambda run: work(self, run, *arguments), runs, n_jobs)

    def for_each_chunk(self, work: Callable[[Sequence[slice]], None], size: int) -> None:
        """Run ``work``, which writes to memory of this process, on every run of blocks."""
        for _ in in_order(work, chunks(self.blocks(size)), self.n_jobs):
            pass

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy takes along: a team serves one holder only."""
        return self.__dict__ | {"_team": None}

    def blocks(self, size: int) -> list[slice]:
        """Cut the rows into blocks of at most ``size``."""
        return [slice(low, min(low + size, self.n_rows)) for low in range(0, self.n_rows, size)]
