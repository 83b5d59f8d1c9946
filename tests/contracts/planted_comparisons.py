"""Matched persons, person-years, periods of scoring and registers with few of some kind."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import lifecourse, matching, profiles, recidivism
from trajectories.errors import TrajectoriesWarning

FACTORS = ["origin", "nearly_all", "amount"]


@cache
def sets() -> matching.MatchedSets:
    """Return 97 of 100 cases matched; three are of a rare origin, four controls lack a factor."""
    rng = np.random.default_rng(41)

    def people(n: int, rare: int, first: int) -> pd.DataFrame:
        origin = np.where(rng.random(n) < 0.5, "north", "south").astype(object)
        origin[5 : 5 + rare] = "rare"
        return pd.DataFrame(
            {
                "person": np.arange(first, first + n),
                "origin": origin,
                "age": rng.integers(20, 40, n).astype(float),
                "amount": rng.lognormal(size=n),
                "nearly_all": np.where(rng.random(n) < 0.5, 1.0, 0.0),
            }
        )

    cases, pool = people(100, 3, 0), people(400, 40, 1000)
    cases.loc[:2, "age"] = 90.0  # nobody is near them
    pool["nearly_all"] = 1.0
    pool.loc[pool.index[::70], "nearly_all"] = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        return matching.match(
            cases, pool, nearest=["age"], caliper={"age": 2.0}, caliper_scale="units", ratio=2
        )


def posterior() -> pd.DataFrame:
    """Return groups that all know well, one of them of eight cases."""
    group = np.where(np.arange(100) % 2, 1, 0)
    group[10:18] = 2
    return pd.DataFrame(0.97 * np.eye(3)[group] + 0.01, columns=[1, 2, 3])


@cache
def years() -> pd.DataFrame:
    """Return ten years of 241 persons; six ever have ``rare``, four have one year only."""
    rng = np.random.default_rng(38)
    n, t = 241, 10  # a prime: no share is one of another table by chance
    person = np.repeat(np.arange(n), t)
    level = rng.normal(size=n)[person]
    job = (rng.random(n * t) < 0.5).astype(float)
    rare = np.where(person < 6, (rng.random(n * t) < 0.5), 0.0).astype(float)
    chance = 1.0 / (1.0 + np.exp(-(level - 0.5 * job)))
    table = pd.DataFrame(
        {
            "person": person,
            "population": np.where(person < 120, "first", "second"),
            "age": np.tile(np.arange(18, 18 + t), n),
            "job": job,
            "rare": rare,
            "offended": (rng.random(n * t) < chance).astype(int),
        }
    )
    return table[~(table["person"].between(50, 53) & (table["age"] > 18))]


@cache
def life() -> dict[str, Any]:
    """Return models of them."""
    asked: dict[str, Any] = {"exposures": ["job", "rare"], "age_df": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrajectoriesWarning)
        return {
            "hybrid": lifecourse.hybrid(years(), **asked),
            "within": lifecourse.within_person(years(), **asked),
            "by": lifecourse.within_person(years(), exposures=["job"], by="population", age_df=1),
            "study": lifecourse.event_study(years(), "rare", before=3, after=2, age_df=1),
            "check": lifecourse.lag_sensitivity(years(), exposures=["job", "rare"], age_df=1),
        }


@cache
def periods(panel: tr.Panel, results: Any) -> profiles.Drift:
    """Return two periods of scoring, of which few of the first were refused."""
    rng = np.random.default_rng(33)
    counts = panel.outcomes.astype(float).copy()
    first, second = counts[::2].copy(), counts[1::2].copy()
    first[:3, 1:] = np.nan  # too short a history
    outcomes = [(rng.random(len(one)) < 0.3).astype(float) for one in (first, second)]
    risks = [pd.Series(rng.uniform(0.1, 0.6, len(one))) for one in (first, second)]
    ages = panel.ages
    tables = [tr.Panel.from_wide(one, ages=ages) for one in (first, second)]
    return profiles.drift(results, *tables, risks=risks, outcomes=outcomes)


@cache
def followed() -> tr.FollowUp:
    """Return follow-up of three samples, one of six persons, with four deaths."""
    rng = np.random.default_rng(34)
    n = 200
    event = (rng.random(n) < 0.4).astype(int)
    event[:4] = 2
    frame = pd.DataFrame(
        {
            "stop": rng.exponential(3.0, n),
            "event": event,
            "place": np.where(np.arange(n) < 6, "c", np.where(np.arange(n) % 2, "a", "b")),
        }
    )
    return tr.FollowUp.from_frame(frame, causes=["new", "death"], covariates=["place"])


def outputs(panel: tr.Panel, results: Any) -> dict[str, list[Callable[[], Any]]]:
    """Return what makes each output, by the name of the method or attribute that does."""
    matched, models = sets(), life()
    asked: dict[str, Any] = {"exposures": ["job", "rare"], "age_df": 1}
    moved = periods(panel, results)
    return {
        "MatchedSets.compare": [lambda: matched.compare(FACTORS)],
        "MatchedSets.compare_by_group": [
            lambda: matched.compare_by_group(["origin", "nearly_all"], posterior())
        ],
        "MatchedSets.rosenbaum_bounds": [lambda: matched.rosenbaum_bounds(FACTORS)],
        "repr of sets": [lambda: repr(matched)],
        "lifecourse.pooled": [lambda: lifecourse.pooled(years(), **asked)],
        "lifecourse.compare_estimators": [lambda: lifecourse.compare_estimators(years(), **asked)],
        "HybridResults.effects": [lambda: models["hybrid"].effects],
        "repr of life": [lambda m=m: repr(m) for m in models.values()],
        "WithinPersonResults.information": [
            lambda m=models[name]: m.information for name in ("within", "by")
        ],
        "EventStudy.estimates": [lambda: models["study"].estimates],
        "Check.estimates": [lambda: models["check"].estimates],
        "Drift.summary": [moved.summary, lambda: repr(moved)],
        "Drift.shares": [lambda: moved.shares],
        "Drift.probabilities": [lambda: moved.probabilities],
        "Drift.stability": [lambda: moved.stability],
        "Drift.refusals": [lambda: moved.refusals],
        "Drift.calibration": [lambda: moved.calibration],
        "SamplesTest.table": [lambda: recidivism.log_rank(followed(), by="place").table],
        "repr of follow-up": [lambda: repr(followed())],
    }
