"""Birthdays and age-years on arrays of dates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Dates = npt.NDArray[np.datetime64]
DAYS_PER_YEAR = 365.25


def birthdays(birth: Dates, age: npt.ArrayLike) -> Dates:
    """Return the date on which persons born on ``birth`` reach a whole ``age``.

    Someone born on 29 February has it on 1 March in a common year. Broadcasts.
    """
    months = birth.astype("datetime64[M]")
    day = (birth.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    reached = months + 12 * np.asarray(age, np.int64)
    return np.asarray(reached.astype("datetime64[D]") + day)


def age_in_years(birth: Dates, date: Dates) -> npt.NDArray[np.int64]:
    """Return the number of birthdays that lie on or before ``date``. Broadcasts."""
    guess = (date.astype("datetime64[Y]") - birth.astype("datetime64[Y]")).astype(np.int64)
    return np.asarray(guess - (birthdays(birth, guess) > date))


def at_age(birth: Dates, age: npt.ArrayLike) -> Dates:
    """Return the date at an exact ``age`` in years, to the day. Broadcasts."""
    days = np.floor(np.asarray(age, float) * DAYS_PER_YEAR).astype(np.int64)
    return np.asarray(birth + days.astype("timedelta64[D]"))


def exact_age(birth: Dates, date: Dates) -> npt.NDArray[np.float64]:
    """Return the age at ``date`` in years, from days. Broadcasts."""
    return np.asarray((date - birth) / np.timedelta64(1, "D") / DAYS_PER_YEAR)
