"""Options of the recidivism estimators: what is asked is what is done, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import recidivism
from trajectories.errors import DegenerateSolutionWarning, InputError

N = 60


def table(event: str = "crime") -> pd.DataFrame:
    """Return first events of 60 persons, with deaths that compete."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "stop": rng.exponential(3, N) + 0.1,
            "event": rng.choice(["no", event, "death"], N, p=[0.3, 0.5, 0.2]),
            "x": rng.normal(size=N),
            "g": rng.choice(["a", "b"], N),
            "potential": 30.0,
        }
    )


def followed(event: str = "crime") -> tr.FollowUp:
    """Return these events as a follow-up."""
    return tr.FollowUp.from_frame(
        table(event),
        "stop",
        "event",
        causes=[event, "death"],
        censored="no",
        covariates=["x", "g"],
        potential="potential",
    )


POSTERIOR = pd.DataFrame({1: np.linspace(0.1, 0.9, N), 2: np.linspace(0.9, 0.1, N)})
Ask = Callable[[tr.FollowUp], Any]
REFUSED: dict[str, tuple[Ask, str]] = {
    "a level above 1, imputed": (
        lambda f: recidivism.by_group(f, POSTERIOR, (1,), level=2, method="imputation"),
        "level must lie",
    ),
    "a level of 0, imputed": (
        lambda f: recidivism.by_group(f, POSTERIOR, (1,), level=0, method="imputation"),
        "level must lie",
    ),
    "a seed below 0": (
        lambda f: recidivism.by_group(f, POSTERIOR, (1,), seed=-1, method="imputation"),
        "seed must be a whole number",
    ),
    "half an imputation": (
        lambda f: recidivism.by_group(f, POSTERIOR, (1,), n_imputations=2.5, method="imputation"),  # type: ignore[arg-type]
        "n_imputations must be a whole number of 2",
    ),
    "a person with two rows": (
        lambda f: recidivism.by_group(f, pd.concat([POSTERIOR, POSTERIOR]), (1,)),
        "60 rows of a person seen before",
    ),
    "a posterior of text": (
        lambda f: recidivism.by_group(f, POSTERIOR.assign(z="high"), (1,)),
        "column 'z' is not numeric",
    ),
    "an unknown time scale": (
        lambda f: recidivism.fine_gray(f, ["x"], time_transform="years"),
        "time_transform=",
    ),
    "one distribution twice": (
        lambda f: recidivism.split_population(f, distributions=("weibull", "weibull")),
        "each once",
    ),
    "bands of text": (lambda f: recidivism.rates(f, bands=["early"]), "bands must be increasing"),
    "a width of text": (lambda f: recidivism.hazard(f, bands="a"), "width of the bands"),
    "a horizon of text": (lambda f: recidivism.restricted_mean(f, "far"), "horizon must be"),  # type: ignore[arg-type]
    "a share of text": (lambda f: recidivism.survival_quantile(f, p="half"), "p must be"),  # type: ignore[arg-type]
    "a score that is missing": (
        lambda f: recidivism.log_rank(f, "g", trend={"a": np.nan, "b": 1.0}),
        "a score of trend=",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_asked_is_refused_in_words(case: str) -> None:
    ask, says = REFUSED[case]
    with pytest.raises(InputError, match=says):
        ask(followed())


def test_an_event_named_any_is_that_event_and_not_every_cause() -> None:
    windows = (1.0, 2.0)
    asked = recidivism.fixed_window(followed("any"), windows, cause="any")
    pd.testing.assert_frame_equal(asked, recidivism.fixed_window(followed("any"), windows))
    assert (
        asked["events"].tolist() == recidivism.fixed_window(followed(), windows)["events"].tolist()
    )


def test_any_cause_counts_every_cause_among_those_observed_so_long() -> None:
    every = recidivism.fixed_window(followed(), (1.0,), cause="any", methods="observed")
    data = table()
    assert every["events"].tolist() == [((data["stop"] <= 1) & (data["event"] != "no")).sum()]


def test_one_name_alone_is_a_list_of_one() -> None:
    many = tr.FollowUp.from_frame(
        pd.DataFrame(
            {
                "person": [1, 1, 2, 2, 3],
                "start": [0.0, 1.0, 0.0, 2.0, 0.0],
                "stop": [1.0, 4.0, 2.0, 3.0, 4.0],
                "event": ["crime", "no", "crime", "death", "no"],
            }
        ),
        "stop",
        "event",
        start="start",
        person="person",
        causes=["crime", "death"],
        censored="no",
    )
    one = recidivism.mean_cumulative_count(many, terminal="death", times=[3.0])
    pd.testing.assert_frame_equal(
        one, recidivism.mean_cumulative_count(many, terminal=["death"], times=[3])
    )
    assert recidivism.mean_cumulative_count(many, times=[0.0])["at_risk"].tolist() == [3.0]


def test_curves_of_a_coefficient_that_ran_away_stay_between_0_and_1() -> None:
    data = table().assign(z=lambda d: (d["event"] == "crime").astype(float))
    follow_up = tr.FollowUp.from_frame(
        data, "stop", "event", causes=["crime", "death"], censored="no", covariates=["z"]
    )
    with pytest.warns(DegenerateSolutionWarning):
        fit = recidivism.cox(follow_up)
    curve = fit.survival(pd.DataFrame({"z": [0.0, 1.0]}), times=[0.0, 1.0, 2.0])
    assert curve[["survival", "lower", "upper"]].melt()["value"].between(0, 1).all()
    assert (curve["lower"] <= curve["survival"]).all()


@pytest.mark.parametrize("model", [recidivism.cox, recidivism.fine_gray])
def test_no_curve_is_predicted_beyond_the_end_of_follow_up(model) -> None:
    data = table().assign(z=np.arange(len(table())) % 3)
    strata = {"stratum": "half"} if model is recidivism.cox else {}
    half = np.where(np.arange(len(data)) % 2, "short", "long")
    data = data.assign(half=half, stop=np.where(half == "short", data["stop"] / 10, data["stop"]))
    given = {"causes": ["crime", "death"], "censored": "no", "covariates": ["z"]}
    follow_up = tr.FollowUp.from_frame(data, "stop", "event", **given, **strata)
    fit = model(follow_up) if strata else model(follow_up, cause="crime")
    ends = data.groupby("half")["stop"].max() if strata else data[["stop"]].max()
    profile = pd.DataFrame({"z": [1]})
    assert len(fit.survival(profile, times=[ends.min()])) == len(ends)
    with pytest.raises(InputError, match=f"end of follow-up of .* \\({ends.min():g}\\)"):
        fit.survival(profile, times=[ends.min() * 1.01])


def test_weights_too_large_for_the_sums_over_copies_are_refused() -> None:
    follow_up = tr.FollowUp.from_frame(
        table().assign(w=1e12),
        "stop",
        "event",
        causes=["crime", "death"],
        censored="no",
        covariates=["x"],
        weight="w",
    )
    with pytest.raises(InputError, match='ties="breslow"'):
        recidivism.cox(follow_up)
    assert recidivism.cox(follow_up, ties="breslow").converged
