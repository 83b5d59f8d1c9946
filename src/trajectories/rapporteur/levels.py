"""Levels that plant a given share at the first trafficking offence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from trajectories.errors import TargetError
from trajectories.rapporteur.cohort import Ints

Array = npt.NDArray[np.float64]
_NODE, _WEIGHT = np.polynomial.hermite_e.hermegauss(40)
_WEIGHT = _WEIGHT / _WEIGHT.sum()
FAR = 40.0
"""A level at which a logistic share is 0 or 1 for all purposes."""


def solve_levels(
    name: str, strata: tuple[str, ...], shares: Array, stratum: Ints, offset: Array, spread: float
) -> Array:
    """Find per stratum the level a with mean share ``E[expit(a + offset + spread·z)]``, z normal.

    The mean runs over the persons drawn, z is integrated out: given the careers, every person's
    circumstance is a Bernoulli draw and their mean probability is the share asked for.

    Parameters
    ----------
    name
        The circumstance, for the error message.
    shares
        (K,) shares to plant.
    stratum, offset
        (n,) stratum of each person, and what is added to its level; −inf where the circumstance
        is impossible at that age.

    Raises
    ------
    TargetError
        Where more is asked for than there are persons for whom it is possible.
    """
    levels = np.zeros(len(strata))
    for k, share in enumerate(shares):
        own = offset[stratum == k]
        if len(own):
            levels[k] = _solve(name, strata[k], float(share), own, spread)
    return levels


def _solve(name: str, stratum: str, share: float, offset: Array, spread: float) -> float:
    possible = float(np.isfinite(offset).mean())
    if share > possible + 0.5 / len(offset):
        raise TargetError(
            f"share {share:g} with {name} in {stratum} cannot be planted: only {possible:.2f} of "
            "its persons are old enough for it at the first trafficking offence; lower the share "
            "or raise the age at first trafficking"
        )
    values, count = np.unique(offset[np.isfinite(offset)], return_counts=True)

    def excess(level: float) -> float:
        chance = expit(level + values[:, None] + spread * _NODE) @ _WEIGHT
        return float(chance @ count) / len(offset) - share

    if excess(-FAR) >= 0:
        return -FAR
    if excess(FAR) <= 0:
        return FAR
    return float(brentq(excess, -FAR, FAR, xtol=1e-10))


def solve_scale(share: float, hazard: Array, shape: float, name: str) -> float:
    """Find c with mean ``1 − (1 + c·hazard/shape)^(−shape)`` equal to ``share``.

    This is the share with at least one event of a Poisson process with a gamma personal rate.
    """
    possible = float((hazard > 0).mean()) if len(hazard) else 0.0
    if share <= 0 or not len(hazard):
        return 0.0
    if share > possible + 0.5 / len(hazard):
        raise TargetError(
            f"share {share:g} with {name} cannot be planted: only {possible:.2f} of the persons "
            "are old enough for it at the first trafficking offence"
        )

    def excess(log_scale: float) -> float:
        some = 1 - (1 + np.exp(log_scale) * hazard / shape) ** -shape
        return float(some.mean()) - share

    highest = 6.0
    if excess(highest) <= 0:
        return float(np.exp(highest))
    return float(np.exp(brentq(excess, -30.0, highest, xtol=1e-10)))
