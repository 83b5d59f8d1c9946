"""McNemar's test of matched pairs."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy import stats

from trajectories.errors import InputError
from trajectories.numerics.arguments import checked_level
from trajectories.numerics.share_limits import clopper_pearson


@dataclass(frozen=True, slots=True)
class McNemar:
    """Hold what discordant pairs say.

    Attributes
    ----------
    first_only, second_only : int
        Pairs in which only the one has the factor, and only the other.
    odds_ratio, lower, upper : float
        first_only/second_only, with exact limits (Clopper & Pearson 1934, Biometrika 26(4),
        404-413, for the share of the first among discordant pairs).
    chi2, p_value : float
        (b − c)²/(b + c), McNemar (1947, Psychometrika 12(2), 153-157).
    chi2_corrected, p_value_corrected : float
        (|b − c| − 1)²/(b + c).
    p_value_exact : float
        Binomial, two-sided.
    """

    first_only: int
    second_only: int
    odds_ratio: float
    lower: float
    upper: float
    chi2: float
    p_value: float
    chi2_corrected: float
    p_value_corrected: float
    p_value_exact: float


def mcnemar(first_only: int, second_only: int, level: float = 0.95) -> McNemar:
    """Compare the two kinds of discordant pairs.

    Raises
    ------
    InputError
        If the numbers are no whole numbers of 0 or more, or there is no discordant pair.
    """
    numbers = first_only, second_only
    if any(isinstance(k, bool) or not isinstance(k, Integral) or k < 0 for k in numbers):
        raise InputError("McNemar's test needs numbers of pairs: whole numbers, 0 or more")
    b, c = int(first_only), int(second_only)
    n = b + c
    if n == 0:
        raise InputError("McNemar's test needs at least one pair that differs in the factor")
    low, high = clopper_pearson(b, n, checked_level(level))
    chi2, corrected = (b - c) ** 2 / n, max(abs(b - c) - 1, 0) ** 2 / n
    return McNemar(
        first_only=b,
        second_only=c,
        odds_ratio=b / c if c else np.inf,
        lower=low / (1.0 - low),
        upper=high / (1.0 - high) if high < 1.0 else np.inf,
        chi2=chi2,
        p_value=float(stats.chi2.sf(chi2, 1)),
        chi2_corrected=corrected,
        p_value_corrected=float(stats.chi2.sf(corrected, 1)),
        p_value_exact=float(stats.binomtest(b, n, 0.5).pvalue),
    )
