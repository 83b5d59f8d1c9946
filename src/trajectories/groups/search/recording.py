"""A mixture that remembers what was asked of it, so that a killed climb can be taken up again.

EM and Newton are deterministic: given the answers to their questions (the likelihood at some
parameters, the next parameters, the score and the information) they ask the same again. A resumed
climb therefore is the same climb, its first questions answered from the record. The record holds
parameters and their likelihood, score and information; nothing of persons.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from trajectories.numerics.membership import Spread
from trajectories.numerics.mixture import Mixture, Parameters
from trajectories.numerics.totals import Totals
from trajectories.numerics.types import FloatArray

Entry = dict[str, Any]


class Journal:
    """Questions and answers of one climb, in order.

    Parameters
    ----------
    entries : list of dict
        What an earlier, killed climb wrote.
    written : callable, optional
        Called after every new entry.
    """

    def __init__(
        self, entries: list[Entry] | None = None, written: Callable[[], None] | None = None
    ) -> None:
        self.entries: list[Entry] = [] if entries is None else entries
        self._written = written
        self._place = 0

    def recall(self, call: str, parameters: Parameters) -> Entry | None:
        """Return the next entry if it answers this question; forget all that follows if not."""
        if self._place >= len(self.entries):
            return None
        entry = self.entries[self._place]
        if entry["call"] != call or entry["at"] != mark(parameters):
            del self.entries[self._place :]  # computed otherwise than here: to be computed again
            return None
        self._place += 1
        return entry

    def write(self, call: str, parameters: Parameters, **answer: Any) -> None:
        """Add an entry."""
        self.entries.append({"call": call, "at": mark(parameters), **answer})
        self._place = len(self.entries)
        if self._written is not None:
            self._written()


def mark(parameters: Parameters) -> int:
    """Return a checksum of parameters, by which questions are recognised."""
    return zlib.crc32(parameters.pack().tobytes())


class LaterTotals(Totals):
    """Totals whose likelihood is known; the others are computed if somebody asks."""

    def __init__(self, llf: float, compute: Callable[[], Totals]) -> None:
        object.__setattr__(self, "llf", llf)
        object.__setattr__(self, "_compute", compute)
        object.__setattr__(self, "_known", None)

    @property
    def group_weight(self) -> FloatArray:
        """Group weights, shape (K,)."""
        return self._totals().group_weight

    @property
    def cell_weight(self) -> FloatArray:
        """Cell weights, shape (C, K)."""
        return self._totals().cell_weight

    @property
    def membership(self) -> FloatArray | None:
        """Score of the group probabilities by covariates, shape (K, 1 + M), if any."""
        return self._totals().membership

    @property
    def spread(self) -> Spread | None:
        """What the curvature in those probabilities needs, if any."""
        return self._totals().spread

    def _totals(self) -> Totals:
        held: dict[str, Any] = self.__dict__
        if held["_known"] is None:
            object.__setattr__(self, "_known", held["_compute"]())
        known: Totals = held["_known"]
        return known


class RecordedMixture(Mixture):
    """A mixture whose answers are kept in a journal, or taken from it while it lasts.

    ``stop`` is called with it before every pass. It must not hold it: a cycle would keep the panel,
    and the processes that share it, until the next garbage collection.

    Attributes
    ----------
    best : tuple of Parameters and float, or None
        The highest point of the climb so far.
    iterations : int
        Passes over the data so far, those answered from the journal included.
    """

    def __init__(
        self, mixture: Mixture, journal: Journal, stop: Callable[[RecordedMixture], None]
    ) -> None:
        self.__dict__.update(vars(mixture))
        self._climb = mixture.climb  # that of a joint mixture is its own
        self.journal = journal
        self.best: tuple[Parameters, float] | None = None
        self.iterations = 0
        self._stop = stop
        self._inside = False

    def e_step(self, parameters: Parameters, moves: bool = True) -> Totals:
        """Return the likelihood and the totals at some parameters."""
        if self._inside:
            return super().e_step(parameters, moves)
        self._stop(self)
        entry = self.journal.recall("e_step", parameters)
        if entry is not None:
            self._noted(parameters, entry["llf"])
            return LaterTotals(entry["llf"], lambda: self._live_e_step(parameters, moves))
        totals = self._live_e_step(parameters, moves)
        self.journal.write("e_step", parameters, llf=totals.llf)
        self._noted(parameters, totals.llf)
        return totals

    def m_step(
        self, parameters: Parameters, totals: Totals, steps: int = 1, cautious: bool = True
    ) -> Parameters:
        """Return parameters that raise the expected complete-data log-likelihood."""
        if self._inside:
            return super().m_step(parameters, totals, steps, cautious)
        entry = self.journal.recall("m_step", parameters)
        if entry is not None:
            held: Parameters = entry["to"]
            return held
        self._inside = True
        try:
            moved = super().m_step(parameters, totals, steps, cautious)
        finally:
            self._inside = False
        self.journal.write("m_step", parameters, to=moved)
        return moved

    def climb(
        self, theta: FloatArray, cell_weight: FloatArray, steps: int = 1, n_models: int = 1
    ) -> FloatArray:
        """Raise the weighted log densities of the groups, as the mixture does that is recorded."""
        return self._climb(theta, cell_weight, steps, n_models)

    def score_and_information(
        self, parameters: Parameters
    ) -> tuple[float, FloatArray, FloatArray, Totals]:
        """Return log-likelihood, score (D,), observed information (D, D) and the totals."""
        if self._inside:
            return super().score_and_information(parameters)
        self._stop(self)
        entry = self.journal.recall("score", parameters)
        if entry is not None:
            self._noted(parameters, entry["llf"])
            totals: Totals = LaterTotals(entry["llf"], lambda: self._live_score(parameters)[3])
            return entry["llf"], entry["score"], entry["information"], totals
        answer = self._live_score(parameters)
        llf, score, information, _ = answer
        self.journal.write("score", parameters, llf=llf, score=score, information=information)
        self._noted(parameters, llf)
        return answer

    def _live_e_step(self, parameters: Parameters, moves: bool) -> Totals:
        self._inside = True
        try:
            return super().e_step(parameters, moves)
        finally:
            self._inside = False

    def _live_score(self, parameters: Parameters) -> tuple[float, FloatArray, FloatArray, Totals]:
        self._inside = True
        try:
            return super().score_and_information(parameters)
        finally:
            self._inside = False

    def _noted(self, parameters: Parameters, llf: float) -> None:
        self.iterations += 1
        if self.best is None or llf > self.best[1]:
            self.best = parameters, llf
