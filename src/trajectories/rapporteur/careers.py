"""Draw the careers of traffickers from a calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trajectories.rapporteur.calibration import Calibration

Dates = NDArray[np.datetime64]
Integers = NDArray[np.int64]


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
        One entry per spell, end exclusive; NaT for an end after the reference date.
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


def draw_careers(
    calibration: Calibration,
    n: int,
    rng: np.random.Generator,
    reference_date: pd.Timestamp | None = None,
) -> Careers:
    """Draw n careers."""
    raise NotImplementedError
