"""Levels that plant a given share at the first trafficking offence.

Shares are means over the calibration's distribution of ages at the first trafficking offence, not
over the ages that happened to be drawn: every person's circumstance is then an independent draw
with the planted probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from trajectories.errors import TargetError
from trajectories.rapporteur.calibration import FIRST_CELL, Calibration
from trajectories.rapporteur.cohort import Cohort, Ints

Array = npt.NDArray[np.float64]
CONTROL_INDEX_AGE = 27
"""Age at which the controls' shares are planted (in a year without an offence)."""
FAR = 40.0
"""A level at which a logistic share is 0 or 1 for all purposes."""
_NODE, _NODE_WEIGHT = np.polynomial.hermite_e.hermegauss(40)
_NODE_WEIGHT = _NODE_WEIGHT / _NODE_WEIGHT.sum()
_PARTS_OF_YEAR = (np.arange(8) + 0.5) / 8


@dataclass(frozen=True, slots=True)
class IndexAges:
    """Ages at the first trafficking offence as nodes; for controls one fixed age.

    Attributes
    ----------
    strata
        (K,) names, and ``stratum`` (M,) the position of each node's among them.
    age
        (M,) exact ages.
    weight, pooled
        (M,) probability of the node within its stratum, and in the whole population.
    """

    strata: tuple[str, ...]
    stratum: Ints
    age: Array
    weight: Array
    pooled: Array

    @property
    def cell(self) -> Ints:
        """Ages in whole years."""
        return np.floor(self.age).astype(np.int64)


def index_ages(calibration: Calibration, cohort: Cohort) -> IndexAges:
    """Return the calibration's distribution of ages at the first trafficking offence."""
    if not cohort.is_index_population:
        one = np.ones(1)
        return IndexAges(cohort.strata, np.zeros(1, np.int64), CONTROL_INDEX_AGE * one, one, one)
    stratum, age, weight, pooled = [], [], [], []
    for k, group in enumerate(cohort.strata):
        by_cell = calibration.careers[group].trafficking_age
        cells = np.flatnonzero(by_cell > 0)
        own = np.repeat(by_cell[cells], len(_PARTS_OF_YEAR))
        own = own / own.sum()
        stratum.append(np.full(len(own), k))
        age.append((FIRST_CELL + cells[:, None] + _PARTS_OF_YEAR).ravel())
        weight.append(own)
        pooled.append(own * calibration.shares[group])
    total = np.concatenate(pooled)
    return IndexAges(
        cohort.strata,
        np.concatenate(stratum),
        np.concatenate(age),
        np.concatenate(weight),
        total / total.sum(),
    )


def chance_at(level: float, offset: Array, spread: float) -> Array:
    """Return ``E[expit(level + offset + spread·z)]`` over normal z, for each offset."""
    values, where = np.unique(offset, return_inverse=True)
    chance = expit(level + values[:, None] + spread * _NODE) @ _NODE_WEIGHT
    return np.asarray(chance[where])


def solve_levels(name: str, ages: IndexAges, shares: Array, offset: Array, spread: float) -> Array:
    """Find per stratum the level that gives its share; see :func:`solve_level`."""
    levels = np.zeros(len(ages.strata))
    for k, stratum in enumerate(ages.strata):
        own = ages.stratum == k
        levels[k] = solve_level(
            f"{name}, {stratum}", float(shares[k]), offset[own], ages.weight[own], spread
        )
    return levels


def solve_level(name: str, share: float, offset: Array, weight: Array, spread: float) -> float:
    """Find the level a with weighted mean ``E[expit(a + offset + spread·z)]`` equal to ``share``.

    Parameters
    ----------
    name
        The figure, for the error message.
    offset, weight
        (M,) what is added to the level at each node, −inf where the circumstance is impossible at
        that age; probability of the node.

    Raises
    ------
    TargetError
        Where more is asked for than there are persons for whom it is possible.
    """
    _refuse_impossible(name, share, float(weight[np.isfinite(offset)].sum()))

    def excess(level: float) -> float:
        return float(chance_at(level, offset, spread) @ weight) - share

    if excess(-FAR) >= 0:
        return -FAR
    if excess(FAR) <= 0:
        return FAR
    return float(brentq(excess, -FAR, FAR, xtol=1e-10))


def solve_scale(
    name: str, share_without: float, hazard: Array, weight: Array, shape: float
) -> float:
    """Find c with ``Σ weight · (1 + c·hazard/shape)^(−shape)`` equal to ``share_without``.

    The term is the probability of no event of a Poisson process with a gamma personal rate.
    """
    highest = 6.0
    _refuse_impossible(name, 1 - share_without, 1 - float(weight[hazard <= 0].sum()))

    def excess(log_scale: float) -> float:
        none = (1 + np.exp(log_scale) * hazard / shape) ** -shape
        return float(none @ weight) - share_without

    if excess(-30.0) <= 0:
        return 0.0
    if excess(highest) >= 0:
        return float(np.exp(highest))
    return float(np.exp(brentq(excess, -30.0, highest, xtol=1e-10)))


def _refuse_impossible(name: str, share: float, possible: float) -> None:
    if share > possible + 1e-6:
        raise TargetError(
            f"targets: {name}: a share of {share:.4g} cannot be planted, because only "
            f"{possible:.4g} are old enough at the first trafficking offence; lower it or raise "
            "that age"
        )
