"""Parents, siblings and partners: persons in the register with records of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.rapporteur.attributes import Attributes, by_stratum
from trajectories.rapporteur.calibration import OFFENCE_TYPES, Calibration
from trajectories.rapporteur.cohort import Bools, Cohort, Events, Ints
from trajectories.rapporteur.controls import ordinary_events, registered
from trajectories.rapporteur.spells import Spells
from trajectories.simulate.calendar import Dates, at_age, exact_age

RELATIONS = ("parent", "sibling", "half_sibling", "partner", "ex_partner")
MEAN_SIBLINGS, MOST_SIBLINGS = 1.6, 6
OTHER_SIBLING_CRIMINAL, OTHER_PARTNER_CRIMINAL = 0.35, 0.30
"""Chance of a record for further siblings and partners of someone who has one with a record."""
FATHER_ONLY, MOTHER_ONLY = 0.70, 0.12
"""Which parent has the record, where one has; else both."""
HALF_SIBLING = (0.12, 0.35)
"""Share of siblings that are half-siblings, without and with a single-parent family."""
MEAN_FURTHER_OFFENCES = 3.0
YOUNGEST = 15.0
"""Age at the reference date of the youngest siblings and partners."""
TRAFFICKING = OFFENCE_TYPES.index("trafficking")


@dataclass(frozen=True, slots=True)
class Relatives:
    """Relatives of a cohort by row number; ``of`` is the row of the index person.

    ``partner`` is the number of the partner in ``Spells``, −1 for all others.
    """

    of: Ints
    relation: Ints
    female: Bools
    birth: Dates
    death: Dates
    criminal: Bools
    partner: Ints
    attributes: Attributes
    events: Events


def draw_relatives(
    calibration: Calibration,
    cohort: Cohort,
    attributes: Attributes,
    spells: Spells,
    rng: np.random.Generator,
) -> Relatives:
    """Draw the relatives, with a record for a parent, sibling or partner as planted jointly."""
    cell = _environment(calibration, cohort, rng)
    mother_age = rng.normal(27.0, 5.0, len(cohort)).clip(17.0, 44.0)
    parents = _parents(cohort, mother_age, cell[:, 0], rng)
    siblings = _siblings(cohort, attributes, mother_age, cell[:, 1], rng)
    partners = _partners(cohort, attributes, spells, cell[:, 2], rng)
    of, relation, female, birth, criminal, number = (
        np.concatenate(column) for column in zip(parents, siblings, partners, strict=True)
    )
    death = _deaths(birth, criminal, relation, cohort.birth[of], cohort.reference_date, rng)
    own = _attributes(attributes, of, relation, female, rng)
    uniform = rng.random(len(of))
    as_sibling = by_stratum(calibration, cohort, "trafficking_sibling", uniform, of)
    as_partner = by_stratum(calibration, cohort, "trafficking_partner", uniform, of)
    trafficks = np.where(
        relation >= 3, as_partner, ((relation == 1) | (relation == 2)) & as_sibling
    )
    end = np.fmin(death, cohort.reference_date)
    numbers = np.where(criminal, rng.geometric(1 / (1 + MEAN_FURTHER_OFFENCES), len(of)), 0)
    events = ordinary_events(birth, end, numbers, cohort.reference_date, rng)
    events = _with_trafficking(events, criminal & trafficks, birth, end, cohort, rng)
    return Relatives(of, relation, female, birth, death, criminal, number, own, events)


Ages = npt.NDArray[np.float64]
_Columns = tuple[Ints, Ints, Bools, Dates, Bools, Ints]


def _environment(calibration: Calibration, cohort: Cohort, rng: np.random.Generator) -> Bools:
    """Draw (n, 3): has a parent, a sibling, a partner with a record."""
    tables = np.array([np.ravel(calibration.environment_patterns[s]) for s in cohort.strata])
    edges = np.cumsum(tables, axis=1)[:, :-1]
    cell = (rng.random(len(cohort))[:, None] >= edges[cohort.stratum]).sum(axis=1)
    return np.stack([cell >= 4, (cell // 2) % 2 == 1, cell % 2 == 1], axis=1)


def _parents(
    cohort: Cohort, mother_age: Ages, criminal: Bools, rng: np.random.Generator
) -> _Columns:
    """Draw mother and father of everyone."""
    n = len(cohort)
    father_age = (mother_age + rng.normal(3.0, 4.0, n)).clip(17.0, 60.0)
    which = rng.random(n)
    father = criminal & ~((which >= FATHER_ONLY) & (which < FATHER_ONLY + MOTHER_ONLY))
    mother = criminal & (which >= FATHER_ONLY)
    return (
        np.tile(np.arange(n), 2),
        np.zeros(2 * n, np.int64),
        np.repeat([True, False], n),
        at_age(np.tile(cohort.birth, 2), -np.concatenate([mother_age, father_age])),
        np.concatenate([mother, father]),
        np.full(2 * n, -1),
    )


def _siblings(
    cohort: Cohort,
    attributes: Attributes,
    mother_age: Ages,
    criminal: Bools,
    rng: np.random.Generator,
) -> _Columns:
    """Draw siblings and half-siblings: at least one for whoever has one with a record."""
    numbers = rng.poisson(MEAN_SIBLINGS, len(cohort)).clip(criminal.astype(int), MOST_SIBLINGS)
    of, nth = _members(numbers)
    n = len(of)
    half = rng.random(n) < np.where(attributes.single_parent[of], HALF_SIBLING[1], HALF_SIBLING[0])
    gap = rng.uniform(1.0, 10.0, n) * np.where(half, 1.5, 1.0) * rng.choice([-1.0, 1.0], n)
    at_birth = mother_age[of] + gap
    gap = np.where((at_birth < 15.5) | (at_birth > 45.0), -gap, gap)
    has_record = criminal[of] & ((nth == 0) | (rng.random(n) < OTHER_SIBLING_CRIMINAL))
    birth = _old_enough(at_age(cohort.birth[of], gap), cohort.reference_date)
    relation = np.where(half, 2, 1)
    return of, relation, rng.random(n) < 0.5, birth, has_record, np.full(n, -1)


def _partners(
    cohort: Cohort,
    attributes: Attributes,
    spells: Spells,
    criminal: Bools,
    rng: np.random.Generator,
) -> _Columns:
    """Draw the persons behind the partner spells.

    Who has a partner with a record but never lived with one has an ex-partner without a spell.
    """
    known = np.bincount(spells.partner_person, minlength=len(cohort))
    without = np.flatnonzero(criminal & (known == 0))
    number = np.concatenate([np.arange(len(spells.partner_person)), np.full(len(without), -1)])
    of = np.concatenate([spells.partner_person, without])
    nth = np.concatenate([_members(known)[1], np.zeros(len(without), np.int64)])
    chosen = np.floor(rng.random(len(cohort)) * np.maximum(known, 1)).astype(np.int64)
    n = len(of)
    also = rng.random(n) < OTHER_PARTNER_CRIMINAL
    has_record = criminal[of] & ((nth == chosen[of]) | also)
    female = np.where(rng.random(n) < 0.96, ~attributes.female[of], attributes.female[of])
    older = np.where(female, -2.0, 2.0)
    birth = at_age(cohort.birth[of], -rng.normal(older, 3.5).clip(-9.0, 12.0))
    sixteen = at_age(spells.partner_since, -16.0)
    birth[: len(sixteen)] = np.minimum(birth[: len(sixteen)], sixteen)
    birth = _old_enough(birth, cohort.reference_date)
    current = np.concatenate([spells.partner_current, np.zeros(len(without), dtype=bool)])
    return of, np.where(current, 3, 4), female, birth, has_record, number


def _members(numbers: Ints) -> tuple[Ints, Ints]:
    """Return owner and position within the owner, for owners with the given numbers of members."""
    owner = np.repeat(np.arange(len(numbers)), numbers)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(numbers) - numbers, numbers)


def _old_enough(birth: Dates, reference: np.datetime64) -> Dates:
    return np.asarray(np.minimum(birth, reference - np.timedelta64(int(YOUNGEST * 365.25), "D")))


def _deaths(
    birth: Dates,
    criminal: Bools,
    relation: Ints,
    child_birth: Dates,
    reference: np.datetime64,
    rng: np.random.Generator,
) -> Dates:
    """Draw deaths before the reference date, with Gompertz hazard 0.00004·exp(0.095·age).

    Parents live to the child's birth, persons with a record to 20, and partners to the reference
    date, so that nobody lives with someone who has died.
    """
    age = np.log1p(-np.log1p(-rng.random(len(birth))) * 0.095 / 0.00004) / 0.095
    least = np.where(relation == 0, exact_age(birth, child_birth), 0.0)
    least = np.maximum(least, np.where(criminal, 20.0, 0.0))
    death = at_age(birth, np.maximum(age, least + 0.01))
    return np.where((death < reference) & (relation < 3), death, np.datetime64("NaT", "D"))


def _attributes(
    family: Attributes, of: Ints, relation: Ints, female: Bools, rng: np.random.Generator
) -> Attributes:
    """Draw attributes of relatives: parents and siblings share the index person's background."""
    n = len(of)
    uniform: npt.NDArray[np.float64] = rng.random((4, n))
    same = (relation < 3) | (uniform[0] < 0.5)
    raised_together = (relation == 1) | (relation == 2)
    return Attributes(
        female=female,
        migration_background=np.where(same, family.migration_background[of], uniform[0] < 0.65),
        basic_qualification=uniform[1] < 0.55,
        single_parent=np.where(raised_together, family.single_parent[of], uniform[2] < 0.25),
        institution=uniform[3] < 0.06,
    )


def _with_trafficking(
    events: Events,
    who: Bools,
    birth: Dates,
    end: Dates,
    cohort: Cohort,
    rng: np.random.Generator,
) -> Events:
    """Add one trafficking offence, between 18 (or younger, at the end) and 40, for those chosen."""
    person = np.flatnonzero(who)
    oldest = exact_age(birth[person], end[person]) - 0.01
    latest = np.minimum(oldest, 40.0)
    earliest = np.minimum(18.0, latest - 1.0)
    date = at_age(birth[person], rng.uniform(earliest, latest))
    person = np.concatenate([events.person, person])
    registration = registered(date, cohort.reference_date, rng)
    date = np.concatenate([events.date, date])
    kind = np.concatenate([events.kind, np.full(len(date) - len(events), TRAFFICKING)])
    registration = np.concatenate([events.registration, registration])
    order = np.lexsort((date, person))
    return Events(person[order], date[order], kind[order], registration[order])
