"""Concordance with relatives as a forest plot."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from trajectories.errors import InputError
from trajectories.plot.check import need_columns
from trajectories.plot.forest_plot import forest

__all__ = ["concordance_forest"]

_NAMES = {
    "risk_ratio": "risk ratio",
    "odds_ratio": "odds ratio",
    "rate_ratio": "rate ratio, relative's offence first",
}


def concordance_forest(table: pd.DataFrame) -> Figure:
    """Draw risk, odds and rate ratios of a record given a relative's record.

    Parameters
    ----------
    table : DataFrame
        ``group``, ``measure``, ``relation``, ``estimate``, ``lower``, ``upper``: what
        ``careers.concordance`` and ``careers.concordance_in_time`` give, one after the other or
        alone. Rows that are no ratio are left out.

    Returns
    -------
    Figure
        A panel a group, a line a kind of relative, a mark a ratio, on a log scale.
    """
    numbers = ("estimate", "lower", "upper")
    need_columns(table, "concordance", "group", "measure", "relation", *numbers)
    ratios = table[table["measure"].isin(_NAMES)]
    if not len(ratios):
        raise InputError("concordance: no ratio to draw; give the table of careers.concordance")
    several = len(ratios["group"].unique()) > 1
    names = {"any": "any of these"}
    rows = ratios.assign(
        label=[names.get(name, str(name).replace("_", " ")) for name in ratios["relation"]],
        ratio=ratios["measure"].map(_NAMES),
        panel=ratios["group"].astype(str).str.replace("_", " "),
    )
    return forest(
        rows,
        label="label",
        series="ratio" if len(rows["ratio"].unique()) > 1 else None,
        panel="panel" if several else None,
        xlabel="ratio, with and without a record of the relative",
    )
