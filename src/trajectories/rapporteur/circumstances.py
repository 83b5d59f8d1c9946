"""Life circumstances by age-year, drawn given whether the person offended in that year.

In each age-year t (birthday to birthday) of person i, with ``y`` = 1 if any offence lies in it,

    logit P(x[i, t] = 1 | y) = level + shape(age) + u[i] + effect · y[i, t],    u[i] ~ N(0, spread²)

independently over years and circumstances given y and u. An odds ratio is the same whichever of
the two variables it is read from, so ``effect`` is also the within-person log-odds ratio of
offending, and the careers, drawn first, stay exactly what they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from trajectories.rapporteur.calibration import FIRST_CELL, Calibration
from trajectories.rapporteur.cohort import Bools, Cohort, offended_by_age
from trajectories.rapporteur.levels import IndexAges, solve_level, solve_levels
from trajectories.simulate.calendar import age_in_years

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Circumstance:
    """How common a circumstance is by age: none before ``first_age``, then rising to its level.

    ``shape(age) = −depth · exp(−(age − first_age)/pace)``; ``spread`` is the standard deviation
    of the personal effect, which makes a person's years alike.
    """

    first_age: int
    depth: float
    pace: float
    spread: float

    def shape(self, age: npt.ArrayLike) -> Array:
        """Return the log-odds relative to the level; −inf before the first age."""
        years = np.asarray(age, float) - self.first_age
        rising = -self.depth * np.exp(-np.maximum(years, 0.0) / self.pace)
        return np.where(years < 0, -np.inf, rising)


JOB = Circumstance(first_age=FIRST_CELL, depth=8.0, pace=1.6, spread=1.8)
PARTNER = Circumstance(first_age=16, depth=2.5, pace=4.0, spread=2.2)
CHILD_AT_HOME = Circumstance(first_age=17, depth=1.5, pace=4.0, spread=2.0)
WELFARE = Circumstance(first_age=FIRST_CELL, depth=0.0, pace=1.0, spread=1.5)

PARTNER_SHARES = (0.35, 0.50, 0.60)
"""Share living with a partner at the index age: traffickers, general and non-offenders."""
MOST_WELFARE_WITHOUT_JOB = 0.97


@dataclass(frozen=True, slots=True)
class Years:
    """(n, A) states by age-year from ``FIRST_CELL`` on; False in years not observed at all."""

    observed: Bools
    job: Bools
    partner: Bools
    child_at_home: Bools
    welfare: Bools


def index_offset(kind: Circumstance, cohort: Cohort, ages: IndexAges, effect: float) -> Array:
    """Return what is added to the level at the index age, in which traffickers offended."""
    return np.asarray(kind.shape(ages.cell) + effect * cohort.is_index_population)


def draw_years(
    calibration: Calibration,
    cohort: Cohort,
    ages: IndexAges,
    at_home_level: float,
    rng: np.random.Generator,
) -> Years:
    """Draw the states of every age-year up to the end of follow-up."""
    offended = offended_by_age(cohort)
    age = FIRST_CELL + np.arange(offended.shape[1])
    observed = age[None, :] <= age_in_years(cohort.birth, cohort.end)[:, None]
    wanted = {
        name: np.array([calibration.attributes[name][s] for s in cohort.strata])
        for name in ("job", "welfare_or_no_income")
    }

    def draw(kind: Circumstance, level: Array, effect: float) -> Bools:
        personal = kind.spread * rng.standard_normal(len(cohort))
        logit = (level[cohort.stratum] + personal)[:, None] + kind.shape(age)
        chance = expit(logit + effect * offended)
        return np.asarray((rng.random(offended.shape) < chance) & observed)

    def levels(name: str, kind: Circumstance, shares: Array, effect: float) -> Array:
        offset = index_offset(kind, cohort, ages, effect)
        return solve_levels(name, ages, shares, offset, kind.spread)

    effect = planted_effect(calibration, cohort, "job")
    job = draw(JOB, levels("job_at_trafficking", JOB, wanted["job"], effect), effect)

    effect = planted_effect(calibration, cohort, "partner")
    offset = index_offset(PARTNER, cohort, ages, effect)
    share = PARTNER_SHARES[cohort.part]
    alike = np.ones(len(cohort.strata))  # one level for all groups
    level = solve_level("partner", share, offset, ages.pooled, PARTNER.spread)
    partner = draw(PARTNER, level * alike, effect)

    effect = planted_effect(calibration, cohort, "non_biological_children")
    child = draw(CHILD_AT_HOME, at_home_level * alike, effect)

    jobless, with_job = split_welfare(wanted["welfare_or_no_income"], wanted["job"])
    welfare = draw(WELFARE, levels("welfare_or_no_income", WELFARE, jobless, 0.0), 0.0) & ~job
    topped_up = rng.random(offended.shape) < with_job[cohort.stratum][:, None]
    return Years(observed, job, partner, child, welfare | (job & topped_up))


def split_welfare(welfare: Array, job: Array) -> tuple[Array, Array]:
    """Split a share on welfare or without income over persons without and with a job.

    With a job it is 0 wherever possible: who has a job lives on welfare only if the planted
    shares of both leave no other way. Returns the two conditional shares.
    """
    without = np.minimum(welfare / np.maximum(1.0 - job, 1e-12), MOST_WELFARE_WITHOUT_JOB)
    rest = (welfare - without * (1.0 - job)) / np.maximum(job, 1e-12)
    return without, np.clip(rest, 0.0, 1.0)


def planted_effect(calibration: Calibration, cohort: Cohort, name: str) -> float:
    """Return the planted log-odds of a circumstance for a population; 0 where none is planted."""
    population = ("traffickers", "general_offenders", "non_offenders")[cohort.part]
    return float(calibration.effects.get(f"effect_{name}_{population}", 0.0))
