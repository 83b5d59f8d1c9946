"""The published figures on domestic sex traffickers, as data.

Source: National Rapporteur on Trafficking in Human Beings and Sexual Violence against Children
(the Netherlands), *Broad perspective on offending*: a study of 630 persons brought to trial for
domestic sex trafficking, whose case was registered in 2008-2017 and whose registered offences are
observed until 2021-07-02. The column ``source`` says how a figure came to us: ``summary`` is the
report's own published summary; ``secondary`` is other publications (press, monitors of
recidivism), less certain and sometimes about a slightly different population, which the column
``population`` then names.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import pandas as pd

TRAFFICKERS = "domestic_sex_traffickers"
GENERAL_OFFENDERS = "general_offenders"
NON_OFFENDERS = "non_offenders"
GROUPS = ("low_rate", "early_peak", "late_peak", "high_rate_persistent")
"""The trajectory groups among traffickers, in ascending order of expected offences."""

COLUMNS = ("key", "source", "population", "group", "quantity", "kind", "value", "unit", "note")


@lru_cache(maxsize=1)
def _figures() -> pd.DataFrame:
    with files("trajectories.rapporteur").joinpath("published_figures.csv").open("rb") as stream:
        frame = pd.read_csv(stream, dtype=str, keep_default_na=False)
    return frame.loc[:, list(COLUMNS)]


def figures() -> pd.DataFrame:
    """Return the published figures, one a row.

    Returns
    -------
    pandas.DataFrame
        Columns ``key, source, population, group, quantity, kind, value, unit, note``, all text:
        ``value`` is as printed, because its number of decimals says how it was rounded. ``kind``
        is one of ``count, date, mean, share, direction``.
    """
    return _figures().copy()


def published_text() -> dict[str, str]:
    """Return the published values as printed, by key."""
    frame = _figures()
    return dict(zip(frame["key"], frame["value"], strict=True))


def number(key: str) -> float:
    """Return the published value of a row whose kind is a count, mean or share."""
    return float(published_text()[key])


def half_unit(text: str) -> float:
    """Return half a unit of the last printed digit: what rounding can hide (``0.36`` → 0.005)."""
    decimals = len(text.partition(".")[2])
    return 0.5 * 10.0**-decimals
