"""Checks and event studies on small tables: which rows, which words, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trajectories import lifecourse
from trajectories.errors import InputError


@pytest.fixture(scope="module")
def years() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    person = np.repeat(np.arange(120), 8)
    level = rng.normal(size=120)[person]
    job = (rng.random(960) < 0.5).astype(float)
    return pd.DataFrame(
        {
            "person": person,
            "age": np.tile(np.arange(18, 26), 120),
            "job": job,
            "offended": (rng.random(960) < 1 / (1 + np.exp(-(level - 0.8 * job)))).astype(int),
            "years_free": np.where(rng.random(960) < 0.2, 0.4, 1.0),
        }
    )


def test_lags_are_compared_on_the_same_years(years):
    check = lifecourse.lag_sensitivity(years, exposures=["job"], lags=(0, 2), age_df=2)
    table = check.estimates
    assert table["variant"].to_list() == ["same year", "2 year(s) before"]
    assert table["exposure"].to_list() == ["job", "job"]
    late = years[years["age"] >= 20]
    alone = lifecourse.within_person(late, exposures=["job"], age_df=2).effects
    assert table["estimate"].iloc[0] == pytest.approx(alone["estimate"].iloc[0])


def test_leads_are_tested_in_words(years):
    check = lifecourse.placebo_leads(years, exposures=["job"], lead=2, age_df=2)
    assert check.estimates["exposure"].to_list() == ["job", "job_lead2"]
    assert check.tests[0].null == "job_lead2 has no effect on the odds of offended"
    assert "2 year(s) later" in check.question
    assert "null: job_lead2" in repr(check)


def test_leads_of_the_register_are_used_where_they_are_there(years):
    own = years.assign(job_lead1=lambda t: 1.0 - t["job"].shift(fill_value=0.0))
    found = lifecourse.placebo_leads(own, exposures=["job"], age_df=2).estimates
    used = lifecourse.within_person(own, exposures=["job", "job_lead1"], age_df=2).effects
    np.testing.assert_allclose(found["estimate"], used["estimate"])


def test_bands_of_ages_are_named_by_what_is_left_out(years):
    table = lifecourse.leave_one_age_band_out(
        years, exposures=["job"], bands=((0, 19), (20, 30), (40, 50)), age_df=1
    ).estimates
    assert table["variant"].to_list() == ["all ages", "without 18 to 19", "without 20 to 25"]


def test_time_free_is_asked_and_adjusted_for(years):
    table = lifecourse.exposure_handling(
        years, exposures=["job"], least=(0.0, 0.5), age_df=2
    ).estimates
    wanted = ["any time free", "at least 50.0% of the year free", "adjusted for time free"]
    assert table["variant"].to_list() == wanted
    free = lifecourse.within_person(years[years["years_free"] > 0.5], exposures=["job"], age_df=2)
    assert table["estimate"].iloc[1] == pytest.approx(free.effects["estimate"].iloc[0])


def test_an_event_study_of_persons_with_one_switch_is_read_off_their_tables():
    # everybody enters after two years; two years before, two after; nobody ages
    rows = []
    counts = {(1, 0, 0, 0): 3, (0, 1, 0, 0): 6, (0, 0, 1, 0): 2, (0, 0, 0, 1): 4}
    for pattern, times in counts.items():
        rows += [pattern] * times
    n = len(rows)
    table = pd.DataFrame(
        {
            "person": np.repeat(np.arange(n), 4),
            "age": np.tile([20, 21, 22, 23], n),
            "job": np.tile([0, 0, 1, 1], n),
            "offended": np.concatenate(rows),
        }
    )
    study = lifecourse.event_study(table, "job", before=2, after=1, age_df=0)
    found = study.estimates.set_index("relative_year")
    # one event each: the ratio to the year before is that of the counts
    assert found["estimate"].to_list() == pytest.approx([3 / 6, 1.0, 2 / 6, 4 / 6])
    assert found["events"].to_list() == [3, 6, 2, 4]
    assert found["label"].to_list() == ["-2 or earlier", "-1", "+0", "+1 or later"]
    test = study.before["all persons"]
    assert test.null == (
        "before entering job, the odds of offended do not differ from the year before it"
    )
    # clustered: the score of the year -2 is 1 or 0 minus the chance
    assert test.df == 1


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: lifecourse.event_study(t, "job", transition="in"), "transition= must be"),
        (
            lambda t: lifecourse.event_study(t, "job", before=1),
            "before must be a whole number of 2 or more",
        ),
        (lambda t: lifecourse.event_study(t.assign(job=0.5), "job"), "must be 0 or 1"),
        (lambda t: lifecourse.event_study(t.assign(job=1.0), "job"), "nobody is seen entering"),
        (lambda t: lifecourse.placebo_leads(t, exposures=["x"]), "without column 'x'"),
        (
            lambda t: lifecourse.placebo_leads(t, exposures=["job"], lead=9),
            "no year has .job_lead9",
        ),
        (lambda t: lifecourse.placebo_leads(t, exposures=["job"], age=None), "years in order"),
        (
            lambda t: lifecourse.exposure_handling(t.drop(columns="years_free"), exposures=["job"]),
            "give time_at_risk=",
        ),
        (
            lambda t: lifecourse.leave_one_age_band_out(t.drop(columns="age"), exposures=["job"]),
            "give age=",
        ),
        (
            lambda t: lifecourse.hybrid(t.assign(job=t["age"] % 2), exposures=["job"]),
            "does not vary both within and between",
        ),
    ],
)
def test_what_cannot_be_checked_is_named(years, call, says):
    with pytest.raises(InputError, match=says):
        call(years)
