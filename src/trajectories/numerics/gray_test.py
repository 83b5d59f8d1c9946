"""Gray's test: whether cumulative incidences of one cause differ between samples."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.log_rank import SampleCounts
from trajectories.numerics.types import FloatArray


def gray_parts(counts: SampleCounts) -> tuple[FloatArray, FloatArray]:
    """Return the score (G,) of Gray's test for the first cause and its covariance (G, G).

    The log-rank score with the risk sets R_g = Y_g (1 - F_g(u-))/S_g(u-), which put those who had
    the other event back (Gray 1988, Annals of Statistics 16, 1141-1154).
    """
    at_risk, first = counts.at_risk, counts.events[0]
    others = np.asarray(counts.events[1:].sum(axis=0))
    y = np.where(at_risk > 0, at_risk, 1.0)
    survival = np.cumprod(1.0 - (first + others) / y, axis=1)
    before = _left(survival, 1.0)
    weighted = np.divide(at_risk, before, out=np.zeros_like(before), where=before > 0)
    incidence = np.cumsum(before * first / y, axis=1)
    risk = weighted * (1.0 - _left(incidence, 0.0))
    pooled, d = risk.sum(axis=0), np.asarray(first.sum(axis=0))
    share = np.divide(risk, pooled, out=np.zeros_like(risk), where=pooled > 0)
    step = np.divide(d, pooled, out=np.zeros_like(pooled), where=pooled > 0)
    score = (first - share * d).sum(axis=1)
    return score, _covariance(weighted, survival, before, at_risk, d, step, others)


def _covariance(
    weighted: FloatArray,
    survival: FloatArray,
    before: FloatArray,
    at_risk: FloatArray,
    d: FloatArray,
    step: FloatArray,
    others: FloatArray,
) -> FloatArray:
    """Return the covariance under the null hypothesis of one incidence F0 = 1 - G0.

    With w_gr = G0 h_g (1{g = r} - h_r/h), h_g = Y_g/S_g(u-), and c_gr(u) the sum after u of
    w_gr/G0 dΓ0, Γ0 = -log G0, the score is to first order a sum of martingales,

        Σ_r ∫ [w_gr S_r/G0 + (S_r - G0) c_gr] dM_1r/Y_r - ∫ G0 c_gr dM_2r/Y_r.

    The first cause comes at the pooled rate dF0/S_r, the others at the sample's own; tied events
    have the variance of draws without replacement, as in the log-rank test.
    """
    n_samples = len(weighted)
    free = np.cumprod(1.0 - step)
    free_before = np.append(1.0, free[:-1])
    all_weighted = weighted.sum(axis=0)
    share = np.divide(weighted, all_weighted, out=np.zeros_like(weighted), where=all_weighted > 0)
    gone = free <= 0.0
    some = at_risk > 0
    y = np.where(some, at_risk, 1.0)
    covariance = np.zeros((n_samples, n_samples))
    for r in range(n_samples):
        w = weighted * free_before * ((np.arange(n_samples) == r)[:, None] - share[r])
        hazard = np.where(gone, 0.0, free_before * step / np.where(gone, 1.0, free) ** 2)
        c = w * hazard
        later = c[:, ::-1].cumsum(axis=1)[:, ::-1] - c
        on_first = w * before[r] / free_before + (survival[r] - free) * later
        on_others = -free * later
        rate = np.divide(free_before * step, before[r], out=np.zeros_like(d), where=before[r] > 0)
        spare = np.maximum(all_weighted * before[r] - 1.0, 1e-9)
        tied_first = np.where(d > 1, np.clip(1.0 - (d - 1.0) / spare, 0.0, 1.0), 1.0)
        tied = np.where(y[r] > 1, (y[r] - others[r]) / np.maximum(y[r] - 1.0, 1e-9), 0.0)
        first_part = np.where(some[r], rate * tied_first / y[r], 0.0)
        other_part = np.where(some[r], others[r] * tied / y[r] ** 2, 0.0)
        covariance += (on_first * first_part) @ on_first.T
        covariance += (on_others * other_part) @ on_others.T
    return covariance


def _left(values: FloatArray, first: float) -> FloatArray:
    """Return the values just before each time, shape (G, M)."""
    return np.hstack([np.full((len(values), 1), first), values[:, :-1]])
