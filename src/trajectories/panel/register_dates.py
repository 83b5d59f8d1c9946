"""Dates as agencies write them, known to the day, the month or the year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from trajectories.errors import InputError
from trajectories.panel.arrays import BoolArray, DayArray, names
from trajectories.panel.calendar import ONE_DAY

PRECISIONS = ("day", "month", "year")
TIME_ZONE = "has a time zone; take it off with dt.tz_localize(None)"
_DAY, _MONTH, _YEAR = range(3)
_PATTERN = (
    r"^(?P<year>\d{4})(?:"
    r"-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:[T ].*)?)?"
    r"|(?P<compact_month>\d{2})(?P<compact_day>\d{2})"
    r")?$"
)


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """Hold a column of dates, each with the first and last day that it can mean.

    Attributes
    ----------
    value : ndarray of datetime64[D], shape (n,)
        The date used: as given, or the middle of the month or year. NaT: missing or unreadable.
    first, last : ndarray of datetime64[D], shape (n,)
        The period; the same day for a date known to the day.
    precision : ndarray of int8, shape (n,)
        Position in ``PRECISIONS``; −1 where missing.
    unreadable : ndarray of bool, shape (n,)
        Something stands there that is no date.
    moved : ndarray of bool, shape (n,)
        The date used is not the middle of the period: an earlier or later date of the same person
        asked for another one.
    """

    value: DayArray
    first: DayArray
    last: DayArray
    precision: NDArray[np.int8]
    unreadable: BoolArray
    moved: BoolArray

    def __len__(self) -> int:
        return len(self.value)

    def take(self, kept: Any) -> Dates:
        """Return the dates of some rows."""
        return Dates(
            self.value[kept],
            self.first[kept],
            self.last[kept],
            self.precision[kept],
            self.unreadable[kept],
            self.moved[kept],
        )

    def exact(self) -> Dates:
        """Return the dates used as dates known to the day."""
        return replace(self, first=self.value, last=self.value)

    def moved_to(self, value: DayArray) -> Dates:
        """Return dates moved within their periods."""
        value = np.minimum(np.maximum(value, self.first), self.last)
        return replace(self, value=value, moved=self.moved | (value != self.value))


def has_time_zone(column: pd.Series[Any]) -> bool:
    """Tell whether a column of timestamps has a time zone: its days depend on where one looks."""
    return isinstance(column.dtype, pd.DatetimeTZDtype)


def parse_dates(
    column: pd.Series[Any], table: str, declared: str | None, date_format: str | None
) -> Dates:
    """Return a column of dates.

    Dates are timestamps, or text or numbers such as 1990-05-12, 19900512, 1990-05, 1990; a month
    or day 00 is not known either. What a text has after a date (a time of day) is dropped.

    Parameters
    ----------
    column : Series
    table : str
    declared : {"day", "month", "year"} or None
        What the dates of this column are known to, whatever they look like.
    date_format : str or None
        Of dates known to the day that are written in another way, "%d-%m-%Y" say.

    Raises
    ------
    InputError
        If the column has a time zone, or the precision declared is none.
    """
    if declared is not None and declared not in PRECISIONS:
        raise InputError(f"date_precision of {column.name!r} must be one of {names(PRECISIONS)}")
    if has_time_zone(column):
        raise InputError(f"{table} column {column.name!r} {TIME_ZONE}")
    if types.is_datetime64_dtype(column.dtype):
        value = column.to_numpy().astype("datetime64[D]")
        precision = np.where(np.isnat(value), -1, _DAY).astype(np.int8)
        unreadable = np.zeros(len(value), dtype=bool)
    else:
        value, precision, unreadable = _from_texts(column, date_format)
    if declared is not None:
        # no better known than declared, but a date may be known even less well
        known = precision >= 0
        precision = np.where(known, np.maximum(precision, PRECISIONS.index(declared)), -1)
        precision = precision.astype(np.int8)
    return _imputed(value, precision, unreadable)


def _imputed(value: DayArray, precision: NDArray[np.int8], unreadable: BoolArray) -> Dates:
    """Put dates that are known to a month or year in the middle of it."""
    first, last = value.copy(), value.copy()
    for code, one in ((_MONTH, np.timedelta64(1, "M")), (_YEAR, np.timedelta64(1, "Y"))):
        which = precision == code
        period = value[which].astype(f"datetime64[{np.datetime_data(one)[0]}]")
        first[which] = period.astype("datetime64[D]")
        following = period + one
        last[which] = following.astype("datetime64[D]") - ONE_DAY
    middle = first + (last - first + ONE_DAY) // 2
    return Dates(
        np.where(precision > _DAY, middle, value),
        first,
        last,
        precision,
        unreadable,
        np.zeros(len(value), dtype=bool),
    )


def _from_texts(
    column: pd.Series[Any], date_format: str | None
) -> tuple[DayArray, NDArray[np.int8], BoolArray]:
    """Read each distinct text once: a register has many dates and few different ones."""
    if types.is_float_dtype(column.dtype) and not (column.dropna() % 1).any():
        column = column.astype("Int64")
    codes, distinct = pd.factorize(column)
    texts = pd.Series([str(value).strip() for value in distinct], dtype="str")
    value, precision = _read(texts)
    if date_format is not None:
        unread = (precision < 0) & (texts != "").to_numpy()
        given = pd.to_datetime(texts[unread], format=date_format, errors="coerce")
        value[unread] = given.to_numpy().astype("datetime64[D]")
        precision[unread] = np.where(given.isna(), -1, _DAY)
    blank = (texts == "").to_numpy(dtype=bool)
    # missing entries have code −1, and so the last place
    value = np.append(value, np.datetime64("NaT", "D"))
    precision = np.append(precision, np.int8(-1))
    blank = np.append(blank, True)
    return value[codes], precision[codes], (precision[codes] < 0) & ~blank[codes]


def _read(texts: pd.Series[Any]) -> tuple[DayArray, NDArray[np.int8]]:
    """Return date and precision of distinct texts; −1 where a text is no date."""
    numbers = texts.str.extract(_PATTERN).apply(pd.to_numeric)
    year, month, day = (
        numbers[list(names)].bfill(axis=1).iloc[:, 0].fillna(0).to_numpy(dtype=np.int64)
        for names in (("year",), ("month", "compact_month"), ("day", "compact_day"))
    )
    precision = np.where(month == 0, _YEAR, np.where(day == 0, _MONTH, _DAY))
    months = (year - 1970).astype("timedelta64[Y]") + np.datetime64("1970", "Y")
    in_month = months.astype("datetime64[M]") + (np.maximum(month, 1) - 1).astype("timedelta64[M]")
    value = in_month.astype("datetime64[D]") + (np.maximum(day, 1) - 1).astype("timedelta64[D]")
    sound = (year > 0) & (month <= 12) & ~((month == 0) & (day > 0))
    sound &= value.astype("datetime64[M]") == in_month  # no 30 February
    value[~sound] = np.datetime64("NaT", "D")
    return value, np.where(sound, precision, -1).astype(np.int8)
