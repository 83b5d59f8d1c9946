"""Mantel–Haenszel estimates over matched sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from trajectories.matching.contrast import Contrast, clustered_variance
from trajectories.panel.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """Hold Mantel–Haenszel estimates of a yes/no factor; sets are the strata.

    Attributes
    ----------
    odds_ratio, log_odds_ratio_error : float
        Standard error of the logarithm by Robins, Breslow & Greenland (1986, Biometrics 42(2),
        311-323), as in R's ``mantelhaen.test``; where sets share persons, linearised and clustered.
    risk_ratio, log_risk_ratio_error : float
    risk_difference, risk_difference_error : float
        Standard errors clustered by matched sets.
    chi2, chi2_corrected, p_value, p_value_corrected : float
        The test that the common odds ratio is 1, without and with a continuity correction of 1/2.
    """

    odds_ratio: float
    log_odds_ratio_error: float
    risk_ratio: float
    log_risk_ratio_error: float
    risk_difference: float
    risk_difference_error: float
    chi2: float
    chi2_corrected: float
    p_value: float
    p_value_corrected: float


def mantel_haenszel(contrast: Contrast, column: int = 0) -> MantelHaenszel:
    """Return the estimates for a factor of a contrast.

    In set s there are n1 persons of the first population, a with the factor, and n0 of the second,
    c with it; n = n1 + n0.

        odds ratio       Σ a (n0 − c)/n ÷ Σ (n1 − a) c/n
        risk ratio       Σ a n0/n ÷ Σ c n1/n
        risk difference  Σ (a n0 − c n1)/n ÷ Σ n1 n0/n

    (Mantel & Haenszel 1959, Journal of the National Cancer Institute 22(4), 719-748; Greenland &
    Robins 1985, Biometrics 41(1), 55-68.)
    """
    a, n1 = _counts(contrast, column, True)
    c, n0 = _counts(contrast, column, False)
    n, b, d = n1 + n0, n1 - a, n0 - c
    with np.errstate(divide="ignore", invalid="ignore"):
        r, s = a * d / n, b * c / n
        odds = np.float64(r.sum()) / s.sum()
        log_odds = r / r.sum() - s / s.sum()
        over, under = a * n0 / n, c * n1 / n
        ratio = np.float64(over.sum()) / under.sum()
        log_ratio = over / over.sum() - under / under.sum()
        base = n1 * n0 / n
        difference = float((over - under).sum() / base.sum())
        linear = (over - under - difference * base) / base.sum()
        m = a + c
        variance = (n1 * n0 * m * (n - m) / (n**2 * (n - 1.0))).sum()
        excess = abs(float((a - n1 * m / n).sum()))
        chi2 = np.float64(excess**2) / variance
        # the correction is left out where it would go past 0
        corrected = np.float64((excess - min(0.5, excess)) ** 2) / variance
    error = (
        np.sqrt(clustered_variance(log_odds, contrast.cluster))
        if contrast.sets_share_persons
        else _robins_breslow_greenland(a, b, c, d, n)
    )
    return MantelHaenszel(
        odds_ratio=float(odds),
        log_odds_ratio_error=float(error),
        risk_ratio=float(ratio),
        log_risk_ratio_error=float(np.sqrt(clustered_variance(log_ratio, contrast.cluster))),
        risk_difference=difference,
        risk_difference_error=float(np.sqrt(clustered_variance(linear, contrast.cluster))),
        chi2=float(chi2),
        chi2_corrected=float(corrected),
        p_value=float(stats.chi2.sf(chi2, 1)),
        p_value_corrected=float(stats.chi2.sf(corrected, 1)),
    )


def _robins_breslow_greenland(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, n: FloatArray
) -> float:
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    big_r, big_s = r.sum(), s.sum()
    if not (big_r > 0 and big_s > 0):
        return np.nan
    variance = (
        (p * r).sum() / (2 * big_r**2)
        + (p * s + q * r).sum() / (2 * big_r * big_s)
        + (q * s).sum() / (2 * big_s**2)
    )
    return float(np.sqrt(variance))


def _counts(contrast: Contrast, column: int, first: bool) -> tuple[FloatArray, FloatArray]:
    """Return how many of one population have the factor, and how many there are, by set."""
    mine = contrast.first if first else ~contrast.first
    number, size = contrast.set_number[mine], contrast.n_sets
    with_it = np.bincount(number, contrast.x[mine, column], minlength=size).astype(np.float64)
    return with_it, np.bincount(number, minlength=size).astype(np.float64)
