"""Weights that undo classification error of trajectory groups."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import names
from trajectories.panel.posterior import checked_posterior

SINGULAR = 1e-6


def group_weights(posterior: pd.DataFrame) -> pd.DataFrame:
    """Return w = r D⁻¹, the posterior probabilities freed from classification error.

    D[t, s] = Σ_i r[i, t] r[i, s] ÷ Σ_i r[i, t] is the chance that who is of group t is counted,
    proportionally, in group s. The expectation of w for a person of group t is 1 at t and 0
    elsewhere, so that Σ w f ÷ Σ w estimates the mean of f in a group for every f that, given the
    group, has nothing to do with the history that r comes from. Rows sum to 1; single weights may
    be negative or above 1. (Bolck, Croon & Hagenaars 2004, Political Analysis 12(1), 3-27; Vermunt
    2010, Political Analysis 18(4), 450-469.)

    Parameters
    ----------
    posterior : DataFrame
        A row a person (id as index), a column a group.

    Raises
    ------
    InputError
        If these are no probabilities, or two groups cannot be told apart by them.
    """
    values = checked_posterior(posterior)
    size = values.sum(axis=0)
    if (size <= 0).any():
        empty = names(posterior.columns[size <= 0])
        raise InputError(
            f"posterior: column {empty} is 0 for every person, a group that nobody may belong to: "
            "leave that column out"
        )
    table = values.T @ values / size[:, None]
    if np.linalg.svd(table, compute_uv=False)[-1] < SINGULAR:
        raise InputError(
            "posterior: two groups cannot be told apart by it (the table of classification errors "
            "is singular); compare a model with fewer groups"
        )
    weights = values @ np.linalg.inv(table)
    return pd.DataFrame(weights, index=posterior.index, columns=posterior.columns)
