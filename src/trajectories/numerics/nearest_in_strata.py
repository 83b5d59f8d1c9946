"""Nearest neighbours on one score within cells: sort once, then search outward."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trajectories.numerics.exact_cells import Cells
from trajectories.numerics.supply import Persons, least, widened
from trajectories.numerics.types import FloatArray, IntArray


class SortedSupply:
    """Controls on one score, |case − control| being the distance, within the cases' cells.

    The rows of each cell are sorted by score once. A case looks left and right of its own score
    and steps over those taken; a step over the same ones is never repeated (path compression), so
    that n takes cost about n log n altogether. Rows of equal score are shuffled when first
    reached.

    Parameters
    ----------
    cells : Cells
    case_score, pool_score : ndarrays, shapes (n_cases,) and (n,)
    caliper : float
        Largest distance allowed, rounding forgiven (``widened``); infinite for none.
    persons : Persons
    n_exact : ndarray of int, shape (n_cases,), optional
        Sizes of the cases' cells where ``cells`` holds only the nearest rows of them; there is no
        caliper then.
    """

    def __init__(
        self,
        cells: Cells,
        case_score: FloatArray,
        pool_score: NDArray[Any],
        caliper: float,
        persons: Persons,
        n_exact: IntArray | None = None,
    ) -> None:
        self._cells, self.case_score, self._persons = cells, case_score, persons
        self._rows = cells.rows
        self._score = np.asarray(pool_score[self._rows], dtype=np.float64)
        self._caliper = widened(caliper, case_score, self._score)
        for begin, end in zip(cells.start[:-1], cells.start[1:], strict=True):
            order = np.argsort(self._score[begin:end])
            self._score[begin:end] = self._score[begin:end][order]
            self._rows[begin:end] = self._rows[begin:end][order]
        self._low = cells.start[cells.case_cell]
        self._high = cells.start[cells.case_cell + 1]
        self.n_exact = self._high - self._low if n_exact is None else n_exact
        self._place, self.n_eligible, self.closest = self._look_around()
        if n_exact is not None:
            self.n_eligible = n_exact
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> None:
        """Forget what was taken, and draw the order of ties anew."""
        self._rng = rng
        self._to_right: dict[int, int] = {}
        self._to_left: dict[int, int] = {}
        self._shuffled: set[int] = set()

    def person(self, row: int) -> int:
        """Return the number of the person in a row."""
        return self._persons.of(row)

    def take(self, case: int, used: set[int]) -> tuple[int, float] | None:
        """Return row and distance of the nearest control whose person is not used, if any."""
        x, low, high = self.case_score[case], self._low[case], self._high[case]
        right = self._free(int(self._place[case]), 1, int(high), used)
        left = self._free(int(self._place[case]) - 1, -1, int(low) - 1, used)
        to_right = self._score[right] - x if right < high else np.inf
        to_left = x - self._score[left] if left >= low else np.inf
        if to_left < to_right or (to_left == to_right and self._rng.random() < 0.5):
            place, distance = left, float(to_left)
        else:
            place, distance = right, float(to_right)
        if not distance <= self._caliper:  # infinite where nobody is left
            return None
        return (int(self._rows[place]), distance) if np.isfinite(distance) else None

    def nearest(self, case: int, n: int) -> tuple[IntArray, FloatArray]:
        """Return rows and distances of the n nearest controls, fewer where there are fewer."""
        low, high, place = int(self._low[case]), int(self._high[case]), int(self._place[case])
        begin, end = max(low, place - n), min(high, place + n)
        if begin >= end:
            return np.zeros(0, np.int64), np.zeros(0)
        # whole runs of equal scores, so that each of them has the same chance
        begin = low + int(np.searchsorted(self._score[low:high], self._score[begin]))
        last = self._score[end - 1]
        end = low + int(np.searchsorted(self._score[low:high], last, side="right"))
        distance = np.abs(self._score[begin:end] - self.case_score[case])
        rows = self._rows[begin:end]
        # rows of equal score lie in an order that depends on the machine
        order = np.argsort(rows)
        rows, distance = rows[order], distance[order]
        kept = distance <= self._caliper
        rows, distance = rows[kept], distance[kept]
        chosen = least(distance, n, self._rng)
        return rows[chosen].astype(np.int64), distance[chosen]

    def _look_around(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Return each case's place, the number within the caliper, and the nearest distance."""
        n = len(self.case_score)
        place, eligible, closest = np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, np.inf)
        order = np.argsort(self._cells.case_cell, kind="stable")
        counts = np.bincount(self._cells.case_cell, minlength=len(self._cells.start) - 1)
        first = 0
        for cell, count in enumerate(counts):
            cases = order[first : first + count]
            first += count
            begin, end = self._cells.start[cell], self._cells.start[cell + 1]
            score, x = self._score[begin:end], self.case_score[cases]
            at = np.searchsorted(score, x)
            place[cases] = begin + at
            if begin == end:
                continue
            above = score[np.minimum(at, len(score) - 1)] - x
            below = x - score[np.maximum(at - 1, 0)]
            nearest = np.fmin(
                np.where(at < len(score), above, np.inf), np.where(at > 0, below, np.inf)
            )
            closest[cases] = np.where(nearest <= self._caliper, nearest, np.inf)
            eligible[cases] = self._n_within(score, x)
        return place, eligible, closest

    def _n_within(self, score: FloatArray, x: FloatArray) -> IntArray:
        low = np.searchsorted(score, x - self._caliper)
        return np.asarray(np.searchsorted(score, x + self._caliper, side="right") - low)

    def _free(self, place: int, step: int, end: int, used: set[int]) -> int:
        """Return the first place from here, left or right, that is not used; ``end`` if none."""
        skip = self._to_right if step == 1 else self._to_left
        passed = []
        while place != end:
            further = skip.get(place)
            if further is None:
                self._shuffle_run(place)
                if not used or self.person(int(self._rows[place])) not in used:
                    break
                further = place + step
            passed.append(place)
            place = further
        for one in passed:
            skip[one] = place
        return place

    def _shuffle_run(self, place: int) -> None:
        """Shuffle the rows that share the score of this place, once."""
        score = self._score
        value = score[place]
        alone = (place == 0 or score[place - 1] != value) and (
            place + 1 == len(score) or score[place + 1] != value
        )
        if alone:
            return
        start = self._cells.start
        cell = int(np.searchsorted(start, place, side="right")) - 1
        part = score[start[cell] : start[cell + 1]]
        begin = int(start[cell] + np.searchsorted(part, value))
        if begin in self._shuffled:
            return
        end = int(start[cell] + np.searchsorted(part, value, side="right"))
        # sorted first: the order that sorting by score leaves depends on the machine
        self._rows[begin:end] = self._rng.permutation(np.sort(self._rows[begin:end]))
        self._shuffled.add(begin)
