"""What a group's career model yields on average, by quadrature.

The model (one group)
---------------------
* Rates are constant within an age-year cell. The planted curve is
  m(t) = exp(b0 + b1·x + b2·x²), x = (t − 26)/10, offences per year free, t = 12..40.
* The first trafficking offence is at age A: logit-normal between a first and a last age,
  collected in cells and uniform within them. It is drawn independently of the other offences.
* Other offences are a Poisson process with rate θ·nu(t) per year free, θ gamma with mean 1.
* nu(t) = (m(t)·E[e(t)] − P(A in t)) / E[θ·e(t)], with e(t) the years free in cell t. So
  E[y(t)] = m(t)·E[e(t)] in every cell: the Poisson regression of counts on age with exposure is
  right in its mean, and detention and the end of follow-up depend on the past only.
* Without θ the count of a person would be slightly *under*-dispersed: one offence is certain. The
  variance of θ is 1/N², N the expected other offences by age 41, which makes the variance of the
  total that of a Poisson count.
* Beyond 40 nu falls by 5 % a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from trajectories.rapporteur.calibration import (
    FIRST_CELL,
    LAST_CELL,
    LAST_CURVE_CELL,
    Vector,
)
from trajectories.rapporteur.followup import FollowUpNodes, window_rates

LAST_TRAFFICKING_CELL = 57
CELLS = np.arange(FIRST_CELL, LAST_CELL + 1)
N_CURVE = LAST_CURVE_CELL - FIRST_CELL + 1
N_START = LAST_TRAFFICKING_CELL - FIRST_CELL + 1
DECLINE_BEYOND = 0.05
ADULT, UNDER_25 = 18, 25
_GAUSS, _WEIGHT = np.polynomial.legendre.leggauss(5)
_U, _UW = (_GAUSS + 1.0) / 2.0, _WEIGHT / 2.0


@dataclass(frozen=True)
class Shape:
    """The free parameters of one group's career.

    Peak rate (per year free), peak age and width of the curve (a standard deviation, years);
    first, median and last age of first trafficking and sigma on its logit scale; probability of
    the short spells (per cell) and of the long one.
    """

    peak_rate: float
    peak_age: float
    width: float
    first: float
    median: float
    sigma: float
    last: float
    short: float
    long: float


@dataclass(frozen=True)
class Expectations:
    """Model arrays of one group (over cells from 12) and the figures that follow from them."""

    curve: Vector
    other_rate: Vector
    trafficking_age: Vector
    heterogeneity: float
    expected_exposure: Vector
    slack: Vector
    figures: dict[str, float]


def coefficients(shape: Shape) -> tuple[float, float, float]:
    """Return (b0, b1, b2) of the log rate in x = (t − 26)/10."""
    peak, scale = (shape.peak_age - 26.0) / 10.0, (shape.width / 10.0) ** 2
    return (
        float(np.log(shape.peak_rate) - peak**2 / (2 * scale)),
        float(peak / scale),
        float(-0.5 / scale),
    )


def curve(beta: tuple[float, float, float], ages: Vector) -> Vector:
    """Return the rate per year free at the given ages (cells)."""
    x = (ages - 26.0) / 10.0
    return np.asarray(np.exp(beta[0] + beta[1] * x + beta[2] * x * x))


def trafficking_density(shape: Shape) -> Vector:
    """Return P(A in cell) for cells 12..57: logit-normal on (first, last), collected in cells."""
    edges = np.arange(FIRST_CELL, LAST_TRAFFICKING_CELL + 2, dtype=float)
    inside = np.clip(edges, shape.first + 1e-9, shape.last - 1e-9)
    logit = np.log((inside - shape.first) / (shape.last - inside))
    middle = np.log((shape.median - shape.first) / (shape.last - shape.median))
    below = ndtr((logit - middle) / shape.sigma)
    return np.asarray(np.diff(below))


def _laplace(hazard: Vector, heterogeneity: float) -> Vector:
    """Return E[exp(−θ·hazard)]."""
    if heterogeneity < 1e-12:
        return np.asarray(np.exp(-hazard))
    return np.asarray(np.exp(-np.log1p(heterogeneity * hazard) / heterogeneity))


def _rates(
    m: Vector, a: Vector, post: Vector, short: float, heterogeneity: float
) -> tuple[Vector, Vector, Vector]:
    """Return nu, E[e], and the free share of a cell before A's (θ-weighted), cells 12..40."""
    nu, exposure, free = (np.zeros(N_CURVE) for _ in range(3))
    later = 1.0 - np.cumsum(a)[:N_CURVE]
    total = 0.0
    for t in range(N_CURVE):
        log_term = np.log1p(heterogeneity * total) if heterogeneity > 0 else 0.0
        clean = np.exp(-log_term / heterogeneity) if heterogeneity > 0 else np.exp(-total)
        plain = 1.0 - short * (1.0 - clean)
        free[t] = 1.0 - short * (1.0 - clean * np.exp(-log_term))
        exposure[t] = later[t] * plain + post[t]
        anybody = later[t] * free[t] + post[t]
        nu[t] = (m[t] * exposure[t] - a[t]) / anybody if anybody > 1e-12 else m[t]
        total += max(nu[t], 0.0)
    return nu, exposure, free


