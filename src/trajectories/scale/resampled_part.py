"""What workers do of a bootstrap: draw persons of their part, and pass over those drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.inference.agreement import contingency, overlap_of
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import SMALL_EXPOSURE, make_mixture
from trajectories.groups.search.prepare import row_base_measure, row_blocks
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel, widened
from trajectories.panel.distinct import row_keys
from trajectories.scale.held import size_of
from trajectories.scale.panel_part import PanelPart, Shape, as_panel, build
from trajectories.scale.sampling_by_key import Keys, scrambled


@dataclass(frozen=True, slots=True)
class Draw:
    """So many persons of a part, drawn with replacement by a seed; small enough to be sent.

    Attributes
    ----------
    entropy, spawn_key
        Of a ``SeedSequence``.
    n_persons : int
    """

    entropy: int
    spawn_key: tuple[int, ...]
    n_persons: int

    def times(self, weights: FloatArray) -> FloatArray:
        """Return how often each history is drawn, given how many persons have it."""
        seed = np.random.SeedSequence(self.entropy, spawn_key=self.spawn_key)
        rng = np.random.default_rng(seed)
        return rng.multinomial(self.n_persons, weights / weights.sum()).astype(float)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Histories that were drawn, with how often each was.

    Attributes
    ----------
    statistics : Statistics
        Of these histories only.
    times : ndarray, shape (D,)
        Of all histories of the part.
    """

    statistics: Statistics
    times: FloatArray


@dataclass(frozen=True, slots=True)
class ResampledPart(PanelPart):
    """A part whose rows are its distinct histories in order of their keys.

    Attributes
    ----------
    base : ndarray, shape (D,)
        Parameter-free part of each history's log density.
    rate : ndarray, shape (D,)
        Highest outcome per unit of exposure in each.
    latest : list
        The last draw and what came of it: every pass of a refit asks for the same.
    """

    base: FloatArray
    rate: FloatArray
    latest: list[tuple[Draw, Drawn]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """Bytes that a draw will want besides."""
        return size_of(self.statistics)


def build_resampled(source: Any, shape: Shape, family: Family, size: int) -> ResampledPart:
    """Build a part that persons can be drawn from (on its worker).

    Raises
    ------
    InputError
        If weights are no whole numbers.
    """
    panel = as_panel(source, shape)
    if panel.weights is not None and (panel.weights % 1).any():
        raise InputError(
            f"{int((panel.weights % 1 != 0).sum()):,} of {panel.n_units:,} weights of a part are "
            "no whole numbers: the bootstrap draws persons, so that weights must be numbers of "
            "persons"
        )
    mask = panel.observed
    if mask is None and shape.masked:
        mask = np.ones(panel.outcomes.shape, dtype=bool)
    keys = row_keys(panel.outcomes, panel.exposure, mask)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    held = replace(
        panel.subset(first),
        weights=np.bincount(inverse, weights=panel.weights).astype(float),
        units=pd.RangeIndex(len(first)),
    )
    plain = replace(shape, ages=held.ages, read=None, seen=None)
    part = build(held, plain, family, size)
    if part.statistics.n_rows != held.n_units:
        raise AssertionError("distinct histories were merged again")
    return ResampledPart(
        part.statistics,
        part.facts,
        part.keys,
        part.weights,
        part.panel,
        part.panel_keys,
        *_by_history(held, family),
    )


def _by_history(panel: Panel, family: Family) -> tuple[FloatArray, FloatArray]:
    """Return base measure and highest rate of every unit."""
    base, rate = np.empty(panel.n_units), np.empty(panel.n_units)
    for rows in row_blocks(panel.n_units):
        outcome = widened(panel.outcomes[rows])
        exposure = None if panel.exposure is None else panel.exposure[rows]
        observed = None if panel.observed is None else panel.observed[rows]
        base[rows] = row_base_measure(family, outcome, exposure, observed)
        if exposure is not None:
            outcome = outcome / np.maximum(exposure, SMALL_EXPOSURE)
        rate[rows] = outcome.max(axis=1)
    return base, rate


def drawn(part: ResampledPart, draw: Draw) -> Drawn:
    """Return what a draw gives: that of the last pass, or drawn again, the same."""
    for known, kept in tuple(part.latest):
        if known == draw:
            return kept
    part.latest.clear()  # before as much is made again
    times = draw.times(part.weights)
    rows = np.flatnonzero(times)
    if not len(rows):
        rows = np.zeros(1, dtype=np.int64)  # nobody: a row that counts for nothing
    statistics = part.statistics.take(rows)
    statistics.weights = times[rows]
    statistics.total_weight = float(draw.n_persons)
    statistics.constant = float(part.base[rows] @ times[rows])
    found = Drawn(statistics, times)
    part.latest[:] = [(draw, found)]
    return found


def on_drawn(part: ResampledPart, draw: Draw, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function of a part says of a draw from it."""
    return function(drawn(part, draw), *arguments)


def tell_drawn(part: ResampledPart, draw: Draw, count: int) -> tuple[float, int, Keys]:
    """Return the highest rate, the number of distinct histories, and a few of their keys."""
    there = drawn(part, draw).times > 0
    if not there.any():
        return -np.inf, 0, np.empty(0, dtype=np.uint64)
    lowest = np.sort(scrambled(part.keys[there]))[:count]
    return float(part.rate[there].max()), int(there.sum()), lowest


def times_of(part: ResampledPart, draw: Draw, keys: Keys) -> FloatArray:
    """Return how often histories were drawn that are given by their keys, in rising order."""
    place = np.minimum(np.searchsorted(part.keys, keys), len(part.keys) - 1)
    return np.where(part.keys[place] == keys, drawn(part, draw).times[place], 0.0)


def agreement_part(
    part: ResampledPart, one: tuple[Model, Parameters], other: tuple[Model, Parameters]
) -> FloatArray:
    """Return overlap of posteriors and table of assignments by two models, shape (2, K, K)."""
    first, second = (
        make_mixture(part.panel, model, part.statistics).posterior(parameters)
        for model, parameters in (one, other)
    )
    table = contingency(
        first.argmax(axis=1), second.argmax(axis=1), part.statistics.weights, first.shape[1]
    )
    return np.stack([overlap_of(first, second, part.statistics.weights), table])
