"""Comparisons of matched persons under disclosure control: what each row rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosure, is_below, protect
from trajectories.disclosure_control.rounding import round_digits
from trajectories.disclosure_control.switch import is_outermost
from trajectories.matching.factors import Factor

PART_OF: Mapping[str, str | None] = {
    "persons_with": "persons",
    "persons_with_versus": "persons_versus",
    "n_informative": None,
}
"""Columns that count some of the persons, or sets, of a row, and the column of all of them."""
MISSING = ("missing", "missing_versus")
TELL_MISSING = (
    *("persons", "persons_versus", "persons_with", "persons_with_versus"),
    *("n_sets", "n_informative", *MISSING),
)
"""Counts from which the number without a value can be had, as the size of the sets is known."""
_CATEGORY, _LEVEL = "_category", "_level"
_KEYS = ("group", "measure", "method", "population", "versus", "adjusted_for", "gamma")


def shown_comparison(table: pd.DataFrame, factors: Sequence[Factor], persons: Any) -> pd.DataFrame:
    """Return a table of comparisons as it may be shown; itself where the switch is off.

    A row goes where few persons of a population, or all but few, have the factor, or few sets
    differ in it. Levels of a category, and groups, add up. Where few lack a value, every count
    that would tell how many goes, and the other numbers keep three digits.

    Parameters
    ----------
    table : DataFrame
        ``factor``, ``population``, ``versus``, the counts of ``PART_OF`` and of ``MISSING``.
    factors : sequence of Factor
    persons : column label
        Counts the persons of a row.
    """
    if not disclosure.is_on or not is_outermost():
        return table
    category = {factor.name: factor.category for factor in factors}
    of = table["factor"].map(category)
    level = table["factor"].where(of != "", "")
    keyed = table.assign(**{_CATEGORY: of.where(of != "", table["factor"]), _LEVEL: level})
    shown = protect(
        keyed,
        persons=persons,
        part_counts={name: persons if of == "persons" else of for name, of in PART_OF.items()},
        keys=[_CATEGORY, _LEVEL, *(key for key in _KEYS if key in keyed.columns)],
        parts=(_LEVEL, "group"),
        name="matched comparison",
    )
    return _without_missing(shown.drop(columns=[_CATEGORY, _LEVEL]), table)


def _without_missing(shown: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Withhold the counts of rows for which few lack a value."""
    lacking = table[[name for name in MISSING if name in table.columns]].to_numpy(dtype=np.float64)
    few = np.asarray(is_below(lacking).any(axis=1))
    if not few.any():
        return shown
    counts = [name for name in TELL_MISSING if name in shown.columns]
    changed = shown.assign(**{name: shown[name].mask(few) for name in counts})
    for name in shown.select_dtypes("float").columns.difference(counts).tolist():
        values = shown[name].to_numpy(dtype=np.float64)
        changed[name] = np.where(few, round_digits(values), values)
    for row in np.flatnonzero(few).tolist():
        cell = f"factor={table['factor'].iloc[row]}, population={table['population'].iloc[row]}"
        for name, count in zip(MISSING, lacking[row].tolist(), strict=False):
            entry = ("without a value", row, cell, name, count, np.nan, "below the minimum")
            disclosure.setting.record.append(entry)
    return changed
