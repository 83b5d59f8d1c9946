"""Log-rank tests of G samples: numbers by sample, score and covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.numerics.risk_sets import at_least, risk_table
from trajectories.numerics.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """Hold numbers by sample at the M distinct event times of the pooled samples.

    Attributes
    ----------
    time : ndarray, shape (M,)
    at_risk : ndarray, shape (G, M)
    events : ndarray, shape (C, G, M)
        By cause and sample.
    """

    time: FloatArray
    at_risk: FloatArray
    events: FloatArray


def sample_counts(
    start: FloatArray,
    stop: FloatArray,
    cause: IntArray,
    n_causes: int,
    sample: IntArray,
    n_samples: int,
    weight: FloatArray | None,
) -> SampleCounts:
    """Count who is at risk and who has an event, by sample, at all distinct event times."""
    time = np.unique(stop[cause > 0])
    at_risk = np.zeros((n_samples, len(time)))
    events = np.zeros((n_causes, n_samples, len(time)))
    for g in range(n_samples):
        rows = np.flatnonzero(sample == g)
        w = None if weight is None else weight[rows]
        table = risk_table(start[rows], stop[rows], cause[rows], n_causes, w)
        at_risk[g] = at_least(stop[rows], time, w) - at_least(start[rows], time, w)
        events[:, g, np.searchsorted(time, table.time)] = table.events
    return SampleCounts(time, at_risk, events)


def log_rank_parts(
    counts: SampleCounts, rho: float = 0.0
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return observed and expected events, score (G,) and its covariance (G, G), first cause.

    Z_g = Σ w (d_g - d Y_g/Y), and the hypergeometric covariance
    Σ w² d (Y - d)/(Y - 1) (Y_g/Y)(1{g = h} - Y_h/Y). The weight w is S(u-)^rho, the pooled
    Kaplan–Meier estimate (Harrington and Fleming 1982); rho = 0 is the log-rank test.
    """
    deaths, at_risk = counts.events[0], counts.at_risk
    d, y = deaths.sum(axis=0), at_risk.sum(axis=0)
    use = d > 0
    deaths, at_risk, d, y = deaths[:, use], at_risk[:, use], d[use], y[use]
    before = np.append(1.0, np.cumprod(1.0 - d / y)[:-1])
    w = before**rho
    share = at_risk / y
    observed, expected = deaths.sum(axis=1), (share * d).sum(axis=1)
    score = ((deaths - share * d) * w).sum(axis=1)
    spread = w**2 * d * np.divide(y - d, y - 1.0, out=np.zeros_like(y), where=y > 1.0)
    covariance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return observed, expected, score, covariance


def quadratic_form(score: FloatArray, covariance: FloatArray) -> tuple[float, int]:
    """Return score' covariance⁻ score and the rank of the covariance."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    keep = values > max(values.max(initial=0.0), 0.0) * 1e-10
    rank = int(keep.sum())
    along = vectors[:, keep].T @ score
    return float((along**2 / values[keep]).sum()), rank
