"""The persons of one population, as arrays, while a synthetic register is being made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.rapporteur.calibration import FIRST_CELL
from trajectories.simulate.calendar import Dates, age_in_years
from trajectories.simulate.intervals import Intervals

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PARTS = ("domestic_sex_traffickers", "general_offenders", "non_offenders")
"""Index populations; a part's number is in its random streams and identifiers."""


@dataclass(frozen=True, slots=True)
class Events:
    """Registered offences: person (row number), day, code of type, day of registration."""

    person: Ints
    date: Dates
    kind: Ints
    registration: Dates

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Persons of one population by row number.

    Attributes
    ----------
    part
        Position in ``PARTS``.
    strata, stratum
        Names of the sets of persons for which the calibration holds probabilities (trajectory
        groups, or the population itself), and each person's position among them.
    female
        Sex, for controls; None where it is still to be drawn.
    birth, death, emigration, end
        Days; NaT where it did not happen. ``end`` is the first day that is not observed:
        death, emigration or reference date.
    index_date
        Day of the first trafficking offence; NaT for all others.
    """

    part: int
    strata: tuple[str, ...]
    stratum: Ints
    female: Bools | None
    birth: Dates
    death: Dates
    emigration: Dates
    end: Dates
    index_date: Dates
    events: Events
    detention: Intervals
    reference_date: np.datetime64

    def __len__(self) -> int:
        return len(self.birth)

    @property
    def is_index_population(self) -> bool:
        """Whether these are the traffickers."""
        return self.part == 0


def offended_by_age(cohort: Cohort) -> Bools:
    """Return, per person and age-year from ``FIRST_CELL`` on, whether an offence lies in it."""
    last = int(age_in_years(cohort.birth, cohort.end).max(initial=FIRST_CELL))
    offended = np.zeros((len(cohort), last - FIRST_CELL + 1), dtype=bool)
    events = cohort.events
    cell = age_in_years(cohort.birth[events.person], events.date) - FIRST_CELL
    offended[events.person[cell >= 0], cell[cell >= 0]] = True
    return offended


def follow_up_end(death: Dates, emigration: Dates, reference_date: np.datetime64) -> Dates:
    """Return the earliest of death, emigration and reference date."""
    return np.asarray(np.fmin(np.fmin(death, emigration), reference_date))


def stream(seed: int, part: int, task: int) -> np.random.Generator:
    """Return the random stream of one task for one part; no other part or task changes it."""
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(part, task)))
