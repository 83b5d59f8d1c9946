"""Name groups from the shape of their curves, by rules stated as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.groups.typology_labels import distinct_labels
from trajectories.groups.typology_rules import TypologyRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["CurveNumbers", "TypologyRules", "measure_curve", "name_curve", "typology"]

OLDEST = 110.0
"""Ages above this are months or calendar years, and no name is given."""

_NO_RATES = "the rules are about rates of counted events, and this outcome is no count"

_SAME = 1e-9  # rates closer than this share of the peak are one rate: a flat curve peaks first


@dataclass(frozen=True, slots=True)
class CurveNumbers:
    """The numbers of one group's curve that its name is decided on.

    Attributes
    ----------
    level : float
        Mean rate over the observed ages, offences per year free.
    peak_age, peak_rate : float
        First age at which the curve is highest, and the rate there.
    decline : float
        Share of the peak rate that is lost ``decline_years`` after the peak, or at the last
        observed age where that comes sooner, and not regained later. NaN where the curve peaks
        at the last observed age: no year after the peak is seen.
    years_followed : float
        Years between the peak and the age at which the decline is first read.
    years_above_half : float
        Length of the unbroken stretch around the peak with at least half of the peak rate,
        its ends interpolated linearly between ages.
    first_age, last_age : float
        The observed ages run from here to there.
    """

    level: float
    peak_age: float
    peak_rate: float
    decline: float
    years_followed: float
    years_above_half: float
    first_age: float
    last_age: float


def measure_curve(
    ages: NDArray[np.float64], rates: NDArray[np.float64], decline_years: float = 10.0
) -> CurveNumbers:
    """Measure level, peak, decline and persistence of one curve.

    Parameters
    ----------
    ages : ndarray of shape (T,)
        Strictly increasing, in years.
    rates : ndarray of shape (T,)
        Expected offences per year free, not negative.
    decline_years : float
        Years after the peak at which the decline is read.
    """
    peak_rate = float(rates.max())
    peak = int(np.argmax(rates >= peak_rate * (1.0 - _SAME)))
    peak_age, last_age = float(ages[peak]), float(ages[-1])
    read_at = min(peak_age + decline_years, last_age)
    later = max(float(np.interp(read_at, ages, rates)), float(rates[ages >= read_at].max()))
    if peak_age == last_age:
        decline = float("nan")
    else:
        decline = 1.0 - later / peak_rate if peak_rate > 0.0 else 0.0
    return CurveNumbers(
        level=float(rates.mean()),
        peak_age=peak_age,
        peak_rate=peak_rate,
        decline=decline,
        years_followed=read_at - peak_age,
        years_above_half=_years_above(ages, rates, peak, peak_rate / 2.0),
        first_age=float(ages[0]),
        last_age=last_age,
    )


def _years_above(
    ages: NDArray[np.float64], rates: NDArray[np.float64], peak: int, bar: float
) -> float:
    below = np.flatnonzero(rates < bar)
    before, after = below[below < peak], below[below > peak]
    start = _crossing(ages, rates, before[-1], before[-1] + 1, bar) if before.size else ages[0]
    end = _crossing(ages, rates, after[0], after[0] - 1, bar) if after.size else ages[-1]
    return float(end - start)


def _crossing(
    ages: NDArray[np.float64], rates: NDArray[np.float64], outside: int, inside: int, bar: float
) -> float:
    weight = (bar - rates[outside]) / (rates[inside] - rates[outside])
    return float(ages[outside] + weight * (ages[inside] - ages[outside]))


def name_curve(numbers: CurveNumbers, rules: TypologyRules) -> tuple[str | None, str]:
    """Return the name that the rules give to a curve, or None, and a sentence that says why."""
    n = numbers
    if n.first_age < 0 or n.last_age > OLDEST:
        return None, (
            f"ages run from {round(n.first_age, 1):g} to {round(n.last_age, 1):g}, which are no "
            "years of age: the rules are about ages in years and rates per year"
        )
    peak = f"peaks at age {round(n.peak_age, 1):g} with {n.peak_rate:.2f} offences a year"
    lost = f"{100 * n.decline:.0f} % of it is lost {round(n.years_followed, 1):g} years later"
    if n.level <= rules.low_level and n.peak_rate <= rules.low_peak:
        return "low_rate", (
            f"{n.level:.2f} offences a year on average and never more than {n.peak_rate:.2f} "
            f"(at most {rules.low_level:g} and {rules.low_peak:g})"
        )
    if n.level >= rules.high_level and n.years_above_half >= rules.persistent_years:
        rising = "; still at its highest when last seen" if n.peak_age == n.last_age else ""
        return "high_rate_persistent", (
            f"{n.level:.2f} offences a year on average (at least {rules.high_level:g}) and "
            f"{n.years_above_half:.1f} years at half of its peak rate or more "
            f"(at least {rules.persistent_years:g}){rising}"
        )
    if n.peak_age == n.last_age:
        return None, f"{peak}, the last age observed: no decline is seen, so the peak is not known"
    if n.peak_age <= rules.early_until and n.decline >= rules.early_decline:
        return "early_peak", (
            f"{peak} (by age {rules.early_until:g}) and {lost} "
            f"(at least {100 * rules.early_decline:.0f} %)"
        )
    if n.peak_age >= rules.late_from and n.decline >= rules.late_decline:
        if n.peak_age == n.first_age:
            return None, f"{peak}, the first age observed: the peak may have come before it"
        return "late_peak", (
            f"{peak} (from age {rules.late_from:g}) and {lost} "
            f"(at least {100 * rules.late_decline:.0f} %)"
        )
    return None, _why_no_name(n, rules, peak, lost)


def _why_no_name(n: CurveNumbers, rules: TypologyRules, peak: str, lost: str) -> str:
    if rules.early_until < n.peak_age < rules.late_from:
        why = f"between an early peak (by {rules.early_until:g}) and a late one"
        why = f"{peak}, {why} (from {rules.late_from:g})"
    else:
        needed = rules.early_decline if n.peak_age <= rules.early_until else rules.late_decline
        why = f"{peak}, but only {lost}, where {100 * needed:.0f} % is asked for"
    if n.level < rules.high_level:
        return f"{why}; {n.level:.2f} a year on average is neither low nor high"
    return (
        f"{why}; high, but only {n.years_above_half:.1f} years at half of its peak rate "
        f"or more, where {rules.persistent_years:g} are asked for"
    )


def typology(
    curves: pd.DataFrame,
    shares: pd.Series | Mapping[int, float] | None = None,
    rules: TypologyRules | None = None,
    rates: bool = True,
) -> pd.DataFrame:
    """Name every group from its estimated curve, and give the numbers behind the name.

    The rules are about ages in years; no name is given where ages cannot be years of age.

    Each group is judged by itself: no name depends on the other groups, two groups may carry
    the same name, and a group that fits none has None. Works for any number of groups. The
    ``label`` tells groups of one name apart: ``early_peak, lower`` and ``early_peak, higher``; see
    :func:`trajectories.groups.typology_labels.distinct_labels`.

    Parameters
    ----------
    curves : DataFrame
        Tidy: ``group``, ``age`` (years), ``mean`` (offences per year free); more columns are
        ignored.
    shares : Series or mapping, optional
        Group to share of the persons. A group below ``rules.smallest_share`` is not named: its
        curve rests on next to nobody.
    rules : TypologyRules, optional
        The thresholds; the defaults where None.
    rates : bool
        Whether the curves are rates of counted events. If not, no group is named, and only
        level and peak are measured.

    Returns
    -------
    DataFrame
        Index ``group``, in the order of ``curves``; columns ``name`` (low_rate, early_peak,
        late_peak, high_rate_persistent or None), ``label``, ``level``, ``peak_age``, ``peak_rate``,
        ``decline`` (NaN where no year after the peak is observed), ``years_above_half``,
        ``reason``.

    Raises
    ------
    InputError
        If columns are missing, ages of a group repeat, a rate is negative or not finite, or a
        group has no share.
    """
    rules = rules or TypologyRules()
    _check_curves(curves, rates)
    rows: list[tuple[object, str | None, CurveNumbers, str]] = []
    for group, curve in curves.groupby("group", sort=False, observed=True):
        ordered = curve.sort_values("age")
        ages, means = (ordered[column].to_numpy(dtype=float) for column in ("age", "mean"))
        if not rates:
            rows.append((group, None, _level_and_peak(ages, means), _NO_RATES))
            continue
        numbers = measure_curve(ages, means, rules.decline_years)
        name, reason = name_curve(numbers, rules)
        if shares is not None:
            if group not in shares:
                raise InputError(
                    f"group {group} has a curve but no share: shares= must name every group of the "
                    "curves, as results.group_probabilities does"
                )
            share = float(shares[group])  # type: ignore[index]
            if share < rules.smallest_share:
                name = None
                reason = (
                    f"holds {100 * share:.2g} % of the persons "
                    f"(at least {100 * rules.smallest_share:g} % to be named)"
                )
        rows.append((group, name, numbers, reason))
    return _frame(rows)


def _level_and_peak(ages: NDArray[np.float64], means: NDArray[np.float64]) -> CurveNumbers:
    peak = int(np.argmax(means))
    nan = float("nan")
    return CurveNumbers(
        level=float(means.mean()),
        peak_age=float(ages[peak]),
        peak_rate=float(means[peak]),
        decline=nan,
        years_followed=nan,
        years_above_half=nan,
        first_age=float(ages[0]),
        last_age=float(ages[-1]),
    )


def _frame(rows: list[tuple[object, str | None, CurveNumbers, str]]) -> pd.DataFrame:
    numbers = ("level", "peak_age", "peak_rate", "decline", "years_above_half")
    index = pd.Index([row[0] for row in rows], name="group")
    table = pd.DataFrame(
        {
            # object, because pandas' string type would turn None into NaN
            "name": pd.Series([row[1] for row in rows], index=index, dtype=object),
            **{key: [getattr(row[2], key) for row in rows] for key in numbers},
            "reason": [row[3] for row in rows],
        },
        index=index,
    )
    table.insert(1, "label", distinct_labels(table))
    return table


def _check_curves(curves: pd.DataFrame, rates: bool) -> None:
    missing = [column for column in ("group", "age", "mean") if column not in curves.columns]
    if missing:
        raise InputError(
            f"curves lack the column {', '.join(map(repr, missing))}: give a table with group, age "
            "and mean, such as results.trajectories()"
        )
    if len(curves) == 0:
        raise InputError("curves have no rows: give one a group and age")
    values = curves[["age", "mean"]].to_numpy(dtype=float)
    bad = int((~np.isfinite(values)).any(axis=1).sum())
    if rates:
        bad += int((values[:, 1] < 0.0).sum())
    if bad:
        negative = ", or a mean below 0" if rates else ""
        raise InputError(
            f"{bad} of {len(curves):,} rows of curves have an age or mean that is not finite"
            f"{negative}: a rate is 0 or more; leave these rows out, or give rates=False"
        )
    repeated = int(curves.duplicated(["group", "age"]).sum())
    if repeated:
        raise InputError(
            f"{repeated} of {len(curves):,} rows of curves repeat an age of their group: one mean "
            "a group and age"
        )
