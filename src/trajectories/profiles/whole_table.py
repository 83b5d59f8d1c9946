"""What is wrong with a table of profiles as a whole: one error, and not a refusal of every row.

A row is refused where the row is at fault. A table that lacks the years free, gives them in days or
holds other ages than the model's would have all of its rows refused, and the reader would look for
the fault in persons. So it is said once, wherever profiles come in: Python, file or command line.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel import Panel
from trajectories.panel.arrays import counted
from trajectories.panel.exposure_length import unit_of
from trajectories.panel.labels import ages_from_labels
from trajectories.profiles.histories import Histories
from trajectories.profiles.support import OUTSIDE, Refusals, Support

MOST_TOO_LONG = 0.5
"""A larger share of the observed cells with more years free than there are speaks of the unit."""

ADVICE = (
    ("no id", "give every row an id, or name the column of ids"),
    (
        "its id stands in another row too",
        "a row is a person: name the column of ids, and turn a table with a row a person and age "
        "into one with a column an age",
    ),
    ("a count is not a number", "correct that column"),
    ("a count is negative", "where the number is a code for not observed, leave cells empty"),
    ("a count is no whole number", "give numbers of offences, and no rates"),
    ("a count with three zeros", "write it without decimals and without a sign for thousands"),
    (OUTSIDE, "look which ages the columns are of, and leave out those that it does not have"),
    ("years free are", "give them for every year with a count"),
    ("a value of years free", "correct that column"),
    ("more than one year free", "give the time free in years"),
    ("more years free than", "give the time free in years"),
    ("an offence in a year not free", "look whether counts and years free are of the same years"),
)
"""How the reasons begin that can be a table's, and what to do; all others are a person's."""


def read(profiles: Panel | pd.DataFrame | Histories, support: Support) -> Histories:
    """Return histories of what was given to be scored, fit for a model with such a support.

    Raises
    ------
    InputError
        Where the table is at fault, see the module.
    """
    histories = Histories.read(profiles)
    if isinstance(profiles, pd.DataFrame):
        refuse_holes(ages_from_labels(profiles.columns), support)
    if histories.panel is not None:
        require_years_free(histories.panel, support)
    return histories


def judge(histories: Histories, support: Support) -> Refusals | None:
    """Return why units of the panel are refused; None without a panel.

    Raises
    ------
    InputError
        If all of two or more histories are refused for one reason that is the table's.
    """
    panel = histories.panel
    verdict = None if panel is None else support.refusals(panel)
    if verdict is None:
        refuse_as_one(set(histories.refused), len(histories.units))
    elif verdict.codes.all():
        by_row = {verdict.reasons[code] for code in np.unique(verdict.codes)}
        unread = {reason for reason in histories.refused if reason}
        blank = {""} if len(histories.blank) else set[str]()
        refuse_as_one(by_row | unread | blank, len(histories.units))
    return verdict


def refuse_as_one(reasons: set[str], n_rows: int) -> None:
    """Raise an InputError if all rows are refused for one reason that can be the table's."""
    if n_rows < 2 or len(reasons) != 1:
        return
    reason = next(iter(reasons))
    advice = next((words for start, words in ADVICE if reason.startswith(start)), None)
    if advice is not None:
        raise InputError(
            f"all {n_rows:,} rows would be refused for one reason, so that the table is at fault "
            f"and no person: {reason}; {advice}"
        )


def require_panel(panel: object, what: str) -> None:
    """Raise an InputError unless it is a panel at common ages."""
    if not isinstance(panel, Panel):
        raise InputError(
            f"{what} needs a Panel, not a {type(panel).__name__}: make one with Panel.from_wide, "
            "Panel.from_long or Panel.from_register"
        )
    panel.require_common_ages(what)


def require_years_free(panel: Panel, support: Support) -> None:
    """Raise an InputError where a panel has no years free, or has some, unlike those fitted."""
    if support.exposure and panel.exposure is None:
        raise InputError(
            "the model was fitted with years free, and these profiles have none: give a panel with "
            "them, Panel.from_wide(counts, exposure=free), 1 where a whole year was free; on the "
            f"command line columns such as free_{support.ages[0]:g}"
        )
    if panel.exposure is None:
        return
    seen = panel.exposure > 0  # 0 where not observed
    if not support.exposure:
        if (panel.exposure[seen] != 1).any():
            raise InputError(
                "these profiles give years free, and the model was fitted without: its rates are "
                "by calendar year; give the counts alone (panel.without_exposure()), or a model "
                "that was fitted with years free"
            )
        return
    refuse_other_unit(panel.exposure, seen, support.longest_free(panel.ages), panel.ages, support)


def refuse_other_unit(
    exposure: FloatArray,
    seen: BoolArray,
    longest: FloatArray,
    ages: Sequence[float] | FloatArray,
    support: Support,
) -> None:
    """Raise an InputError where most of the years free are longer than there are, (N, T)."""
    known = seen & np.isin(np.asarray(ages, dtype=float), support.ages)
    values = np.where(known, exposure, 0.0)
    too_long = values > longest
    if not too_long.sum() > MOST_TOO_LONG * known.sum():
        return
    step = support.step
    number, unit = counted(int(known.sum()), "cell"), unit_of(float(values.max()) / step)
    guess = f": it looks like {unit[0]}, divide by {unit[1]}" if unit else ""
    raise InputError(
        f"more than {_years(step)} free at one age in {int(too_long.sum()):,} of {number}: the "
        f"time free must be in years{guess}"
    )


def _years(step: float) -> str:
    return "one year" if step == 1 else f"{step:g} years"


def refuse_holes(ages: FloatArray, support: Support) -> None:
    """Raise an InputError where the columns of a table skip an age that the model has."""
    own = np.array(support.ages)
    given = np.isin(own, ages)
    if not given.any():
        return
    first, last = np.flatnonzero(given)[[0, -1]]
    absent = own[first : last + 1][~given[first : last + 1]]
    if len(absent):
        raise InputError(
            f"no column of age {', '.join(f'{age:g}' for age in absent[:8])}"
            f"{' and more' if len(absent) > 8 else ''}, and the columns run from {own[first]:g} to "
            f"{own[last]:g}: add it, and leave cells empty where a year was not observed"
        )
