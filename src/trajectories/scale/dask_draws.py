"""Persons drawn with replacement from a panel on a cluster.

How many come from each part is drawn here, by the totals of the parts; which they are is drawn on
the worker, by a seed of the part's own. Together this is a draw of as many persons as there are
from all of them: a multinomial given the sums over blocks is a multinomial in each. No worker knows
of another, and the answer does not depend on their number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import check_numbers
from trajectories.groups.search.spread_panel import SpreadDraws
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.scale.dask_problem import DaskProblem
from trajectories.scale.resampled_part import (
    Draw,
    agreement_part,
    on_drawn,
    tell_drawn,
    times_of,
)
from trajectories.scale.sampling_by_key import Keys
from trajectories.scale.spread_statistics import SpreadStatistics, added


class DaskDraws(SpreadDraws):
    """A panel on a cluster that persons are drawn from.

    Parameters
    ----------
    base : DaskProblem
        Its parts are of ``ResampledPart``.
    """

    def __init__(self, base: DaskProblem) -> None:
        self.base = base
        self.sample_size = base.sample_size
        self._samples: dict[int, tuple[Keys, FloatArray, Panel]] = {}

    def log_likelihood(self, model: Model, parameters: Parameters) -> float:
        """Return the log-likelihood of the panel itself."""
        return float(self.base.mixture(model).e_step(parameters).llf)

    def problem(self, seed: np.random.SeedSequence) -> DrawnProblem:
        """Return as many persons as the panel has, drawn by a seed."""
        weights = np.array([one.total_weight for one in self.base.part_facts])
        total = weights.sum()
        of_parts, *own = seed.spawn(1 + len(weights))
        sizes = np.random.default_rng(of_parts).multinomial(round(total), weights / total)
        draws = [
            Draw(int(one.entropy), tuple(one.spawn_key), int(size))  # type: ignore[arg-type]
            for one, size in zip(own, sizes, strict=True)
        ]
        return DrawnProblem(self, draws)

    def sampled(self, size: int) -> tuple[Keys, FloatArray, Panel]:
        """Return the sample of the panel's histories that starts are compared on, taken once."""
        if size not in self._samples:
            self._samples[size] = self.base.sampled(size)
        return self._samples[size]

    def agreement(
        self, one: tuple[Model, Parameters], other: tuple[Model, Parameters]
    ) -> tuple[FloatArray, FloatArray]:
        """Return overlap of posteriors and table of assignments by two models, (K, K) each."""
        parts = self.base.parts
        overlap, table = added(parts.ask(agreement_part, [(one, other)] * len(parts)))
        return overlap, table

    def fingerprint(self) -> str:
        """Return a digest of the data."""
        return f"draws {self.base.fingerprint()}"


class DrawnStatistics(SpreadStatistics):
    """The statistics of the persons drawn from every part, as one."""

    def __init__(self, base: SpreadStatistics, draws: Sequence[Draw], n_rows: int) -> None:
        super().__init__(base.parts, base.cells, base.places, n_rows, base.total_weight)
        self.draws = draws

    def _ask(self, function: Callable[..., Any], own: Sequence[tuple[Any, ...]]) -> list[Any]:
        arguments = [(draw, function, *one) for draw, one in zip(self.draws, own, strict=True)]
        return self.parts.ask(on_drawn, arguments)


class DrawnProblem(DaskProblem):
    """Persons drawn from the parts of a panel, fitted as one panel.

    Parameters
    ----------
    source : DaskDraws
    draws : sequence of Draw
        One for every part.
    """

    def __init__(self, source: DaskDraws, draws: Sequence[Draw]) -> None:
        base = source.base
        self.source, self.draws = source, draws
        self.parts, self.part_facts, self.grid = base.parts, base.part_facts, base.grid
        self.sample_size, self.merged = base.sample_size, base.merged
        # keys of a hundred histories say whether there are as many as there are groups
        told = self.parts.ask(tell_drawn, [(draw, 100) for draw in draws])
        self.highest_rate = max(one[0] for one in told)
        self.n_distinct = len(np.unique(np.concatenate([one[2] for one in told])))
        n_rows = min(sum(one[1] for one in told), base.statistics.n_rows)
        self.statistics = DrawnStatistics(base.statistics, draws, n_rows)

    def check(self, model: Model) -> None:
        """Refuse persons drawn that cannot carry the model."""
        positive = self.highest_rate > 0
        check_numbers(model, positive, self.statistics.total_weight, self.n_distinct)

    def _sample(self, size: int) -> Panel:
        """Return the panel's sample, each history with how often it was drawn over its chance."""
        keys, chance, panel = self.source.sampled(size)
        times = np.zeros(len(keys))
        for one in self.parts.ask(times_of, [(draw, keys) for draw in self.draws]):
            times += one
        rows = np.flatnonzero(times)
        return replace(panel.subset(rows), weights=times[rows] / chance[rows])
