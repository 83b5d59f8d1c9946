"""Options of the within-person models: one name is a list of one, and nothing passes unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectories import lifecourse
from trajectories.errors import InputError

N, T = 60, 8


@pytest.fixture(scope="module")
def years() -> pd.DataFrame:
    """Return person-years of 60 persons."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {"person": np.repeat(np.arange(N), T), "age": np.tile(np.arange(18, 18 + T), N)}
    )
    own = np.repeat(rng.normal(size=N), T)
    table["job"] = rng.integers(0, 2, N * T)
    table["partner"] = rng.integers(0, 2, N * T)
    chance = 1 / (1 + np.exp(1 + 0.5 * table["job"] - own))
    table["offended"] = (rng.random(N * T) < chance).astype(int)
    return table


ONE_NAME: dict[str, Callable[..., Any]] = {
    "placebo_leads": lifecourse.placebo_leads,
    "carry_over": lifecourse.carry_over,
    "lag_sensitivity": lifecourse.lag_sensitivity,
    "leave_one_age_band_out": lifecourse.leave_one_age_band_out,
}


@pytest.mark.parametrize("check", ONE_NAME)
def test_a_check_of_one_exposure_takes_its_name(years: pd.DataFrame, check: str) -> None:
    one = ONE_NAME[check](years, exposures="job", age_df=1)
    listed = ONE_NAME[check](years, exposures=["job"], age_df=1)
    pd.testing.assert_frame_equal(one.estimates, listed.estimates)


def test_a_control_is_named_as_an_exposure_is(years: pd.DataFrame) -> None:
    one = lifecourse.within_person(years, exposures="job", controls="partner", age_df=1)
    listed = lifecourse.within_person(years, exposures=["job"], controls=["partner"], age_df=1)
    pd.testing.assert_frame_equal(one.effects, listed.effects)
    added = lifecourse.add_lags(years, "job")
    pd.testing.assert_frame_equal(added, lifecourse.add_lags(years, ["job"]))


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "a level of 2 around a transition": (
        lambda t: lifecourse.event_study(t, "job", level=2, age_df=1),
        "level must lie",
    ),
    "half a year before": (
        lambda t: lifecourse.event_study(t, "job", before=2.5, age_df=1),  # type: ignore[arg-type]
        "before must be a whole number",
    ),
    "lags of text": (lambda t: lifecourse.add_lags(t.assign(job="a"), ["job"]), "no numbers"),
    "half a lag": (
        lambda t: lifecourse.add_lags(t, ["job"], lags=(1.5,)),  # type: ignore[arg-type]
        "must be a whole number",
    ),
    "a lag of nobody": (
        lambda t: lifecourse.add_lags(t.assign(person=t["person"].where(t["age"] > 18)), ["job"]),
        "'person' missing in 60 rows",
    ),
    "an exposure that a person never changes": (
        lambda t: lifecourse.hybrid(
            t.assign(z=np.where(t["person"] % 2, 0.1, 0.7)), exposures=["z"], age_df=1
        ),
        "does not vary both within and between",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_estimated_is_refused_in_words(years: pd.DataFrame, case: str) -> None:
    ask, says = REFUSED[case]
    with pytest.raises(InputError, match=says):
        ask(years)
