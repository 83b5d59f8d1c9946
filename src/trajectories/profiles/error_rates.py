"""How often a cut-off is wrong, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.calibration import weighted_share
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import wilson
from trajectories.numerics.types import FloatArray
from trajectories.profiles.judged import Judged, Judgement, judge

COLUMNS = (
    "by",
    "level",
    "cut_off",
    "rate",
    "estimate",
    "lower",
    "upper",
    "wrong_or_counted",
    "out_of",
    "persons",
    "reason",
)


RATE_KEYS = ("by", "level", "cut_off", "rate")
PART_COUNTS = {"wrong_or_counted": "out_of", "out_of": "persons"}
"""Columns that count persons, and what each is a part of: 57 right of 60 tell of three wrong."""


@disclosed(keys=RATE_KEYS, part_counts=PART_COUNTS, parts=("level",))
def error_rates(
    scores: Any,
    outcomes: Any,
    cut_offs: Sequence[float] | float,
    by: pd.DataFrame | pd.Series[Any] | None = None,
    *,
    column: str | None = None,
    horizon: float | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return error rates at the cut-offs in use, overall and by subgroup, with Wilson's limits.

    Calibration within subgroups, equal false positive rates and equal false negative rates cannot
    all hold where the share with the outcome differs between subgroups, unless the score is
    perfect. So no row certifies fairness: the table says who bears which errors, and which of them
    may differ is a choice that people have to make and answer for.

    Parameters
    ----------
    scores : Series, DataFrame or array
        Probability of the event by unit; NaN where refused. ``column`` names it in a table.
    outcomes : Series, array or DataFrame
        0 or 1 by unit; or a table with ``time`` and ``event``, then with ``horizon``.
    cut_offs : number or sequence of numbers
        Who scores at or above is acted on.
    by : DataFrame or Series, optional
        Subgroups by unit: a column a division (sex, age band, origin). Missing values are a level
        of their own, "not known".
    column, horizon, level
        See :func:`validate`.

    Returns
    -------
    DataFrame
        by, level, cut_off, rate (acted_on: share at or above the cut-off; false_positive: of those
        without the outcome, at or above; false_negative: of those with it, below;
        positive_predictive: of those at or above, with it; negative_predictive: of those below,
        without it), estimate, lower, upper, the number counted and out of how many (persons whose
        outcome is known), persons, reason.

    Notes
    -----
    Chouldechova (2017), Big Data 5(2), 153-163; Kleinberg, Mullainathan and Raghavan (2017),
    Innovations in Theoretical Computer Science.
    """
    judgement = judge(scores, outcomes, column=column, horizon=horizon, by=by)
    return rates_table(judgement, checked_cut_offs(cut_offs), normal_quantile(level))


def checked_cut_offs(cut_offs: Sequence[float] | float) -> FloatArray:
    """Return cut-offs as an array; raise an InputError if one is no probability."""
    try:
        values = np.atleast_1d(np.asarray(cut_offs, dtype=float))
    except (TypeError, ValueError):
        raise InputError("cut_offs must be numbers between 0 and 1") from None
    if values.ndim != 1 or not np.all((values > 0) & (values < 1)):
        raise InputError("cut_offs must be numbers between 0 and 1")
    return values


def rates_table(judgement: Judgement, cut_offs: FloatArray, z: float) -> pd.DataFrame:
    """Return the table of every part and cut-off."""
    rows: list[dict[str, Any]] = []
    for name, level, part in judgement.parts():
        for cut_off in cut_offs:
            head = {"by": name, "level": level, "cut_off": float(cut_off)}
            rows += [{**head, **one} for one in _rates(part, float(cut_off), z)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rates(judged: Judged, cut_off: float, z: float) -> list[dict[str, Any]]:
    high = judged.score >= cut_off
    known = judged.weight > 0
    case, free = judged.case, ~judged.case
    wanted = {
        "acted_on": (high, np.ones(judged.persons, dtype=bool), np.ones(judged.persons)),
        "false_positive": (high, known & free, judged.weight),
        "false_negative": (~high, known & case, judged.weight),
        "positive_predictive": (case, known & high, judged.weight),
        "negative_predictive": (free, known & ~high, judged.weight),
    }
    rows = []
    for name, (counted, among, weight) in wanted.items():
        share, n = weighted_share(counted[among], weight[among])
        lower, upper = wilson(share, n, z).tolist()
        rows.append(
            {
                "rate": name,
                "estimate": share,
                "lower": lower,
                "upper": upper,
                "wrong_or_counted": int((counted & among).sum()),
                "out_of": int(among.sum()),
                "persons": judged.persons,
                "reason": "" if among.any() else "nobody to count",
            }
        )
    return rows
