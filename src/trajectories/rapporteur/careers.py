"""Draw the careers of traffickers from a calibration.

All persons at once: the offences other than the first trafficking offence are a Poisson process
that runs through every cell, from which the days in detention and after the end of follow-up are
struck out. Striking out is exact (a thinned Poisson process), and it keeps the cell logic whole at
day resolution: a person's cell t runs from the t-th to the (t + 1)-th birthday.

Nobody is born on 29 February here (such births move to the 28th), so that a birthday exists in
every year whatever convention a reader of the register follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.rapporteur.calibration import (
    FIRST_CELL,
    OFFENCE_TYPES,
    Calibration,
    GroupCareer,
    Vector,
)
from trajectories.rapporteur.index_cases import (
    DAY,
    YEAR,
    Dates,
    IndexCases,
    Integers,
    draw_index_cases,
    pick,
)
from trajectories.simulate.calendar import age_in_years, birthdays

LONGEST_OTHER_LAG = 180
"""Days from another offence to the registration of its case: uniform, at most this many."""
_TRAFFICKING = OFFENCE_TYPES.index("trafficking")


@dataclass(frozen=True)
class Careers:
    """Careers of n persons as arrays; events sorted by person, then date, then index first.

    Attributes
    ----------
    group
        (n,) position in ``calibration.groups``.
    birth_date, death_date, emigration_date
        (n,) datetime64[D]; NaT where it did not happen by the reference date.
    event_person, event_date, event_type, event_registration_date, event_is_index
        One entry per registered offence: person's position, day, position in ``OFFENCE_TYPES``,
        day, and whether it is the first trafficking offence (the index case).
    detention_person, detention_start, detention_end
        One entry per spell, end exclusive and never after the end of follow-up; NaT for an end
        after the reference date. Sorted by person, then start.
    """

    group: Integers
    birth_date: Dates
    death_date: Dates
    emigration_date: Dates
    event_person: Integers
    event_date: Dates
    event_type: Integers
    event_registration_date: Dates
    event_is_index: NDArray[np.bool_]
    detention_person: Integers
    detention_start: Dates
    detention_end: Dates


def _by_group(
    group: Integers, careers: list[GroupCareer], rng: np.random.Generator
) -> tuple[Vector, Vector]:
    """Return the age at the first trafficking offence and the multiplier of the other rate."""
    age, multiplier = np.empty(len(group)), np.empty(len(group))
    for k, career in enumerate(careers):
        rows = np.flatnonzero(group == k)
        cell = FIRST_CELL + pick(rng, career.trafficking_age, len(rows))
        age[rows] = cell + rng.random(len(rows))
        variance = career.heterogeneity
        multiplier[rows] = rng.gamma(1.0 / variance, variance, len(rows)) if variance > 0 else 1.0
    return age, multiplier


@dataclass(frozen=True)
class _Offences:
    """Other offences before any is struck out: person, cell, day; sorted by person and cell."""

    person: Integers
    cell: Integers
    day: Integers


def _cell_days(birth: Dates, cell: Integers) -> tuple[Integers, Integers]:
    """Return the first day of a cell and of the next one, in days since 1970."""
    start, stop = birthdays(birth, cell), birthdays(birth, cell + 1)
    return start.astype(np.int64), stop.astype(np.int64)


def _process(
    group: Integers,
    multiplier: Vector,
    index: IndexCases,
    careers: list[GroupCareer],
    rng: np.random.Generator,
) -> _Offences:
    rates = np.stack([career.other_rate for career in careers])
    counts = rng.poisson(rates[group] * multiplier[:, None])
    person, cell = np.nonzero(counts)
    repeats = counts[person, cell]
    person, cell = np.repeat(person, repeats), np.repeat(cell, repeats) + FIRST_CELL
    birth = index.birth.astype(DAY)
    start, stop = _cell_days(birth[person], cell)
    day = start + (rng.random(len(person)) * (stop - start)).astype(np.int64)
    return _Offences(person.astype(np.int64), cell.astype(np.int64), day)


@dataclass(frozen=True)
class _Spells:
    person: Integers
    start: Integers
    end: Integers


def _short_spells(
    group: Integers,
    index: IndexCases,
    offences: _Offences,
    careers: list[GroupCareer],
    rng: np.random.Generator,
) -> _Spells:
    """Draw at most one spell per cell after the onset cell and before that of the index offence."""
    n = len(group)
    birth = index.birth.astype(DAY)
    index_cell = age_in_years(index.birth.astype(DAY), index.offence.astype(DAY))
    onset = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(onset, offences.person, offences.cell)
    probability, low, high = (
        np.array([c.short_detention[i] for c in careers])[group] for i in range(3)
    )
    cells = np.arange(FIRST_CELL, int(index_cell.max(initial=FIRST_CELL)) + 1)
    possible = (cells > onset[:, None]) & (cells < index_cell[:, None])
    drawn = possible & (rng.random(possible.shape) < probability[:, None])
    person, column = (a.astype(np.int64) for a in np.nonzero(drawn))
    cell = cells[column]
    start, stop = _cell_days(birth[person], cell)
    share = low[person] + (high - low)[person] * rng.random(len(person))
    length = np.rint(share * (stop - start)).astype(np.int64)
    begin = start + (rng.random(len(person)) * (stop - start - length + 1)).astype(np.int64)
    return _Spells(person, begin, begin + length)


def _long_spells(
    group: Integers, index: IndexCases, careers: list[GroupCareer], rng: np.random.Generator
) -> _Spells:
    """Draw the spell that starts when the index case is registered; log-uniform in length."""
    probability, low, high = (
        np.array([c.long_detention[i] for c in careers])[group] for i in range(3)
    )
    n = len(group)
    length = np.rint(low * (high / low) ** rng.random(n) * YEAR).astype(np.int64)
    person = np.flatnonzero(rng.random(n) < probability)
    start = index.registered[person]
    return _Spells(person, start, np.minimum(start + length[person], index.end[person]))


def _inside(offences: _Offences, spells: _Spells) -> NDArray[np.bool_]:
    """Return which offences fall in a spell; a person's spells do not overlap."""
    if len(spells.person) == 0:
        return np.zeros(len(offences.person), dtype=bool)
    order = np.lexsort((spells.start, spells.person))
    person, start, end = spells.person[order], spells.start[order], spells.end[order]
    scale = 1 << 20
    at = np.searchsorted(person * scale + start, offences.person * scale + offences.day, "right")
    last = np.maximum(at - 1, 0)
    return np.asarray((at > 0) & (person[last] == offences.person) & (offences.day < end[last]))


