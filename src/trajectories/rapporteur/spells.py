"""Spells of an index person: work, partner, children, education, home, income, detention.

Only index persons (traffickers and the two pools) have spells; relatives have none. A year's
state holds from birthday to birthday, and years that follow each other with the same state make
one spell. Detention is cut out of spells of work, education and income: a year that was partly
free keeps its state on the free days, and a year without a free day has none, so an analysis of
what work does must leave such years out. Living together, an address in the parental home and
being a parent go on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.errors import TargetError
from trajectories.rapporteur.calibration import FIRST_CELL, Calibration
from trajectories.rapporteur.circumstances import (
    CONTROL_INDEX_AGE,
    Years,
    child_shares,
    draw_years,
    planted_effect,
)
from trajectories.rapporteur.cohort import Bools, Cohort, Ints
from trajectories.rapporteur.levels import solve_levels, solve_scale
from trajectories.simulate.calendar import Dates, at_age, birthdays, exact_age
from trajectories.simulate.intervals import Intervals, runs, subtract

SPELL_TYPES = (
    "job",
    "partner",
    "biological_child",
    "non_biological_child_at_home",
    "education",
    "parental_home",
    "welfare_or_no_income",
    "detention",
)
NEW_PARTNER_CHANCE = 0.6
"""Chance that a later spell with a partner is with someone new."""
SCHOOL_AGE = 4
LEAVING_SCHOOL_SPREAD, LEAVING_HOME_SPREAD = 2.0, 3.0
"""Scale of the logistic distribution of the ages at leaving, years."""
BIRTH_SHAPE = 1.5
"""Shape of the gamma distribution of the personal birth rate."""

_AGES = np.linspace(15.0, 60.0, 451)
_BIRTHS = np.exp(-0.5 * ((_AGES - 28.0) / 6.0) ** 2)
_BIRTHS_BEFORE = np.concatenate([[0.0], np.cumsum((_BIRTHS[1:] + _BIRTHS[:-1]) / 2)])
_BIRTHS_BEFORE /= _BIRTHS_BEFORE[-1]


@dataclass(frozen=True, slots=True)
class Spells:
    """All spells of a cohort: intervals, code of type, and partner (number, −1: none).

    ``Intervals.end`` is the end of follow-up for a spell that is still going on. Partners are
    numbered per cohort in order of person; ``partner_person`` has each one's index person,
    ``partner_since`` the first day together and ``partner_current`` whether they live together
    when follow-up ends.
    """

    interval: Intervals
    kind: Ints
    partner: Ints
    partner_person: Ints
    partner_since: Dates
    partner_current: Bools


def draw_spells(calibration: Calibration, cohort: Cohort, rng: np.random.Generator) -> Spells:
    """Draw the spells of a cohort given its offences and detention."""
    years = draw_years(calibration, cohort, rng)
    living_together = _spells_of_years(cohort, years.partner)
    partner = _number_partners(living_together.person, rng)
    free = _free_of_detention(calibration, cohort, years, rng)
    parts = [
        (0, free[0]),
        (1, living_together),
        (2, _births(calibration, cohort, rng)),
        (3, _spells_of_years(cohort, years.child_at_home)),
        (4, free[1]),
        (5, _leave(calibration, cohort, "lives_at_home", 0, LEAVING_HOME_SPREAD, rng)),
        (6, free[2]),
        (7, cohort.detention),
    ]
    number = [partner if kind == 1 else np.full(len(part), -1) for kind, part in parts]
    n_partners = int(partner.max(initial=-1)) + 1
    owner = np.zeros(n_partners, np.int64)
    owner[partner] = living_together.person
    current = np.zeros(n_partners, dtype=bool)
    current[partner] = living_together.end >= cohort.end[living_together.person]
    first = np.diff(partner, prepend=-1) > 0
    return Spells(
        interval=Intervals(
            np.concatenate([part.person for _, part in parts]),
            np.concatenate([part.start for _, part in parts]),
            np.concatenate([part.end for _, part in parts]),
        ),
        kind=np.repeat([kind for kind, _ in parts], [len(part) for _, part in parts]),
        partner=np.concatenate(number),
        partner_person=owner,
        partner_since=living_together.start[first],
        partner_current=current,
    )


def _free_of_detention(
    calibration: Calibration, cohort: Cohort, years: Years, rng: np.random.Generator
) -> list[Intervals]:
    """Return the spells of work, education and income, without the days in detention."""
    whole = [
        _spells_of_years(cohort, years.job),
        _leave(calibration, cohort, "in_education", SCHOOL_AGE, LEAVING_SCHOOL_SPREAD, rng),
        _spells_of_years(cohort, years.welfare),
    ]
    return [subtract(part, cohort.detention) for part in whole]


def _spells_of_years(cohort: Cohort, state: Bools) -> Intervals:
    """Merge the age-years with a state to spells, cut at the end of follow-up."""
    person, first, stop = runs(state)
    birth = cohort.birth[person]
    start = birthdays(birth, FIRST_CELL + first)
    end = np.minimum(birthdays(birth, FIRST_CELL + stop), cohort.end[person])
    spells = Intervals(person, start, end)
    return spells.take(start < end)


def _number_partners(person: Ints, rng: np.random.Generator) -> Ints:
    """Give partners numbers in order of person; a later spell is with the last one or a new one."""
    new = rng.random(len(person)) < NEW_PARTNER_CHANCE
    new[:1] = True
    new[1:] |= person[1:] != person[:-1]
    return np.asarray(np.cumsum(new) - 1)


def _age_at_index(cohort: Cohort) -> npt.NDArray[np.float64]:
    if cohort.is_index_population:
        return exact_age(cohort.birth, cohort.index_date)
    return np.full(len(cohort), float(CONTROL_INDEX_AGE))


def _leave(
    calibration: Calibration,
    cohort: Cohort,
    name: str,
    from_age: int,
    spread: float,
    rng: np.random.Generator,
) -> Intervals:
    """Draw one spell from an age on until leaving at a logistic age, set by the share at index."""
    shares = np.array([calibration.attributes[name][s] for s in cohort.strata])
    offset = -_age_at_index(cohort) / spread
    levels = solve_levels(name, cohort.strata, shares, cohort.stratum, offset, 0.0)
    leaving = spread * (levels[cohort.stratum] + rng.logistic(size=len(cohort)))
    start = birthdays(cohort.birth, from_age)
    end = at_age(cohort.birth, np.clip(leaving, FIRST_CELL, 100.0))
    spells = Intervals(np.arange(len(cohort)), start, np.minimum(end, cohort.end))
    return spells.take(spells.start < spells.end)


def _births(calibration: Calibration, cohort: Cohort, rng: np.random.Generator) -> Intervals:
    """Draw births, independent of offending; a spell as parent starts with each and stays.

    Age for age they are as frequent in every group, so that the groups' different ages at first
    trafficking do not turn into an association of children with the career.
    """
    if planted_effect(calibration, cohort, "biological_children") != 0.0:
        raise TargetError(
            "effect_biological_children_*: only 'none' (0) can be planted, because births are "
            "drawn independently of offending"
        )
    before_index = np.interp(_age_at_index(cohort), _AGES, _BIRTHS_BEFORE)
    share = child_shares(calibration, cohort)[0]
    scale = solve_scale(share, before_index, BIRTH_SHAPE, "a biological child")
    personal = scale * rng.gamma(BIRTH_SHAPE, 1 / BIRTH_SHAPE, len(cohort))
    until = np.interp(exact_age(cohort.birth, cohort.end), _AGES, _BIRTHS_BEFORE)
    person = np.repeat(np.arange(len(cohort)), rng.poisson(personal * until).clip(max=12))
    age = np.interp(rng.random(len(person)) * until[person], _BIRTHS_BEFORE, _AGES)
    start = at_age(cohort.birth[person], age)
    order = np.lexsort((start, person))
    births = Intervals(person[order], start[order], cohort.end[person[order]])
    return births.take(births.start < births.end)
