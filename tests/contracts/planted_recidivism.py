"""Follow-ups in which few persons have some value of a covariate and the event."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import recidivism
from trajectories.errors import DegenerateSolutionWarning

N = 500


@cache
def follow_ups() -> dict[str, tr.FollowUp]:
    """Return first events, repeated ones, and a follow-up with few events at all."""
    rng = np.random.default_rng(8)
    place = rng.choice(["a", "b"], N).astype(object)
    place[:7] = "c"
    flag = (rng.random(N) < 0.3).astype(float)
    time = rng.exponential(np.where(place == "a", 3.0, 5.0))
    other = rng.exponential(9.0, N)
    # of those with the flag four meet the event, which is fewer than have the flag
    time[flag == 1.0] = 50.0
    other[flag == 1.0] = 60.0
    time[np.flatnonzero(flag == 1.0)[:4]] = [1.51, 1.52, 1.53, 1.54]
    end = rng.uniform(3.0, 5.0, N)
    frame = pd.DataFrame(
        {
            "stop": np.minimum(np.minimum(time, other), end),
            "event": np.select([(time < end) & (time < other), other < end], [1, 2], 0),
            "place": place,
            "flag": flag,
            "x": rng.normal(size=N),
            "sex": rng.choice(["man", "woman"], N),
            "year": rng.choice(["first", "second"], N),
        }
    )
    covariates = ["place", "flag", "x", "sex"]
    again = frame.loc[frame.index.repeat(2)].reset_index(drop=True)
    again["person"] = np.repeat(np.arange(N), 2)
    again["start"] = np.where(again.index % 2, again["stop"], 0.0)
    again["stop"] = np.where(again.index % 2, again["stop"] + 1.0, again["stop"])
    again["event"] = np.where(
        again.index % 2, (rng.random(2 * N) < 0.2) & (again["flag"] == 0), again["event"] == 1
    )
    few = frame.assign(event=((frame["event"] == 1) & (frame.index > N - 12)).astype(int))
    read = tr.FollowUp.from_frame
    return {
        "first": read(frame, causes=["new", "death"], covariates=covariates),
        "by year": read(frame, causes=["new", "death"], covariates=covariates, stratum="year"),
        "repeated": read(again, person="person", start="start", covariates=covariates),
        "few": read(few, covariates=["x"]),
    }


@cache
def models() -> dict[str, Any]:
    """Return models of recidivism fitted to them."""
    with warnings.catch_warnings():
        # of few events the share that meets them in the end has no good estimate
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        return _fitted(follow_ups())


def _fitted(has: dict[str, tr.FollowUp]) -> dict[str, Any]:
    return {
        "cox": recidivism.cox(has["first"]),
        "by year": recidivism.cox(has["by year"]),
        "fine gray": recidivism.fine_gray(has["first"]),
        "repeated": recidivism.andersen_gill(has["repeated"]),
        "few": recidivism.cox(has["few"]),
        "time": recidivism.parametric(
            has["first"], time=["place", "flag", "x", "sex"], share=["flag", "sex"]
        ),
        "few time": recidivism.parametric(has["few"], time=["x"]),
        "rates": recidivism.rate_regression(has["repeated"]),
        "split": recidivism.split_population(has["few"], distributions=["exponential", "weibull"]),
    }


def profiles() -> pd.DataFrame:
    """Return a profile each of the value of few, of the two others, and of nobody's."""
    return pd.DataFrame(
        {"place": list("abca"), "flag": [0.0, 0.0, 0.0, 1.0], "x": 0.0, "sex": "woman"}
    )


def outputs() -> dict[str, list[Callable[[], Any]]]:
    """Return what makes each output, by the name of the method that does."""
    has = models()
    cox = [has[name] for name in ("cox", "by year", "fine gray", "repeated", "few")]
    time = [has["time"], has["few time"]]
    at = [0.5, 1.0, 1.05, 2.0]
    return {
        "CoxResults.table": [one.table for one in cox],
        "CoxResults.summary": [*(one.summary for one in cox), lambda: repr(has["few"])],
        "CoxResults.survival": [
            lambda: has["by year"].survival(profiles()),
            lambda: has["few"].survival(profiles()[["x"]]),
        ],
        "survival at times": [lambda: has["cox"].survival(profiles(), times=at)],
        "ParametricResults.table": [one.table for one in time],
        "ParametricResults.summary": [one.summary for one in time],
        "ParametricResults.survival": [
            lambda: has["time"].survival(profiles(), times=at),
            lambda: has["few time"].survival(profiles()[["x"]], times=at),
        ],
        "RateResults.table": [has["rates"].table],
        "RateResults.summary": [has["rates"].summary],
        "SplitPopulation.table": [lambda: has["split"].table],
        "SplitPopulation.summary": [has["split"].summary, lambda: repr(has["split"])],
    }
