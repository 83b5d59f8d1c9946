"""Within-person effects planted in the synthetic register come out of the estimators."""

from __future__ import annotations

import pandas as pd
import pytest

import trajectories as tr
from trajectories import lifecourse

EXPOSURES = ["job", "partner", "biological_children", "non_biological_children"]
STUDY, CONTROLS = "domestic_sex_traffickers", "general_offenders"
OTHER = {
    "effect_job_traffickers": 0.0,
    "effect_job_general_offenders": -0.8,
    "effect_partner_traffickers": -0.6,
    "effect_partner_general_offenders": 0.0,
    "effect_non_biological_children_traffickers": -0.5,
}


def years_of(targets: dict[str, float]) -> tuple[pd.DataFrame, tr.Register]:
    register = tr.rapporteur.simulate(7, targets, n_general_offenders=2500, n_non_offenders=0)
    both = register.persons["population"].isin([STUDY, CONTROLS])
    return lifecourse.person_years(register, range(14, 41), persons=both), register


def effects_of(years: pd.DataFrame, **kwargs):
    return lifecourse.within_person(
        years, "offended", EXPOSURES, unit="person", by="population", **kwargs
    )


@pytest.fixture(scope="module")
def published():
    return years_of({})


@pytest.fixture(scope="module")
def results(published):
    return effects_of(published[0])


def estimates(results) -> pd.Series:
    return results.effects.set_index(["population", "exposure"])["log_estimate"]


def test_the_published_directions_and_their_order_come_out(results):
    found = estimates(results)
    effects = results.effects.set_index(["population", "exposure"])
    assert effects.loc[(STUDY, "job"), "upper"] < 1
    assert effects.loc[(CONTROLS, "job"), "upper"] < 1
    assert effects.loc[(CONTROLS, "partner"), "upper"] < 1
    assert found[STUDY, "partner"] < 0
    # weaker than among general offenders, where a job is as good
    assert found[CONTROLS, "partner"] < found[STUDY, "partner"]
    assert results.test_equal("partner").p_value < 0.05
    assert results.test_equal("job").p_value > 0.05
    assert effects.loc[(STUDY, "non_biological_children"), "lower"] > 1
    for population in (STUDY, CONTROLS):
        row = effects.loc[(population, "biological_children")]
        assert abs(row["log_estimate"]) < 3 * row["std_error"]


@pytest.mark.parametrize("targets", [{}, OTHER], ids=["published", "other"])
def test_estimates_follow_what_is_planted(published, targets):
    years, register = years_of(targets) if targets else published
    effects = effects_of(years).effects
    planted = register.truth.effects
    compared = 0
    for row in effects.itertuples():
        population = {STUDY: "traffickers", CONTROLS: "general_offenders"}[row.population]
        key = f"effect_{row.exposure}_{population}"
        if key in planted:
            assert abs(row.log_estimate - planted[key]) < 3.5 * row.std_error + 0.05, key
            compared += 1
    assert compared == 7


def test_poisson_has_the_same_directions(published):
    results = lifecourse.within_person(
        published[0], "offences", EXPOSURES, by="population", model="poisson"
    )
    found = estimates(results)
    assert found[STUDY, "job"] < 0
    assert found[CONTROLS, "job"] < 0
    assert found[CONTROLS, "partner"] < found[STUDY, "partner"]
    assert found[STUDY, "non_biological_children"] > 0


def test_effects_planted_alike_in_all_trajectory_groups_are_not_told_apart(published):
    years, register = published
    groups = pd.get_dummies(register.truth.groups).astype(float)
    results = lifecourse.by_trajectory_group(
        years[years["population"] == STUDY], groups, exposures=["job", "partner"]
    )
    assert results.test_equal().p_value > 0.001
    assert results.information["expected_persons"].sum() == pytest.approx(len(groups))


def test_checks_find_nothing_where_nothing_is_planted(published):
    years = published[0]
    arguments = {"exposures": ["job", "partner"], "by": "population"}
    for check in (lifecourse.placebo_leads, lifecourse.carry_over):
        assert check(years, **arguments).tests[0].p_value > 0.001
    lags = lifecourse.lag_sensitivity(years, **arguments, lags=(0, 1)).estimates
    now = lags[lags["variant"] == "same year"].set_index(["population", "exposure"])
    before = lags[lags["variant"] == "1 year(s) before"].set_index(["population", "exposure"])
    # only the year itself matters: a year later the effect is gone
    assert now.loc[(STUDY, "job"), "estimate"] < before.loc[(STUDY, "job"), "lower"]
    bands = lifecourse.leave_one_age_band_out(years, **arguments, bands=((14, 22), (23, 99)))
    handled = lifecourse.exposure_handling(years, **arguments, least=(0.0, 0.999))
    for table in (bands.estimates, handled.estimates):
        jobs = table[table["exposure"] == "job"]
        assert (jobs["estimate"] < 1).all()
        assert jobs["variant"].nunique() == 3


def test_the_year_of_entering_work_is_the_year_of_the_effect(published):
    study = lifecourse.event_study(published[0], "job", by="population", before=3, after=2)
    table = study.estimates.set_index(["population", "relative_year"])
    for population in (STUDY, CONTROLS):
        assert table.loc[(population, 0), "estimate"] < 1
        assert table.loc[(population, -1), "estimate"] == 1
        assert study.before[population].p_value > 0.001
        assert study.before[population].df == 2


def test_the_conditional_and_the_hybrid_estimate_agree_and_the_pooled_one_does_not(published):
    years = published[0]
    years = years[years["population"] == STUDY]
    table = lifecourse.compare_estimators(years, exposures=["job"]).set_index("estimator")
    within, conditional = table.loc["hybrid, within"], table.loc["conditional"]
    assert within["log_estimate"] == pytest.approx(
        conditional["log_estimate"], abs=0.5 * conditional["std_error"]
    )
    # groups with high rates have fewer jobs
    assert table.loc["hybrid, between", "log_estimate"] < conditional["log_estimate"]
    assert table.loc["pooled", "log_estimate"] < conditional["log_estimate"]
