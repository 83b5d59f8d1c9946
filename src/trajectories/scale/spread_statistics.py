"""Statistics that lie on a cluster: a pass sends tables of cells, and adds up what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, NoReturn

import numpy as np

from trajectories.numerics.cells import Cells
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.totals import ScoreMoments, Totals
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.scale.cluster import Parts
from trajectories.scale.panel_part import em_part, score_part


class SpreadStatistics(Statistics):
    """The statistics of parts on a cluster as one.

    Totals are added in the order of the parts, whatever worker they come from and whenever: the
    answer is the same, bit for bit, for any number of workers.

    Parameters
    ----------
    parts : Parts
    cells : Cells
        Of all parts.
    places : list of ndarray of int, or None
        Where each part's own cells are among them; None: they are the same.
    n_rows : int
        Distinct histories; a lower bound where they are very many.
    total_weight : float
    """

    def __init__(
        self,
        parts: Parts,
        cells: Cells,
        places: list[IntArray | None],
        n_rows: int,
        total_weight: float,
    ) -> None:
        self.parts = parts
        self.cells = cells
        self.places = places
        self.weights = None
        self.constant = 0.0  # every part adds its own
        self.n_rows = n_rows
        self.total_weight = total_weight
        self.block = max(n_rows, 1)

    def em_pass(
        self,
        table: FloatArray,
        log_probability: FloatArray,
        slopes: FloatArray | None = None,
        moves: bool = True,
    ) -> Totals:
        """Run the E-step over all parts."""
        del moves
        _no_slopes(slopes)
        own = [(self._own(table, place), log_probability) for place in self.places]
        answers: list[Totals] = self._ask(em_part, own)
        total: Totals = added(
            [self._laid_out(one, place) for one, place in zip(answers, self.places, strict=True)]
        )
        return total

    def score_moments(
        self,
        table: FloatArray,
        log_probability: FloatArray,
        scores: FloatArray,
        slopes: FloatArray | None = None,
    ) -> ScoreMoments:
        """Run the pass of the score and the information over all parts."""
        _no_slopes(slopes)
        own = [
            (self._own(table, place), log_probability, self._own(scores, place))
            for place in self.places
        ]
        answers: list[ScoreMoments] = self._ask(score_part, own)
        moments: ScoreMoments = added(
            [
                replace(one, totals=self._laid_out(one.totals, place))
                for one, place in zip(answers, self.places, strict=True)
            ]
        )
        return moments

    def em_pass_many(
        self, tables: FloatArray, log_probability: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Run the E-step of S models, one after another."""
        every = [self.em_pass(*one) for one in zip(tables, log_probability, strict=True)]
        return (
            np.array([one.llf for one in every]),
            np.stack([one.group_weight for one in every]),
            np.stack([one.cell_weight for one in every]),
        )

    def _ask(self, function: Callable[..., Any], own: Sequence[tuple[Any, ...]]) -> list[Any]:
        return self.parts.ask(function, own)

    @staticmethod
    def _own(table: FloatArray, place: IntArray | None) -> FloatArray:
        return table if place is None else table[place]

    def _laid_out(self, totals: Totals, place: IntArray | None) -> Totals:
        """Return totals with the cell weights of one part among the cells of all."""
        if place is None:
            return totals
        weight = np.zeros((len(self.cells.outcome), totals.cell_weight.shape[1]))
        weight[place] = totals.cell_weight
        return replace(totals, cell_weight=weight)

    def unit_log_density(self, rows: slice, table: FloatArray) -> NoReturn:
        """Refuse: rows stay where they are."""
        raise NotImplementedError("the rows of a panel on a cluster stay on its workers")

    def cell_totals(self, rows: slice, unit_weight: FloatArray) -> NoReturn:
        """Refuse: rows stay where they are."""
        raise NotImplementedError("the rows of a panel on a cluster stay on its workers")

    def take(self, rows: IntArray) -> NoReturn:
        """Refuse: rows stay where they are."""
        raise NotImplementedError("the rows of a panel on a cluster stay on its workers")


def _no_slopes(slopes: FloatArray | None) -> None:
    if slopes is not None:
        raise NotImplementedError("group probabilities by covariates need the rows")


def added(parts: list[Any]) -> Any:
    """Add up answers of parts, field by field, in their order."""
    total = parts[0]
    for one in parts[1:]:
        total = _plus(total, one)
    return total


def _plus(one: Any, other: Any) -> Any:
    if one is None:
        return None
    if is_dataclass(one) and not isinstance(one, type):
        return replace(
            one,
            **{
                field.name: _plus(getattr(one, field.name), getattr(other, field.name))
                for field in fields(one)
            },
        )
    return one + other
