"""Children: births, which do not depend on offending, and children of others at home."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.errors import TargetError
from trajectories.rapporteur.calibration import Calibration
from trajectories.rapporteur.circumstances import CHILD_AT_HOME, index_offset, planted_effect
from trajectories.rapporteur.cohort import Cohort
from trajectories.rapporteur.levels import IndexAges, chance_at, solve_level, solve_scale
from trajectories.simulate.calendar import at_age, exact_age
from trajectories.simulate.intervals import Intervals

LARGEST_AT_HOME = 0.10
"""Largest share with a non-biological child at home at the index age; else a third of all."""
BIRTH_SHAPE = 1.5
"""Shape of the gamma distribution of the personal birth rate."""
MOST_BIRTHS = 12

_AGES = np.linspace(15.0, 60.0, 451)
_RATE = np.exp(-0.5 * ((_AGES - 28.0) / 6.0) ** 2)
_BEFORE = np.concatenate([[0.0], np.cumsum((_RATE[1:] + _RATE[:-1]) / 2)])
_BEFORE /= _BEFORE[-1]


@dataclass(frozen=True, slots=True)
class ChildPlan:
    """Level of having a non-biological child at home, and scale of the birth rate."""

    at_home_level: float
    birth_scale: float


def plan_children(calibration: Calibration, cohort: Cohort, ages: IndexAges) -> ChildPlan:
    """Find level and scale that give the share with any child at the index age.

    They are planted for the population as a whole: at the same age births are as frequent in every
    group, so that the groups' different ages at first trafficking do not turn into an association
    of children with the career.

    Raises
    ------
    TargetError
        Where the share cannot be reached, or an effect of biological children is asked for.
    """
    if planted_effect(calibration, cohort, "biological_children") != 0.0:
        raise TargetError(
            "targets: effect_biological_children_*: only none (0) can be planted, because births "
            "are drawn independently of offending"
        )
    child = np.array([calibration.attributes["child"][s] for s in ages.strata])
    share = float(child[ages.stratum] @ ages.pooled)
    effect = planted_effect(calibration, cohort, "non_biological_children")
    offset = index_offset(CHILD_AT_HOME, cohort, ages, effect)
    at_home = min(LARGEST_AT_HOME, share / 3.0)
    name = "child_at_trafficking"
    level = solve_level(name, at_home, offset, ages.pooled, CHILD_AT_HOME.spread)
    without = ages.pooled * (1 - chance_at(level, offset, CHILD_AT_HOME.spread))
    hazard = np.interp(ages.age, _AGES, _BEFORE)
    return ChildPlan(level, solve_scale(name, 1 - share, hazard, without, BIRTH_SHAPE))


def draw_births(cohort: Cohort, scale: float, rng: np.random.Generator) -> Intervals:
    """Draw births; a spell as parent starts with each and stays."""
    personal = scale * rng.gamma(BIRTH_SHAPE, 1 / BIRTH_SHAPE, len(cohort))
    until: npt.NDArray[np.float64] = np.interp(exact_age(cohort.birth, cohort.end), _AGES, _BEFORE)
    person = np.repeat(np.arange(len(cohort)), rng.poisson(personal * until).clip(max=MOST_BIRTHS))
    age = np.interp(rng.random(len(person)) * until[person], _BEFORE, _AGES)
    start = at_age(cohort.birth[person], age)
    order = np.lexsort((start, person))
    births = Intervals(person[order], start[order], cohort.end[person[order]])
    return births.take(births.start < births.end)
