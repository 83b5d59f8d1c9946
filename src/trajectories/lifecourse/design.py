"""The pooled design: exposures, controls and age, each of its own in every population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.lifecourse.age_terms import age_terms
from trajectories.lifecourse.model_rows import ModelRows
from trajectories.panel.arrays import FloatArray, names


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The columns of a pooled model.

    Attributes
    ----------
    matrix : ndarray, shape (R, P)
    terms : DataFrame, P rows
        ``name`` (``job``, or ``job [population]``), ``role`` ("exposure", "control" or "age"),
        ``variable`` and ``level`` (the population, by name).
    """

    matrix: FloatArray
    terms: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [str(name) for name in self.terms["name"]]


def pooled_design(
    rows: ModelRows, exposures: Sequence[str], controls: Sequence[str], age_df: int
) -> Design:
    """Return a column for each exposure, control and age term in each population.

    Every effect is a population's own, so that the pooled fit has the estimates of separate fits,
    and in addition the covariances between them that tests of equality need.
    """
    repeated = [c for c in exposures if c in controls or list(exposures).count(c) > 1]
    if repeated or not exposures:
        what = f"{names(sorted(set(repeated)))} named twice" if repeated else "none given"
        raise InputError(f"exposures and controls: {what}; name each covariate once")
    parts = [("exposure", name, rows.covariate(name)) for name in exposures]
    parts += [("control", name, rows.covariate(name)) for name in controls]
    if rows.columns.age is not None:
        age = rows.covariate(rows.columns.age)
        spline = age_terms(age, age_df)
        parts += [("age", f"age_{p + 1}", column) for p, column in enumerate(spline.T)]
    matrix = np.zeros((len(rows.outcome), len(parts) * len(rows.levels)))
    terms: list[tuple[str, str, str, str]] = []
    for k, level in enumerate(rows.levels):
        mine = rows.level == k
        for role, variable, column in parts:
            matrix[mine, len(terms)] = column[mine]
            name = variable if len(rows.levels) == 1 else f"{variable} [{level}]"
            terms.append((name, role, variable, level))
    return Design(matrix, pd.DataFrame(terms, columns=["name", "role", "variable", "level"]))