def expectations(shape: Shape, short_length: float, nodes: FollowUpNodes) -> Expectations:
    """Compute everything about one group; ``slack`` is nu before it is cut at 0 (cells 12..40)."""
    ages = CELLS[:N_CURVE].astype(float)
    m = curve(coefficients(shape), ages)
    a = trafficking_density(shape)
    profile = (1.0 - shape.long) * nodes.exposure[0] + shape.long * nodes.exposure[1]
    post = np.convolve(a, profile)[:N_CURVE]
    short = shape.short * short_length
    raw, exposure, _ = _rates(m, a, post, short, 0.0)
    others = float((m * exposure).sum() - a[:N_CURVE].sum())
    heterogeneity = round(1.0 / max(others, 1.0) ** 2, 9)
    raw, exposure, free = _rates(m, a, post, short, heterogeneity)
    nu = np.zeros(len(CELLS))
    nu[:N_CURVE] = np.maximum(raw, 0.0)
    nu[N_CURVE:] = nu[N_CURVE - 1] * np.exp(
        -DECLINE_BEYOND * np.arange(1, len(CELLS) - N_CURVE + 1)
    )
    full_curve = np.concatenate([m, m[-1] * nu[N_CURVE:] / max(nu[N_CURVE - 1], 1e-12)])
    full_density = np.zeros(len(CELLS))
    full_density[:N_START] = a
    figures = _before(nu, a, free, heterogeneity)
    figures |= _after(nu, a, heterogeneity, shape.long, nodes)
    figures["expected_offences"] = float((m * exposure).sum())
    return Expectations(full_curve, nu, full_density, heterogeneity, exposure, raw, figures)


def _before(nu: Vector, a: Vector, free: Vector, heterogeneity: float) -> dict[str, float]:
    """Return the figures up to the first trafficking offence."""
    start = np.concatenate([[0.0], np.cumsum(nu)])[:N_START]
    inside = start[:, None] + nu[:N_START, None] * _U
    clean = _laplace(inside, heterogeneity)
    reached = 1.0 - np.concatenate([[0.0], np.cumsum(a)[:-1]])
    survival = (reached[:, None] - a[:, None] * _U) * clean
    free_all = np.concatenate([free, np.full(N_START - N_CURVE, free[-1])])
    prior = np.concatenate([[0.0], np.cumsum(nu[:N_START] * free_all)])[:N_START]
    adult = ADULT - FIRST_CELL
    return {
        "trafficking_age": float(a @ (CELLS[:N_START] + 0.5)),
        "trafficking_minor": float(a[:adult].sum()),
        "trafficking_under_25": float(a[: UNDER_25 - FIRST_CELL].sum()),
        "onset_age": FIRST_CELL + float((survival @ _UW).sum()),
        "first_offence_adult": float(
            reached[adult] * _laplace(start[adult : adult + 1], heterogeneity)[0]
        ),
        "starts_with_trafficking": float(a @ (clean @ _UW)),
        "prior_cases": float(a @ (prior + nu[:N_START] / 2.0)),
    }


def _after(
    nu: Vector, a: Vector, heterogeneity: float, long: float, nodes: FollowUpNodes
) -> dict[str, float]:
    """Return the probability of a new offence within each window after the registration."""
    names = ("recidivism_2y", "recidivism_5y", "recidivism_7y", "recidivism_ever")
    return {
        name: recidivism(nu, a, heterogeneity, long, window)
        for name, window in zip(names, nodes.windows, strict=True)
    }


def recidivism(nu: Vector, a: Vector, heterogeneity: float, long: float, window: Vector) -> float:
    """Return P(at least one offence of rate nu in the window's free time after the index case).

    The survival-type quantity: death, emigration and the reference date are ignored, except by
    the window that ends with the follow-up.
    """
    rates = window_rates(nu, N_START, window.shape[2])
    clean = [_laplace(rates @ free.T, heterogeneity).mean(axis=1) for free in window]
    return float(1.0 - a @ ((1.0 - long) * clean[0] + long * clean[1]))
