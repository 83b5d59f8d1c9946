"""Widths of calipers in the unit of the column that each bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.design import Design
from trajectories.matching.metric import pooled_sd

AnyArrays: TypeAlias = Mapping[str, np.ndarray[Any, Any]]

COLUMNS = ("population", "column", "asked", "asked_in", "sd", "width")


def caliper_table(
    design: Design, population: str, case: AnyArrays, pool: AnyArrays
) -> pd.DataFrame:
    """Return each caliper as asked, the standard deviation it was asked in, and its width.

    The standard deviation is sqrt((s²cases + s²pool)/2) of the column (Austin 2011,
    Pharmaceutical Statistics 10(2), 150-161), the pool being everybody in it before matching. The
    column ``"distance"`` is the score itself where there is one. A Mahalanobis or standardised
    distance is measured in standard deviations already: its caliper is a number of these.

    Parameters
    ----------
    case, pool : dict of arrays
        Column → values.
    """
    rows = []
    for column, asked in design.caliper:
        if design.caliper_scale == "units":
            rows.append((population, column, asked, "units", np.nan, asked))
            continue
        if column == "distance" and design.distance in ("standardised", "mahalanobis"):
            rows.append((population, column, asked, "sd", 1.0, asked))
            continue
        source = design.nearest[0] if column == "distance" else column
        if column == "distance" and design.distance == "propensity":
            source = "propensity"
        elif column == "distance" and len(design.nearest) > 1:
            raise InputError(
                "a caliper in standard deviations on a plain distance of several columns has no "
                "meaning: give widths by column, {column: width}, or caliper_scale='units'"
            )
        sd = pooled_sd(case[source], pool[source])
        if not sd > 0:
            raise InputError(
                f"caliper of {source!r} in standard deviations, but the column is constant: "
                "leave the caliper out or give it with caliper_scale='units'"
            )
        rows.append((population, column, asked, "sd", sd, asked * sd))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def width_of(calipers: pd.DataFrame, column: str) -> float:
    """Return the width of a column's caliper, infinite where it has none."""
    found = calipers.loc[calipers["column"] == column, "width"]
    return float(found.iloc[0]) if len(found) else np.inf
