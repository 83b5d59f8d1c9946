"""What results with coefficients and a covariance have in common: errors and intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.numerics.normal import normal_quantile


class Coefficients:
    """Standard errors and intervals of ``params``, from ``cov_params``."""

    __slots__ = ()
    params: pd.Series[float]

    def cov_params(self) -> pd.DataFrame:
        """Return the covariance of the parameters."""
        raise NotImplementedError

    @property
    def bse(self) -> pd.Series[float]:
        """Standard errors."""
        return standard_errors(self.cov_params(), "bse")

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return intervals of the parameters: columns lower, upper."""
        half = normal_quantile(level) * self.bse
        return pd.DataFrame({"lower": self.params - half, "upper": self.params + half})


def standard_errors(covariance: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return the roots of a covariance's diagonal; rounding may take it just below zero."""
    values = np.sqrt(np.maximum(np.diag(covariance.to_numpy()), 0.0))
    return pd.Series(values, index=covariance.index, name=name)
