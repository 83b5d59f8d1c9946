"""The calendar after a first trafficking offence, as quadrature nodes.

Seen from the start of the age cell in which the first trafficking offence falls, everything that
follows has the same law whatever that cell: the offence at u in [0, 1), its registration a lag
later, detention from the registration, the end of follow-up. So free time by cell is computed
once, on a fixed low-discrepancy set, and shifted to every age.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import qmc

from trajectories.rapporteur.calibration import Timing, Vector

WINDOWS = (2.0, 5.0, 7.0)
"""Fixed recidivism windows in years after the registration of the index case."""
LONG_DETENTION = (0.3, 8.0)
"""Shortest and longest spell after the index case, years; log-uniform between them (mean 2.3)."""
LONGEST_LAG = 1.5
DEATH, EMIGRATION = 0.012, 0.02
REGISTRATION_YEARS = tuple(range(2008, 2018))
MAX_TILT = 1.0


@dataclass(frozen=True)
class FollowUpNodes:
    """Free years by cell after the index offence, without (0) and with (1) detention.

    Attributes
    ----------
    exposure
        (2, J) mean free years by cell, from the start of the cell of the index offence.
    windows
        For 2, 5, 7 years and until the end of follow-up: (2, nodes, J) free years by cell between
        the registration and the end of the window.
    mean_age_added
        Mean years from the index offence to the reference date.
    """

    exposure: Vector
    windows: tuple[Vector, Vector, Vector, Vector]
    mean_age_added: float


@lru_cache(maxsize=4)
def _sobol(log2_nodes: int) -> Vector:
    return np.asarray(qmc.Sobol(5, scramble=False).random_base2(log2_nodes)) + 0.5 ** (
        log2_nodes + 1
    )


def year_of(date: np.datetime64) -> float:
    """Return a date as a year with decimals."""
    day = date.astype("datetime64[D]")
    start = day.astype("datetime64[Y]")
    following = start + np.timedelta64(1, "Y")
    length = (following.astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int)
    return float(start.astype(int)) + 1970.0 + float((day - start).astype(int)) / float(length)


def make_timing(years_to_reference: float, reference: float) -> Timing:
    """Tilt the registration years so that the index offence lies that many years back on average.

    The weights are proportional to exp(tilt·year); a mean beyond the reach of any tilt gets the
    nearest, which the caller notices from the planted age.
    """
    years = np.asarray(REGISTRATION_YEARS, dtype=float)
    wanted = reference - (years_to_reference - LONGEST_LAG / 2) - 0.5

    def weights(tilt: float) -> Vector:
        w = np.exp(tilt * (years - years.mean()))
        return np.asarray(w / w.sum())

    def miss(tilt: float) -> float:
        return float(weights(tilt) @ years) - wanted

    if miss(-MAX_TILT) >= 0.0:
        tilt = -MAX_TILT
    elif miss(MAX_TILT) <= 0.0:
        tilt = MAX_TILT
    else:
        tilt = float(brentq(miss, -MAX_TILT, MAX_TILT, xtol=1e-13))
    rounded = np.round(weights(tilt), 9)
    return Timing(REGISTRATION_YEARS, rounded / rounded.sum(), LONGEST_LAG, DEATH, EMIGRATION)


def _free(start: Vector, stop: Vector, n_cells: int) -> Vector:
    """Return the years of [start, stop) in each cell [j, j + 1), shape (nodes, n_cells)."""
    j = np.arange(n_cells, dtype=float)
    overlap = np.minimum(stop[:, None], j + 1.0) - np.maximum(start[:, None], j)
    return np.asarray(np.maximum(overlap, 0.0))


def follow_up_nodes(timing: Timing, reference: float, log2_nodes: int) -> FollowUpNodes:
    """Lay out the calendar on 2**log2_nodes nodes."""
    u, lag, when, length, end = _sobol(log2_nodes).T
    edges = np.concatenate([[0.0], np.cumsum(timing.registration_weights)])
    position = np.minimum(
        np.searchsorted(edges, when, side="right") - 1, len(timing.registration_years) - 1
    )
    within = (when - edges[position]) / timing.registration_weights[position]
    registered = np.asarray(timing.registration_years)[position] + within
    left = timing.death + timing.emigration
    fraction = np.minimum(end / max(left, 1e-12), 1.0)
    start = u + timing.longest_lag * lag
    stop = start + fraction * (reference - registered)
    detained = LONG_DETENTION[0] * (LONG_DETENTION[1] / LONG_DETENTION[0]) ** length
    n_cells = int(np.ceil(1.0 + timing.longest_lag + reference - timing.registration_years[0]))
    lengths = (np.zeros_like(detained), detained)
    before = _free(np.zeros_like(start), start, n_cells)
    after = np.stack([_free(start + d, stop, n_cells) for d in lengths])
    windows = [
        np.stack([_free(start + d, start + years, n_cells) for d in lengths]) for years in WINDOWS
    ]
    mean_added = (
        timing.longest_lag / 2
        + reference
        - float((np.asarray(timing.registration_years) + 0.5) @ timing.registration_weights)
    )
    return FollowUpNodes(
        exposure=(before + after).mean(axis=1),
        windows=(windows[0], windows[1], windows[2], after),
        mean_age_added=mean_added,
    )


def window_rates(rate: NDArray[np.float64], n_starts: int, n_cells: int) -> Vector:
    """Return (n_starts, n_cells): the rates in the cells that follow each starting cell."""
    padded = np.concatenate([rate, np.repeat(rate[-1:], n_cells)])
    return np.lib.stride_tricks.sliding_window_view(padded, n_cells)[:n_starts]
