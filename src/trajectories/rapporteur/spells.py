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

from trajectories.rapporteur.calibration import FIRST_CELL, Calibration
from trajectories.rapporteur.children import draw_births, plan_children
from trajectories.rapporteur.circumstances import Years, draw_years
from trajectories.rapporteur.cohort import Bools, Cohort, Ints
from trajectories.rapporteur.levels import IndexAges, index_ages, solve_levels
from trajectories.simulate.calendar import Dates, at_age, birthdays
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
    ages = index_ages(calibration, cohort)
    children = plan_children(calibration, cohort, ages)
    years = draw_years(calibration, cohort, ages, children.at_home_level, rng)
    living_together = _spells_of_years(cohort, years.partner)
    partner = _number_partners(living_together.person, rng)
    free = _free_of_detention(calibration, cohort, ages, years, rng)
    parts = [
        (0, free[0]),
        (1, living_together),
        (2, draw_births(cohort, children.birth_scale, rng)),
        (3, _spells_of_years(cohort, years.child_at_home)),
        (4, free[1]),
        (5, _leave(calibration, cohort, ages, "lives_at_home", 0, LEAVING_HOME_SPREAD, rng)),
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
    calibration: Calibration,
    cohort: Cohort,
    ages: IndexAges,
    years: Years,
    rng: np.random.Generator,
) -> list[Intervals]:
    """Return the spells of work, education and income, without the days in detention."""
    whole = [
        _spells_of_years(cohort, years.job),
        _leave(calibration, cohort, ages, "in_education", SCHOOL_AGE, LEAVING_SCHOOL_SPREAD, rng),
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


def _leave(
    calibration: Calibration,
    cohort: Cohort,
    ages: IndexAges,
    name: str,
    from_age: int,
    spread: float,
    rng: np.random.Generator,
) -> Intervals:
    """Draw one spell from an age on until leaving at a logistic age, set by the share at index."""
    shares = np.array([calibration.attributes[name][s] for s in cohort.strata])
    levels = solve_levels(name, ages, shares, -ages.age / spread, 0.0)
    leaving = spread * (levels[cohort.stratum] + rng.logistic(size=len(cohort)))
    start = birthdays(cohort.birth, from_age)
    end = at_age(cohort.birth, np.clip(leaving, FIRST_CELL, 100.0))
    spells = Intervals(np.arange(len(cohort)), start, np.minimum(end, cohort.end))
    return spells.take(spells.start < spells.end)
