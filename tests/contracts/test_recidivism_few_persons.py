"""Few persons: no robust error of 0, and no person named as a level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError

R = tr.recidivism


def follow(n: int) -> tr.FollowUp:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"stop": rng.exponential(3, n) + 0.1, "event": 1})
    frame["x"], frame["name"] = rng.normal(size=n), [f"Anna {i}" for i in range(n)]
    return tr.FollowUp.from_frame(frame, covariates=["x", "name"])


def test_as_many_coefficients_as_persons_leave_no_robust_errors_of_rates():
    with pytest.raises(InputError, match="too few persons for robust errors of 'const', 'x'"):
        R.rate_regression(follow(2), ["x"], family="poisson")
    found = R.rate_regression(follow(2), ["x"], family="poisson", robust=False)
    assert (np.diag(found.covariance) > 0).all()


@pytest.mark.parametrize("fit", [R.cox, R.rate_regression])
def test_a_covariate_that_names_persons_is_refused_without_a_name(fit):
    with pytest.raises(InputError, match="covariate 'name' has 40 levels: group it") as caught:
        fit(follow(40), ["name"])
    assert "Anna" not in str(caught.value)


def small_group() -> tuple[tr.FollowUp, pd.DataFrame]:
    """200 persons, of whom 20 had the event; about 14 of them in group "a"."""
    n = 200
    event = np.arange(n) % 10 == 0
    stop = np.where(event, 1.0 + np.arange(n) / 25, 10.0)
    frame = pd.DataFrame({"id": np.arange(n), "stop": stop, "event": event.astype(int)})
    share = np.where(np.arange(n) < 20, 0.5, 0.02)
    posterior = pd.DataFrame({"a": share, "b": 1 - share}, index=frame["id"])
    return tr.FollowUp.from_frame(frame, person="id"), posterior


def test_draws_without_events_do_not_pull_an_imputed_incidence_to_0():
    follow_up, posterior = small_group()
    weighted, imputed = (
        R.by_group(follow_up, posterior, times=[10], method=method, n_imputations=400)
        for method in ("weights", "imputation")
    )
    # without censoring before 10 years both are shares with the event
    expected = weighted["incidence"].to_numpy()
    assert expected == pytest.approx(weighted["events"] / weighted["persons"], rel=1e-12)
    assert imputed["incidence"].to_numpy() == pytest.approx(expected, abs=0.012)
    assert (imputed["upper"] < 0.4).all()
    assert (imputed["se"] > weighted["se"]).all()


@pytest.mark.parametrize("method", ["weights", "imputation"])
def test_a_group_without_events_or_persons_has_no_interval_of_nothing(method):
    follow_up, posterior = small_group()
    table = R.by_group(follow_up, posterior, times=[0.5], method=method)
    n = posterior.sum().to_numpy()
    assert table["incidence"].tolist() == [0, 0]
    assert table["upper"].to_numpy() == pytest.approx(1 - 0.025 ** (1 / n), rel=1e-9)
    with pytest.raises(InputError, match="nobody in the follow-up can be of group 'c'"):
        R.by_group(follow_up, posterior.assign(c=0.0), times=[5], method=method)


def test_one_person_has_the_exact_limits_of_a_rate_and_a_warned_count():
    rows = {"id": [1, 1, 1], "start": [0, 1, 2], "stop": [1, 2, 3], "event": [1, 1, 0]}
    follow_up = tr.FollowUp.from_frame(pd.DataFrame(rows), person="id", start="start")
    found = R.rates(follow_up)
    exact = R.rates(follow_up, interval="exact")
    assert found["lower"].tolist() == exact["lower"].tolist()
    assert found["upper"].tolist() == exact["upper"].tolist()
    with pytest.warns(DegenerateSolutionWarning, match="is one person"):
        R.mean_cumulative_count(follow_up)


def test_gap_times_that_are_equal_but_for_rounding_are_tied():
    # 0.1 years after an event at 0.1, 0.2, … is 0.1 but for rounding, as 0.3 - 0.2 is
    begin = np.arange(1, 9) / 10
    frame = pd.DataFrame(
        {
            "id": np.repeat(np.arange(8), 2),
            "start": np.stack([0 * begin, begin], axis=1).ravel(),
            "stop": np.stack([begin, np.arange(2, 10) / 10], axis=1).ravel(),
            "event": 1,
            "x": np.repeat([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0], 2),
        }
    )
    gaps = tr.FollowUp.from_frame(frame, person="id", start="start", covariates=["x"]).gap_times()
    second = gaps.frame().query("stratum == 2")
    assert np.ptp(second["stop"]) == 0
    assert second["start"].tolist() == [0.0] * 8
    assert (gaps.stop > gaps.start).all()


def test_times_that_are_equal_but_for_rounding_are_tied():
    # who leaves at 0.3 is at risk for the event at 0.1 + 0.2
    frame = pd.DataFrame({"stop": [0.3, 0.1 + 0.2, 0.5], "event": [0, 1, 1]})
    curve = R.kaplan_meier(tr.FollowUp.from_frame(frame))
    assert curve["survival"].tolist() == pytest.approx([1, 2 / 3, 0])
    apart = pd.DataFrame({"stop": [0.3, 0.3 + 1e-9, 0.5], "event": [0, 1, 1]})
    assert R.kaplan_meier(tr.FollowUp.from_frame(apart))["survival"].tolist() == [1, 0.5, 0]
