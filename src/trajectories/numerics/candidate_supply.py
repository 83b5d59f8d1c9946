"""Nearest neighbours where distance or eligibility has to be worked out case by case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from trajectories.numerics.supply import Persons, least
from trajectories.numerics.types import FloatArray, IntArray

MOST_REMEMBERED = 4096
KEPT = 64
"""Nearest controls that are kept per case; more are worked out again when these are taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Controls of one case that are eligible: rows, distances, and how many before calipers."""

    rows: IntArray
    distance: FloatArray
    n_exact: int


class CandidateSupply:
    """Controls by any distance, from a function that lists a case's candidates.

    Only the nearest few of each case are kept: memory grows with the cases, not with cases times
    pool.

    Parameters
    ----------
    candidates : callable
        Case number → Candidates, rows in ascending order.
    n_cases : int
    persons : Persons
    n_kept : int
        Controls to keep per case.
    """

    def __init__(
        self,
        candidates: Callable[[int], Candidates],
        n_cases: int,
        persons: Persons,
        n_kept: int = KEPT,
    ) -> None:
        self._candidates, self._persons = candidates, persons
        self._n_kept = max(n_kept, KEPT)
        self.n_exact, self.n_eligible = np.zeros(n_cases, np.int64), np.zeros(n_cases, np.int64)
        self.closest = np.full(n_cases, np.inf)
        self._near: dict[int, tuple[IntArray, FloatArray]] = {}
        for case in range(n_cases):
            found = candidates(case)
            self.n_exact[case], self.n_eligible[case] = found.n_exact, len(found.rows)
            self.closest[case] = found.distance.min(initial=np.inf)
            self._remember(case, found)
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        """Forget what was taken, and draw the order of ties anew."""
        self._rng = rng
        self._kept: dict[int, tuple[IntArray, FloatArray]] = {}
        self._next: dict[int, int] = {}

    def person(self, row: int) -> int:
        """Return the number of the person in a row."""
        return self._persons.of(row)

    def take(self, case: int, used: set[int]) -> tuple[int, float] | None:
        """Return row and distance of the nearest control whose person is not used, if any."""
        rows, distance = self._list(case, self._n_kept)
        at = self._next.get(case, 0)
        while True:
            if at == len(rows):
                if len(rows) == self.n_eligible[case]:
                    self._next[case] = at
                    return None
                rows, distance = self._longer(case)
            if self.person(int(rows[at])) not in used:
                self._next[case] = at
                return int(rows[at]), float(distance[at])
            at += 1

    def nearest(self, case: int, n: int) -> tuple[IntArray, FloatArray]:
        """Return rows and distances of the n nearest controls, fewer where there are fewer."""
        rows, distance = self._list(case, n)
        while len(rows) < min(n, self.n_eligible[case]):
            rows, distance = self._longer(case)
        return rows[:n], distance[:n]

    def _remember(self, case: int, found: Candidates) -> None:
        """Keep whoever may be among the nearest few, whichever way ties are broken."""
        rows, distance = found.rows, found.distance
        if len(rows) > self._n_kept:
            near = distance <= np.partition(distance, self._n_kept - 1)[self._n_kept - 1]
            rows, distance = rows[near], distance[near]
        if len(rows) <= MOST_REMEMBERED:
            self._near[case] = rows, distance

    def _list(self, case: int, n: int) -> tuple[IntArray, FloatArray]:
        if case not in self._kept:
            if case in self._near and n <= self._n_kept:
                rows, distance = self._near[case]
            else:
                found = self._candidates(case)
                rows, distance = found.rows, found.distance
            chosen = least(distance, max(n, self._n_kept), self._rng)
            self._kept[case] = rows[chosen], distance[chosen]
        return self._kept[case]

    def _longer(self, case: int) -> tuple[IntArray, FloatArray]:
        """Return the list with all other candidates after those kept, nearest first."""
        rows, distance = self._kept[case]
        found = self._candidates(case)
        new = ~np.isin(found.rows, rows)
        chosen = least(found.distance[new], int(new.sum()), self._rng)
        rest = found.rows[new][chosen], found.distance[new][chosen]
        self._kept[case] = np.append(rows, rest[0]), np.append(distance, rest[1])
        return self._kept[case]
