"""Draw the index case of each trafficker: birth, offence, registration, end of follow-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trajectories.rapporteur.calibration import Timing, Vector

Dates = NDArray[np.datetime64]
Integers = NDArray[np.int64]
DAY = "datetime64[D]"
YEAR = 365.2425


@dataclass(frozen=True)
class IndexCases:
    """The index case of each person, in days since 1970."""

    birth: Integers
    offence: Integers
    registered: Integers
    end: Integers
    death: Dates
    emigration: Dates


def pick(rng: np.random.Generator, probability: Vector, n: int) -> Integers:
    """Return n draws from 0, 1, … with the given probabilities."""
    edges = np.cumsum(probability)
    drawn = np.searchsorted(edges, rng.random(n) * edges[-1], side="right")
    return np.asarray(np.minimum(drawn, len(edges) - 1), dtype=np.int64)


def draw_index_cases(
    age: Vector, timing: Timing, reference: np.datetime64, rng: np.random.Generator
) -> IndexCases:
    """Draw the calendar of n index cases at the given ages (years) at the offence.

    The registration is drawn first and everything else counted back from it, so that the age at
    the offence and the time to the reference date are independent.
    """
    n = len(age)
    years = np.asarray(timing.registration_years)[pick(rng, timing.registration_weights, n)]
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    length = ((years - 1969).astype("datetime64[Y]").astype("datetime64[D]") - first).astype(int)
    registered = first.astype(np.int64) + (rng.random(n) * length).astype(np.int64)
    # At least a day, so that the offence never falls in the detention that starts on registration.
    lag = 1 + np.floor(rng.random(n) * timing.longest_lag * YEAR).astype(np.int64)
    offence = registered - lag
    birth = (offence - np.floor(age * YEAR).astype(np.int64)).astype("datetime64[D]")
    month = birth.astype("datetime64[M]")
    is_leap_day = (month.astype(int) % 12 == 1) & ((birth - month).astype(int) == 28)
    birth = birth - is_leap_day.astype("timedelta64[D]")
    last = int(reference.astype("datetime64[D]").astype(np.int64))
    cause = rng.random(n)
    leaves = cause < timing.death + timing.emigration
    span = np.where(leaves, rng.random(n), 1.0) * (last - registered)
    end = registered + np.maximum(np.rint(span).astype(np.int64), 1)
    gone = leaves & (end < last)
    day = end.astype("datetime64[D]")
    never = np.datetime64("NaT", "D")
    dies = gone & (cause < timing.death)
    return IndexCases(
        birth=birth.astype(np.int64),
        offence=offence,
        registered=registered,
        end=end,
        death=np.where(dies, day, never),
        emigration=np.where(gone & ~dies, day, never),
    )
