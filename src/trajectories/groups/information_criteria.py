"""Information criteria, the same for every fitted mixture."""

from __future__ import annotations

import numpy as np

from trajectories.disclosure_control import is_few
from trajectories.groups.stop_reason import StopReason


class InformationCriteria:
    """Criteria of a fit, for results that hold what they are made of."""

    llf: float
    nobs: float
    n_cells: float
    entropy: float
    stop_reason: StopReason

    @property
    def n_cells_missing(self) -> float:
        """Cells of the grid of persons and ages that are not observed; NaN without such a grid."""
        return float("nan")

    def cells_in_words(self, what: str = "observed cells") -> str:
        """Return how many cells are observed, or only that few are not."""
        few = is_few(self.n_cells_missing)
        return f"all but few {what}" if few else f"{self.n_cells:,.0f} {what}"

    @property
    def n_params(self) -> int:
        """Number of estimated parameters."""
        raise NotImplementedError

    @property
    def relative_entropy(self) -> float:
        """1 - entropy / (persons log K)."""
        raise NotImplementedError

    @property
    def converged(self) -> bool:
        """Whether this is a proper interior maximum; never true at an iteration limit."""
        return self.stop_reason is StopReason.CONVERGED

    @property
    def aic(self) -> float:
        """-2 llf + 2 n_params."""
        return -2 * self.llf + 2 * self.n_params

    @property
    def bic(self) -> float:
        """-2 llf + n_params log(persons)."""
        return -2 * self.llf + self.n_params * float(np.log(self.nobs))

    @property
    def bic_cells(self) -> float:
        """-2 llf + n_params log(observed cells, of all outcomes).

        NaN under disclosure control where few cells lack: it would tell how many.
        """
        if is_few(self.n_cells_missing):
            return float("nan")
        return -2 * self.llf + self.n_params * float(np.log(self.n_cells))

    @property
    def icl(self) -> float:
        """Integrated completed likelihood: bic + 2 x classification entropy."""
        return self.bic + 2 * self.entropy


def criteria_lines(results: InformationCriteria) -> str:
    """Return likelihood and criteria as lines of a summary."""
    rows = [
        ("log-likelihood", results.llf),
        ("AIC", results.aic),
        ("BIC, persons", results.bic),
        ("BIC, cells", results.bic_cells),
        ("BIC in Nagin's form, persons", -results.bic / 2),
        ("BIC in Nagin's form, cells", -results.bic_cells / 2),
        ("ICL", results.icl),
        ("relative entropy", results.relative_entropy),
    ]
    body = "\n".join(f"  {name:<30}{value:>16.4f}" for name, value in rows)
    return f"{body}\n  {'parameters':<30}{results.n_params:>11d}"
