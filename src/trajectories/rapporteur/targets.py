"""Targets of a synthetic register: read what the user asks, and how exactly each row must hold.

A published value is rounded, so it holds within half a unit of its last printed digit. Rows whose
note says so hold less exactly (``WIDER``). A value that the user gives is meant exactly:
attributes are planted to 1e-6, careers are calibrated to 0.002 (shares), 0.02 (years, cases).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from numbers import Real

import numpy as np
import pandas as pd

from trajectories.errors import TargetError
from trajectories.rapporteur.figures import GROUPS, figures, half_unit, published_text

WIDER: Mapping[str, tuple[float, str]] = {
    "basic_qualification_early_peak": (0.01, "the note calls it an approximation"),
    "first_offence_adult_low_rate": (0.01, "the note says 'a large majority'"),
    "trafficking_age_high_rate_persistent": (0.1, "the note says 'in line with the average'"),
    "trafficking_age_mean": (0.1, "the group figures give 27.1, as the note says"),
    "migration_background": (0.02, "the note says 'about three quarters'"),
    "child_at_trafficking": (0.01, "the note says 'at least'"),
    "specific_recidivism": (0.01, "the note says 'at least'"),
    "specific_recidivism_5y": (0.01, "the note says 'almost 10%'"),
    "specific_share_of_recidivists": (0.02, "the note says 'about a quarter'"),
    "prior_cases_mean": (0.1, "a secondary source, rounded"),
}
USER_SHARE, USER_MEAN = 0.002, 0.02
DIRECTIONS: Mapping[str, float] = {
    "protective": -0.40,
    "weakly protective": -0.15,
    "none": 0.0,
    "risk": 0.40,
}
"""Log-odds of offending in a year that a published direction is planted as."""
EARLIEST_REFERENCE, LATEST_REFERENCE = pd.Timestamp("2019-01-01"), pd.Timestamp("2040-12-31")
_LARGEST_COUNT = 10_000_000
_LARGEST_CASES, _LARGEST_LOG_ODDS = 500.0, 5.0


@dataclass(frozen=True)
class Targets:
    """Every row's wanted value: published, replaced where the user gave one.

    Attributes
    ----------
    values
        Key → number; directions as log-odds. The date is not among them.
    given
        The keys that the user gave, in the published order.
    reference_date
        The wanted ``observation_end``.
    """

    values: Mapping[str, float]
    given: tuple[str, ...]
    reference_date: pd.Timestamp

    def is_given(self, *keys: str) -> bool:
        """Say whether the user gave any of these keys."""
        return any(key in self.given for key in keys)

    def wanted(self, key: str) -> str:
        """Name a target with its value, for messages."""
        if key == "observation_end":
            return f"{key} = {self.reference_date.date()}"
        return f"{key} = {self.values[key]:g}"


def row_group(key: str) -> str | None:
    """Return the trajectory group that a row is about, if one."""
    return next((group for group in GROUPS if key.endswith(f"_{group}")), None)


def tolerance(key: str, printed: str) -> float:
    """Return how far a planted value may be from the printed one and still be it."""
    return WIDER[key][0] if key in WIDER else half_unit(printed)


def read_targets(targets: Mapping[str, float | str] | None) -> Targets:
    """Check the user's targets one by one and put them in place of the published values.

    Raises
    ------
    TargetError
        For an unknown key, a value of the wrong kind, or one outside its range.
    """
    frame = figures()
    given = _given(targets, set(frame["key"]))
    reference = pd.Timestamp(published_text()["observation_end"])
    values: dict[str, float] = {}
    for key, kind, printed in zip(frame["key"], frame["kind"], frame["value"], strict=True):
        if kind == "date":
            reference = _date(key, given.get(key, printed))
        elif kind == "direction":
            values[key] = _direction(key, given.get(key, printed))
        else:
            values[key] = _number(key, kind, given[key] if key in given else float(printed))
    order = tuple(key for key in frame["key"] if key in given)
    return Targets(values, order, reference)


def _given(targets: object, known: set[str]) -> dict[str, object]:
    """Return the user's targets, all of known keys; text that the user gave is not repeated."""
    if targets is None:
        return {}
    if not isinstance(targets, Mapping):
        raise TargetError(
            "targets must be a dict, figure key to value ({'onset_age_late_peak': 19.5}), not "
            f"{type(targets).__name__}"
        )
    for position, key in enumerate(targets, start=1):
        if not isinstance(key, str) or key not in known:
            near = get_close_matches(str(key), sorted(known), n=1)
            nearest = f", nearest known {near[0]!r}" if near else ""
            raise TargetError(
                f"targets: unknown key, number {position} of {len(targets)}{nearest}; the keys are "
                "those of rapporteur.figures()"
            )
    return dict(targets)


def _shown(value: object) -> str:
    """Describe a value that cannot be used: numbers as they are, of anything else the kind."""
    if value is None or isinstance(value, (Real, np.bool_)):
        return str(value)
    return "text" if isinstance(value, str) else f"of the kind {type(value).__name__}"


def _float(key: str, value: object) -> float:
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise TargetError(f"targets: {key} is {_shown(value)}; give a finite number")
    return number


def _number(key: str, kind: str, value: object) -> float:
    number = _float(key, value)
    if kind == "share" and not 0.0 <= number <= 1.0:
        raise TargetError(f"targets: {key} is {number:g}; a share lies between 0 and 1")
    if kind == "count":
        if number != round(number) or not 0 <= number <= _LARGEST_COUNT:
            raise TargetError(f"targets: {key} is {number:g}; give a whole number, 0 or more")
        if key == "n_traffickers" and number < 1:
            raise TargetError(f"targets: {key} is {number:g}; at least one person is needed")
    if kind == "mean":
        low, high = (0.0, _LARGEST_CASES) if key.startswith("prior_cases") else (12.0, 90.0)
        if not low <= number <= high:
            raise TargetError(
                f"targets: {key} is {number:g}; it must lie between {low:g} and {high:g}"
            )
    return number


def _direction(key: str, value: object) -> float:
    if isinstance(value, str) and value in DIRECTIONS:
        return DIRECTIONS[value]
    words = ", ".join(DIRECTIONS)
    try:
        number = _float(key, value)
    except TargetError:
        raise TargetError(
            f"targets: {key} is {_shown(value)}; give log-odds or one of: {words}"
        ) from None
    if abs(number) > _LARGEST_LOG_ODDS:
        raise TargetError(f"targets: {key} is {number:g}; log-odds lie between -5 and 5")
    return number


def _date(key: str, value: object) -> pd.Timestamp:
    day = _day(value)
    if day is None or not EARLIEST_REFERENCE <= day <= LATEST_REFERENCE:
        found = _shown(value) if day is None else str(day.date())
        raise TargetError(
            f"targets: {key} is {found}; give a date from {EARLIEST_REFERENCE.date()} "
            f"(cases are registered until 2017) to {LATEST_REFERENCE.date()}"
        )
    return day


def _day(value: object) -> pd.Timestamp | None:
    """Return the day of a date or of text that holds one; None of anything else."""
    if not isinstance(value, (str, date, np.datetime64)):
        return None
    with suppress(ValueError):
        moment = pd.Timestamp(value)
        return None if pd.isna(moment) else moment.tz_localize(None).normalize()
    return None
