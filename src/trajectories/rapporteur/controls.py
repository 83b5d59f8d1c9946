"""Pools to match from: general offenders with ordinary careers, and persons without a record."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trajectories.rapporteur.calibration import OFFENCE_TYPES, Calibration
from trajectories.rapporteur.cohort import Bools, Cohort, Events, Ints, follow_up_end
from trajectories.simulate.calendar import Dates, at_age, exact_age
from trajectories.simulate.intervals import Intervals

BROAD_SHARE = 0.15
"""Share of a pool that is drawn without regard to the traffickers' sex and birth year."""
EXTRA_OFFENCES = 1.8
"""Mean number of offences after the first, of a general offender observed to age 50."""
DETENTION_CHANCE = 0.12
DETENTION_MEAN_YEARS = 0.25

_TYPE_SHARES = {
    "violent": 0.22,
    "property": 0.36,
    "drugs": 0.10,
    "traffic": 0.17,
    "sexual": 0.02,
    "trafficking": 0.0,
    "other": 0.13,
}
TYPE_SHARES = np.array([_TYPE_SHARES[name] for name in OFFENCE_TYPES])
_GRID = np.linspace(12.0, 80.0, 681)


def _ordinary_curve() -> npt.NDArray[np.float64]:
    """Return the share of an ordinary career that lies before each age of the grid."""
    x = (_GRID - 12.0) / 5.0
    rate = x * np.exp(-x) + 0.02
    cumulative = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2)])
    return np.asarray(cumulative / np.interp(50.0, _GRID, cumulative))


_CUMULATIVE = _ordinary_curve()


def draw_pool(
    calibration: Calibration,
    part: int,
    n: int,
    like: Cohort,
    like_female: Bools,
    rng: np.random.Generator,
) -> Cohort:
    """Draw a pool of controls that overlaps the traffickers in sex and birth year.

    All but ``BROAD_SHARE`` of a pool take sex and birth year of one trafficker, every trafficker
    equally often: 1:1 matching on both is then always possible from a pool of 1.2 times the
    cases or more. The others are spread over the cohorts born between 1950 and 2002.

    Parameters
    ----------
    part
        1 for general offenders, who all have an offence, 2 for persons without any.
    like, like_female
        The traffickers and their sex.
    """
    reference = calibration.reference_date.to_datetime64().astype("datetime64[D]")
    birth, female = _cells(n, like, like_female, rng)
    death, emigration = _leave(birth, reference, rng)
    end = follow_up_end(death, emigration, reference)
    if part == 1:
        events = ordinary_events(birth, end, _numbers(birth, end, rng), reference, rng)
    else:
        events = ordinary_events(birth, end, np.zeros(n, np.int64), reference, rng)
    return Cohort(
        part=part,
        strata=("general_offenders",) if part == 1 else ("non_offenders",),
        stratum=np.zeros(n, np.int64),
        female=female,
        birth=birth,
        death=death,
        emigration=emigration,
        end=end,
        index_date=np.full(n, "NaT", dtype="datetime64[D]"),
        events=events,
        detention=_detention(events, end, rng),
        reference_date=reference,
    )


def ordinary_events(
    birth: Dates, end: Dates, numbers: Ints, reference: np.datetime64, rng: np.random.Generator
) -> Events:
    """Place the given numbers of offences per person along the ordinary age–crime curve."""
    person = np.repeat(np.arange(len(birth)), numbers)
    share = np.interp(exact_age(birth, end) - 0.01, _GRID, _CUMULATIVE)
    age = np.interp(rng.random(len(person)) * share[person], _CUMULATIVE, _GRID)
    date = at_age(birth[person], age)
    kind = rng.choice(len(TYPE_SHARES), size=len(person), p=TYPE_SHARES / TYPE_SHARES.sum())
    registration = registered(date, reference, rng)
    order = np.lexsort((date, person))
    return Events(person[order], date[order], kind[order].astype(np.int64), registration[order])


def registered(date: Dates, reference: np.datetime64, rng: np.random.Generator) -> Dates:
    """Draw when offences were registered: two months later on average, never after the extract."""
    lag = np.floor(rng.exponential(60.0, len(date))).astype("timedelta64[D]")
    return np.asarray(np.minimum(date + lag, reference - np.timedelta64(1, "D")))


def _cells(
    n: int, like: Cohort, like_female: Bools, rng: np.random.Generator
) -> tuple[Dates, Bools]:
    """Draw birth day and sex: in equal numbers like each trafficker, the rest broadly."""
    n_broad = int(n * BROAD_SHARE)
    source = np.arange(n - n_broad) % len(like)
    year = like.birth[source].astype("datetime64[Y]").astype(np.int64) + 1970
    year = np.concatenate([year, rng.integers(1950, 2003, n_broad)])
    female = np.concatenate([like_female[source], rng.random(n_broad) < 0.5])
    first = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return first + rng.integers(0, 365, n).astype("timedelta64[D]"), female


def _leave(birth: Dates, reference: np.datetime64, rng: np.random.Generator) -> tuple[Dates, Dates]:
    """Draw death (1.5 %) and emigration (2.5 %) after age 18; at most one of the two."""
    adult = at_age(birth, 18.0)
    span = np.maximum((reference - adult).astype(np.int64), 1)
    day = adult + np.floor(rng.random(len(birth)) * span).astype("timedelta64[D]")
    u = rng.random(len(birth))
    never = np.datetime64("NaT", "D")
    grown = day < reference
    death = np.where(grown & (u < 0.015), day, never)
    emigration = np.where(grown & (u >= 0.015) & (u < 0.04), day, never)
    return death, emigration


def _numbers(birth: Dates, end: Dates, rng: np.random.Generator) -> Ints:
    """Draw numbers of offences, at least one: Poisson with an exponential personal rate."""
    share = np.interp(exact_age(birth, end), _GRID, _CUMULATIVE)
    mean = EXTRA_OFFENCES * share
    log_more = np.log(mean / (1 + mean))
    uniform = 1.0 - rng.random(len(birth))
    return np.asarray(1 + np.floor(np.log(uniform) / log_more).astype(np.int64))


def _detention(events: Events, end: Dates, rng: np.random.Generator) -> Intervals:
    """Draw short detentions after some registrations, over by the person's next offence."""
    n = len(events)
    length = rng.exponential(DETENTION_MEAN_YEARS * 365, n).clip(7, 540).astype("timedelta64[D]")
    taken = rng.random(n) < DETENTION_CHANCE
    start = np.minimum(events.date + np.timedelta64(1, "D"), end[events.person])
    stop = np.minimum(start + length, end[events.person])
    follows = events.person[1:] == events.person[:-1]
    this_end = end[events.person]
    following = np.append(np.where(follows, events.date[1:], this_end[:-1]), this_end[-1:])
    stop = np.minimum(stop, following)
    whole = Intervals(events.person, start, stop)
    return whole.take(taken & (start < stop))
