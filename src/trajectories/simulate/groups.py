"""A panel of counts drawn from a known mixture of trajectory groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.errors import InputError
from trajectories.panel import Panel

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPanel:
    """A drawn panel and the truth behind it.

    Attributes
    ----------
    panel
        The drawn counts, N x T.
    groups
        (N,) the group that each unit was drawn from, 1..K in the order given.
    shares
        (K,) group probabilities.
    curves
        (K, T) expected offences per year free, given that a cell is no structural zero; with
        ``inflation`` the expectation of a cell is (1 - inflation) times this.
    """

    panel: Panel
    groups: npt.NDArray[np.int64]
    shares: Array
    curves: Array

    def __repr__(self) -> str:
        n_groups, n_ages = self.curves.shape
        return f"SimulatedPanel({len(self.groups)} units, {n_ages} ages, {n_groups} groups)"


def panel_from_groups(
    shares: npt.ArrayLike,
    curves: npt.ArrayLike,
    n: int,
    ages: npt.ArrayLike,
    exposure: npt.ArrayLike | None = None,
    inflation: npt.ArrayLike | None = None,
    rng: np.random.Generator | int = 0,
) -> SimulatedPanel:
    """Draw a panel of Poisson or zero-inflated Poisson counts from K groups.

    A unit belongs to group k with probability ``shares[k]``; its count at age t is 0 with
    probability ``inflation[k, t]`` and else Poisson with mean ``exposure[i, t] * curves[k, t]``.

    Parameters
    ----------
    shares
        (K,) group probabilities, summing to 1.
    curves
        (K, T) expected offences per year free.
    n
        Number of units N.
    ages
        (T,) ages.
    exposure
        (N, T), (T,) or one number: years free. None means 1 everywhere.
    inflation
        (K, T), (K, 1) or one number: probability of a structural zero. None means 0.
    rng
        A generator, or a seed for one.

    Returns
    -------
    SimulatedPanel

    Raises
    ------
    InputError
        Where shapes do not fit, or shares or inflation are no probabilities.
    """
    shares, curves = np.asarray(shares, float), np.asarray(curves, float)
    ages = np.asarray(ages, float)
    _check(shares, curves, ages)
    rng = np.random.default_rng(rng)
    groups = rng.choice(len(shares), size=n, p=shares / shares.sum())
    mean = curves[groups]
    years = None
    if exposure is not None:
        years = np.array(np.broadcast_to(np.asarray(exposure, float), mean.shape))
        mean = mean * years
    counts = rng.poisson(mean).astype(float)
    if inflation is not None:
        zero = np.broadcast_to(np.asarray(inflation, float), curves.shape)
        if not ((zero >= 0) & (zero <= 1)).all():
            raise InputError("inflation must be probabilities: some lie outside 0..1")
        counts[rng.random(counts.shape) < zero[groups]] = 0.0
    panel = Panel.from_wide(counts, ages=ages, exposure=years)
    return SimulatedPanel(panel, groups.astype(np.int64) + 1, shares, curves)


def _check(shares: Array, curves: Array, ages: Array) -> None:
    if curves.shape != (len(shares), len(ages)):
        raise InputError(
            f"curves has shape {curves.shape}; {len(shares)} shares and {len(ages)} ages need "
            f"({len(shares)}, {len(ages)})"
        )
    if (shares < 0).any() or abs(shares.sum() - 1) > 1e-6:
        raise InputError(
            f"shares must be probabilities that sum to 1; they sum to {shares.sum():g}"
        )
    if not (np.isfinite(curves).all() and (curves >= 0).all()):
        raise InputError("curves must be finite expected offences per year free, 0 or more")