def draw_careers(
    calibration: Calibration,
    n: int,
    rng: np.random.Generator,
    reference_date: pd.Timestamp | None = None,
) -> Careers:
    """Draw the careers of n traffickers.

    Parameters
    ----------
    calibration
        From :func:`trajectories.rapporteur.calibrate.calibrate`.
    n
        Number of persons; group membership is multinomial, not by quota.
    rng
        Source of chance; the same state gives the same careers.
    reference_date
        End of observation (exclusive: nothing is registered on it); the calibration's own when
        left out. Another one than the calibration's plants other figures than it says.

    Returns
    -------
    Careers
    """
    if reference_date is None:
        reference_date = calibration.reference_date
    reference = np.datetime64(reference_date.date(), "D")
    careers = [calibration.careers[name] for name in calibration.groups]
    group = pick(rng, np.array([calibration.shares[g] for g in calibration.groups]), n)
    age, multiplier = _by_group(group, careers, rng)
    index = draw_index_cases(age, calibration.timing, reference, rng)
    offences = _process(group, multiplier, index, careers, rng)
    short = _short_spells(group, index, offences, careers, rng)
    long = _long_spells(group, index, careers, rng)
    spells = _Spells(
        *(
            np.concatenate([getattr(s, f) for s in (short, long)])
            for f in ("person", "start", "end")
        )
    )
    keep = ~_inside(offences, spells) & (offences.day < index.end[offences.person])
    return _collect(group, index, offences, keep, spells, careers, int(reference.astype(int)), rng)


def _types(
    group: Integers, after: NDArray[np.bool_], careers: list[GroupCareer], rng: np.random.Generator
) -> Integers:
    """Draw the type of each other offence; trafficking only after the index case."""
    table = np.stack([career.types for career in careers])
    before = table.copy()
    before[:, _TRAFFICKING] = 0.0
    edges = np.cumsum(np.stack([before / before.sum(axis=1, keepdims=True), table]), axis=2)
    uniform = rng.random(len(group))
    drawn = (uniform[:, None] >= edges[after.astype(int), group]).sum(axis=1)
    return np.asarray(np.minimum(drawn, len(OFFENCE_TYPES) - 1), dtype=np.int64)


def _collect(
    group: Integers,
    index: IndexCases,
    offences: _Offences,
    keep: NDArray[np.bool_],
    spells: _Spells,
    careers: list[GroupCareer],
    last: int,
    rng: np.random.Generator,
) -> Careers:
    n = len(group)
    other_person, other_day = offences.person[keep], offences.day[keep]
    kind = _types(group[other_person], other_day > index.registered[other_person], careers, rng)
    lag = (rng.random(len(other_person)) * (LONGEST_OTHER_LAG + 1)).astype(np.int64)
    registered = np.minimum(other_day + lag, index.end[other_person] - 1)
    person = np.concatenate([np.arange(n), other_person])
    day = np.concatenate([index.offence, other_day])
    is_index = np.arange(len(person)) < n
    order = np.lexsort((~is_index, day, person))
    spell_order = np.lexsort((spells.start, spells.person))
    ends = spells.end[spell_order].astype("datetime64[D]")
    ends[spells.end[spell_order] >= last] = np.datetime64("NaT", "D")
    return Careers(
        group=group,
        birth_date=index.birth.astype(DAY),
        death_date=index.death,
        emigration_date=index.emigration,
        event_person=person[order],
        event_date=day[order].astype("datetime64[D]"),
        event_type=np.concatenate([np.full(n, _TRAFFICKING), kind])[order],
        event_registration_date=np.concatenate([index.registered, registered])[order].astype(
            "datetime64[D]"
        ),
        event_is_index=is_index[order],
        detention_person=spells.person[spell_order],
        detention_start=spells.start[spell_order].astype("datetime64[D]"),
        detention_end=ends,
    )
