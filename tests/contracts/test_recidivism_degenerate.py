"""Data from which nothing, or not everything, can be estimated end in one clear line."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError

R = tr.recidivism


def follow(frame: pd.DataFrame, **more: object) -> tr.FollowUp:
    covariates = [c for c in frame.columns if c not in ("stop", "event", "start", "id", "s", "w")]
    start = "start" if "start" in frame else None
    person = "id" if "id" in frame else None
    return tr.FollowUp.from_frame(frame, start=start, person=person, covariates=covariates, **more)


@pytest.fixture
def plain() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 60
    return pd.DataFrame(
        {
            "stop": rng.exponential(3, n).round(2) + 0.01,
            "event": rng.integers(0, 3, n),
            "x": rng.normal(size=n),
            "g": np.where(np.arange(n) % 2, "a", "b"),
        }
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stop": []}, "no rows, so nobody is at risk"),
        ({"stop": [1, -2, 3]}, r"'stop' negative in 1 row \(row 1\)"),
        ({"start": [0, -1, 0]}, r"'start' negative in 1 row \(row 1\)"),
        ({"start": [0, 5, 0]}, r"'stop' before 'start' in 1 row \(row 1\): an event before entry"),
        ({"start": [0, 2, 0]}, "no time between 'start' and 'stop'"),
        ({"stop": [1, np.nan, 3]}, "column 'stop': missing in 1 row"),
        ({"stop": [1, np.inf, 3]}, "column 'stop': infinite in 1 row"),
        ({"stop": ["1", "2", "3"]}, "column 'stop' is not numeric"),
        ({"event": [0, 1, -1]}, "no number of a cause"),
        ({"event": [0.5, 1, 0]}, "no number of a cause"),
        ({"event": ["a", "b", "c"]}, "name the causes"),
        ({"w": [1, 0, 1]}, "weight not above 0 in 1 row"),
        ({"id": [1, 1, 2]}, "overlap with another row of the same person"),
        ({"id": [1, 1, 2], "stop": [2, 2, 3]}, "the same person and times as another row"),
        ({"at": [np.nan, 2.5, np.nan]}, r"event outside its row in 1 row \(row 1\)"),
        ({"at": [np.nan, 0.0, np.nan]}, r"event outside its row in 1 row \(row 1\)"),
        ({"at": [1.0, np.nan, 3.0]}, "no time of an event in 1 row"),
        ({"p": [1, 1, 1]}, "follow-up longer than the person's potential time in 2 rows"),
    ],
)
def test_a_table_that_is_no_follow_up_is_refused(change: dict, message: str) -> None:
    columns: dict = {"stop": [1.0, 2.0, 3.0], "event": [0, 1, 0]} | change
    n = len(columns["stop"])
    frame = pd.DataFrame({name: values[:n] for name, values in columns.items()})
    with pytest.raises(InputError, match=message):
        tr.FollowUp.from_frame(
            frame,
            start="start" if "start" in frame else None,
            person="id" if "id" in frame else None,
            weight="w" if "w" in frame else None,
            potential="p" if "p" in frame else None,
            event_time="at" if "at" in frame else None,
        )


def test_a_row_that_goes_on_after_its_event_is_cut_there() -> None:
    frame = pd.DataFrame({"stop": [4.0, 5.0], "event": [1, 0], "at": [3.0, np.nan]})
    follow_up = tr.FollowUp.from_frame(frame, event_time="at")
    assert follow_up.start.tolist() == [0, 3, 0]
    assert follow_up.stop.tolist() == [3, 4, 5]
    assert follow_up.cause.tolist() == [1, 0, 0]
    assert follow_up.repeated


def test_unknown_text_of_an_event_is_refused_without_being_shown() -> None:
    frame = pd.DataFrame({"stop": [1.0, 2.0], "event": ["again", "secret"]})
    with pytest.raises(InputError, match="neither one of causes= nor censored=") as caught:
        tr.FollowUp.from_frame(frame, causes=["again"])
    assert "secret" not in str(caught.value)


def test_nobody_left_is_refused(plain: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="nobody is at risk"):
        follow(plain).subset(np.zeros(60, dtype=bool))


def test_no_events(plain: pd.DataFrame) -> None:
    none = follow(plain.assign(event=0), causes=["again", "death"])
    for estimate, value in (
        (R.kaplan_meier, "survival"),
        (R.cumulative_incidence, "incidence"),
        (R.mean_cumulative_count, "mean"),
    ):
        with pytest.warns(DegenerateSolutionWarning, match="no events in 'all'"):
            table = estimate(none)
        assert np.isfinite(table.select_dtypes(float)).all(axis=None)
        assert (table[value] == table[value].iloc[0]).all()
    rate = R.rates(none).iloc[0]
    assert rate["rate"] == rate["lower"] == 0 < rate["upper"]
    for fit in (
        R.cox,
        R.parametric,
        R.rate_regression,
        R.fine_gray,
        lambda f: R.log_rank(f, "g"),
        lambda f: R.gray(f, "g"),
    ):
        with pytest.raises(InputError, match="no events"):
            fit(none)


def test_all_events_at_one_time(plain: pd.DataFrame) -> None:
    once = follow(plain.assign(stop=2.0, event=(plain["x"] > 0).astype(int)))
    table = R.kaplan_meier(once)
    assert np.isfinite(table.select_dtypes(float)).all(axis=None)
    with pytest.raises(InputError, match="all events are at one time"):
        R.parametric(once)
    half = follow(plain.assign(stop=2.0, event=(np.arange(60) % 3 == 0).astype(int)))
    fit = R.cox(half, ["x"])
    assert np.isfinite(fit.table()).all(axis=None)
    with pytest.raises(InputError, match="no check of proportional hazards"):
        fit.proportional_hazards()


def test_everybody_has_the_event(plain: pd.DataFrame) -> None:
    table = R.kaplan_meier(follow(plain.assign(event=1)))
    last = table.iloc[-1]
    assert (last["survival"], last["lower"]) == (0, 0)
    assert 0 < last["upper"] < 1
    assert np.isfinite(table.select_dtypes(float)).all(axis=None)


def test_a_risk_set_that_empties_early_is_named() -> None:
    frame = pd.DataFrame({"start": [0.0, 2.0, 2.0], "stop": [1.0, 3.0, 4.0], "event": [1, 1, 0]})
    with pytest.warns(DegenerateSolutionWarning, match="everybody at risk in 'all' had the event"):
        table = R.kaplan_meier(tr.FollowUp.from_frame(frame, start="start"))
    assert (table["survival"].iloc[1:] == 0).all()


def test_a_covariate_constant_in_all_risk_sets_is_named(plain: pd.DataFrame) -> None:
    same = follow(plain.assign(c=1.0))
    with pytest.raises(InputError, match="'c' constant in all risk sets"):
        R.cox(same)
    # differs between strata only
    strata = follow(plain.assign(c=(plain["g"] == "a") * 1.0, s=plain["g"]), stratum="s")
    with pytest.raises(InputError, match="'c' constant in all risk sets"):
        R.cox(strata, ["x", "c"])


def test_covariates_in_a_linear_relation_are_named(plain: pd.DataFrame) -> None:
    double = follow(plain.assign(y=2 * plain["x"] + 1))
    with pytest.raises(InputError, match="'x', 'y' in a linear relation"):
        R.cox(double)
    with pytest.raises(InputError, match="linear"):
        R.parametric(double, time=["x", "y"])
    with pytest.raises(InputError, match="linear relation"):
        R.rate_regression(double, ["x", "y"])


def test_monotone_likelihood_is_named(plain: pd.DataFrame) -> None:
    never = plain.assign(never=((plain["event"] != 1) & (plain["x"] > 0)) * 1.0)
    with pytest.warns(DegenerateSolutionWarning, match="monotone likelihood in 'never'"):
        fit = R.cox(follow(never), ["x", "never"])
    assert not fit.converged
    assert "NOT CONVERGED" in fit.summary()
    with pytest.warns(DegenerateSolutionWarning, match="no events at some value of 'never'"):
        R.rate_regression(follow(never), ["x", "never"], family="poisson")


def test_persons_who_differ_no_more_than_by_chance_have_no_dispersion(plain: pd.DataFrame) -> None:
    with pytest.warns(DegenerateSolutionWarning, match='family="poisson"'):
        R.rate_regression(follow(plain.assign(stop=1.0, event=1)), [])


def test_a_share_that_is_no_share_is_named(plain: pd.DataFrame) -> None:
    with pytest.warns(DegenerateSolutionWarning, match="the share that has the event"):
        R.parametric(follow(plain.assign(event=1)), "weibull", share=())


def test_repeated_events_are_not_taken_for_first_ones() -> None:
    frame = pd.DataFrame({"id": [1, 1], "start": [0, 1], "stop": [1, 2], "event": [1, 0]})
    repeated = follow(frame)
    for estimate in (R.kaplan_meier, R.cumulative_incidence, R.fixed_window, R.parametric):
        with pytest.raises(InputError, match="first_events"):
            estimate(repeated)
    assert R.kaplan_meier(repeated.first_events(), times=[1])["survival"].tolist() == [0]


def test_time_at_risk_after_a_terminal_event_is_refused() -> None:
    frame = pd.DataFrame({"id": [1, 1], "start": [0, 1], "stop": [1, 2], "event": [2, 1]})
    with pytest.raises(InputError, match="terminal event followed by more time at risk"):
        R.mean_cumulative_count(follow(frame))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda f: R.kaplan_meier(f, times=[99]), "after the end of follow-up"),
        (lambda f: R.kaplan_meier(f, interval="wald"), "interval='wald'"),
        (lambda f: R.kaplan_meier(f, level=95), "level must lie between 0 and 1"),
        (lambda f: R.kaplan_meier(f, cause="x"), "no cause 'x'"),
        (lambda f: R.kaplan_meier(f, by="nothing"), "no covariate of this follow-up"),
        (lambda f: R.kaplan_meier(f, by="x"), "different values: group it"),
        (lambda f: R.kaplan_meier("f"), "must be a trajectories.FollowUp, not str"),
        (lambda f: R.restricted_mean(f, 99), "nobody in 'all' was followed to 99"),
        (lambda f: R.fixed_window(f, (99,)), "after the end of follow-up"),
        (lambda f: R.fixed_window(f, methods=["observed"]), "not known: give potential="),
        (lambda f: R.fixed_window(f, methods=["guess"]), "no method 'guess'"),
        (lambda f: R.cox(f, ["nothing"]), "covariate 'nothing' not in this follow-up"),
        (lambda f: R.cox(f, ties="exact"), "ties="),
        (
            lambda f: R.cox(tr.FollowUp.from_frame(f.frame().assign(event=True))),
            "the follow-up has no covariates",
        ),
        (lambda f: R.parametric(f, "gompertz"), "distribution='gompertz'"),
        (lambda f: R.log_rank(f, "one"), "one level only"),
        (lambda f: R.gray(f, "one"), "one level only"),
        (lambda f: R.hazard(f, [1, 1]), "increasing"),
        (lambda f: R.numbers_at_risk(f, [np.nan]), "finite numbers"),
        (lambda f: R.by_group(f, pd.DataFrame({1: [1.0]}, index=[0])), "without a row"),
        (
            lambda f: R.by_group(f, pd.DataFrame({1: 0.5}, index=f.persons)),
            "no probabilities that sum to 1",
        ),
        (lambda f: R.split_population(f, distributions="weibull"), "at least two distributions"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused(
    plain: pd.DataFrame, ask: object, message: str
) -> None:
    follow_up = follow(plain.assign(one="same"))
    with pytest.raises(InputError, match=message):
        ask(follow_up)


def test_nothing_warns_on_sound_data(plain: pd.DataFrame) -> None:
    follow_up = follow(plain)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for table in (
            R.kaplan_meier(follow_up, by="g"),
            R.nelson_aalen(follow_up),
            R.cumulative_incidence(follow_up, by="g"),
            R.cox(follow_up).table(),
            R.fine_gray(follow_up).table(),
            R.parametric(follow_up, "generalised_gamma").table(),
        ):
            assert np.isfinite(table.select_dtypes(float)).all(axis=None)


def test_one_cluster_is_refused(plain):
    with pytest.raises(InputError, match="only one cluster informs 'x': its scores sum to 0"):
        R.cox(follow(plain.assign(family=1)), ["x"], cluster="family")


def test_a_cluster_for_each_value_of_a_covariate_is_refused(plain):
    frame = plain.assign(old=(plain["g"] == "a") * plain["x"], young=(plain["g"] == "b") * 1.0)
    frame["s"] = frame["g"]
    with pytest.raises(InputError, match="only one cluster informs 'old'"):
        R.cox(follow(frame, stratum="s"), ["old"], cluster="g")


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_events_that_take_everybody_at_risk_tell_nothing(plain, ties):
    frame = follow(plain.assign(stop=3.0, event=1))
    with pytest.raises(InputError, match="all who are at risk have it"):
        R.cox(frame, ["x"], ties=ties)
    for test in (R.log_rank, R.gray):
        with pytest.raises(InputError, match="no test can be made"):
            test(frame, by="g")


def test_samples_that_are_never_at_risk_together_are_refused(plain):
    late = plain["g"] == "b"
    frame = plain.assign(start=late * 100.0, stop=plain["stop"] + late * 100.0, event=1)
    with pytest.raises(InputError, match="one sample only is at risk"):
        R.log_rank(follow(frame), by="g")


def test_a_window_without_an_event_does_not_rule_events_out():
    # 8 followed to 4 years, of whom none had an event by 2: 1 − 0.025^(1/8)
    frame = pd.DataFrame({"stop": [1.0, 1.0, *[4.0] * 8], "event": [0, 0, 1, *[0] * 7]})
    table = R.fixed_window(follow(frame), years=(2,))
    assert table["share"].tolist() == [0, 0]
    assert table["lower"].tolist() == [0, 0]
    assert table["upper"].to_numpy() == pytest.approx(1 - 0.025 ** (1 / 8), rel=1e-12)
    late = frame.assign(start=[0.0, 0.0, *[0.5] * 8])
    assert R.fixed_window(follow(late), years=(2,))["upper"].tolist() == [1, 1]
