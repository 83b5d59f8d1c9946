"""Fixed attributes of persons, drawn by group with the calibration's probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectories.rapporteur.calibration import Calibration
from trajectories.rapporteur.cohort import Bools, Cohort, Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attributes:
    """One yes/no answer per person (row number) and attribute."""

    female: Bools
    migration_background: Bools
    basic_qualification: Bools
    single_parent: Bools
    institution: Bools


def draw_attributes(
    calibration: Calibration, cohort: Cohort, rng: np.random.Generator
) -> Attributes:
    """Draw the attributes, independent of each other and of the career given the group.

    Within a group every attribute is Bernoulli with ``calibration.attributes[name][group]``.
    Among controls they therefore depend neither on birth year nor on sex, so that matching on
    these leaves the planted shares as they are.
    """

    def draw(name: str) -> Bools:
        return by_stratum(calibration, cohort, name, rng.random(len(cohort)))

    female = draw("female") if cohort.female is None else cohort.female
    return Attributes(
        female=female,
        migration_background=draw("migration_background"),
        basic_qualification=draw("basic_qualification"),
        single_parent=draw("single_parent"),
        institution=draw("institution"),
    )


def by_stratum(
    calibration: Calibration, cohort: Cohort, name: str, uniform: Floats, of: Ints | None = None
) -> Bools:
    """Compare uniform numbers with the probability of each person's stratum.

    ``of`` gives the row of the person whose stratum counts; None means row by row.
    """
    shares = np.array([calibration.attributes[name][stratum] for stratum in cohort.strata])
    stratum = cohort.stratum if of is None else cohort.stratum[of]
    return np.asarray(uniform < shares[stratum])
