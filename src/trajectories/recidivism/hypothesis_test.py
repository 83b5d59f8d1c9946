"""What a test returns: the hypothesis in words, the numbers, and what they were made of."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from scipy.special import chdtrc


@dataclass(frozen=True, slots=True, eq=False)
class HypothesisTest:
    """Hold a test of samples against each other.

    Attributes
    ----------
    name, null : str
        Name of the test, and the hypothesis it is of.
    statistic : float
        Chi-squared under the null hypothesis.
    df : int
    table : DataFrame
        A row a sample: persons, events observed and expected under the null hypothesis.
    """

    name: str
    null: str
    statistic: float
    df: int
    table: pd.DataFrame

    @property
    def p_value(self) -> float:
        """Probability of a statistic as large or larger under the null hypothesis."""
        return float(chdtrc(self.df, self.statistic))

    def __repr__(self) -> str:
        """Say the hypothesis and the result in one line."""
        return (
            f"<{self.name}: {self.null}; chi2 = {self.statistic:.4g} on {self.df} df, "
            f"p = {self.p_value:.3g}>"
        )
