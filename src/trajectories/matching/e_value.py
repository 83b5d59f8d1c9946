"""E-values: how strong an unmeasured confounder would have to be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.columns import need_columns


def e_value(risk_ratio: float) -> float:
    """Return RR + sqrt(RR (RR − 1)), the ratio below 1 turned over first.

    The least strength, as a risk ratio, of the association that an unmeasured confounder would
    need with both factor and case status to explain the ratio away (VanderWeele & Ding 2017,
    Annals of Internal Medicine 167(4), 268-274).

    Raises
    ------
    InputError
        For a ratio below 0.
    """
    if np.isnan(risk_ratio):
        return np.nan
    if risk_ratio < 0:
        raise InputError("an E-value needs a ratio, 0 or more")
    if risk_ratio in (0.0, np.inf):
        return np.inf
    ratio = max(risk_ratio, 1.0 / risk_ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1.0)))


def e_values(table: pd.DataFrame, *, rare: bool = True) -> pd.DataFrame:
    """Return the ratios of a table of effects with their E-values.

    Parameters
    ----------
    table : DataFrame
        As ``compare`` gives it; rows that are no ratios are left out.
    rare : bool
        Whether being a case is rare (below about 15 %), so that an odds ratio stands for a risk
        ratio; otherwise its square root does (VanderWeele & Ding 2017, table 2).

    Returns
    -------
    DataFrame
        The rows with two columns more: e_value, and e_value_limit of the limit of the interval
        that is nearer 1 (1 where the interval holds 1).

    Notes
    -----
    Only odds ratios of being a case bear this reading. Of a "risk_ratio" of a matched comparison,
    the ratio of the factor's prevalences, the E-value speaks of the factor as outcome.
    """
    need_columns(table, ["measure", "estimate", "lower", "upper"], "the table of effects")
    ratios = table[table["measure"].isin(["odds_ratio", "risk_ratio"])].copy()
    if not len(ratios):
        raise InputError("the table of effects holds no ratio to give an E-value of")
    root = ((ratios["measure"] == "odds_ratio") & (not rare)).to_numpy()
    numbers = ratios[["estimate", "lower", "upper"]].to_numpy(dtype=np.float64)
    numbers = np.where(root[:, None], np.sqrt(numbers), numbers)
    limit = np.where(numbers[:, 0] >= 1, np.maximum(numbers[:, 1], 1), np.minimum(numbers[:, 2], 1))
    ratios["e_value"] = [e_value(ratio) for ratio in numbers[:, 0]]
    ratios["e_value_limit"] = [e_value(ratio) for ratio in limit]
    return ratios
