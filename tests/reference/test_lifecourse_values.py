"""Hybrid and pooled models against R's lme4 and sandwich; within_person against clogit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trajectories import lifecourse

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(HERE / "conditional_synthetic.csv")


def read(name: str) -> pd.Series:
    table = pd.read_csv(HERE / name, keep_default_na=False)
    return table.set_index(["model", "quantity", "term"])["value"].astype(float).sort_index()


def test_within_person_equals_clogit(data):
    values = read("conditional_values.csv")
    found = lifecourse.within_person(
        data, exposures=["job", "partner"], controls=["age"], age_df=0, cluster="matched_set"
    )
    for term in ("job", "partner", "age"):
        assert found.params[term] == pytest.approx(values["logit", "coef", term], rel=1e-7)
        assert found.bse[term] == pytest.approx(values["logit", "se_by_set", term], rel=1e-7)
    assert found.llf == pytest.approx(values["logit", "loglik", ""], rel=1e-10)


def test_a_straight_line_in_age_is_age_itself(data):
    values = read("conditional_values.csv")
    found = lifecourse.within_person(data, exposures=["job", "partner"], age_df=1)
    assert found.params["job"] == pytest.approx(values["logit", "coef", "job"], rel=1e-7)


def test_poisson_counts_by_time_free(data):
    values = read("conditional_values.csv")
    found = lifecourse.within_person(
        data, "offences", ["job", "partner"], model="poisson", age_df=1
    )
    for term in ("job", "partner"):
        assert found.params[term] == pytest.approx(values["poisson", "coef", term], rel=1e-7)
        assert found.bse[term] == pytest.approx(values["poisson", "se_by_person", term], rel=1e-6)


@pytest.mark.parametrize(
    ("model", "outcome", "name"),
    [("logit", "offended", "hybrid"), ("poisson", "offences", "poisson")],
)
def test_the_hybrid_model_equals_lme4(data, model, outcome, name):
    values = read("random_intercept_values.csv")
    found = lifecourse.hybrid(data, outcome, ["job"], model=model, age_df=1)
    effects = found.effects.set_index("part")["log_estimate"]
    for part, term in (("within", "job_within"), ("between", "job_mean")):
        assert effects[part] == pytest.approx(values[name, "coef", term], rel=2e-5)
    assert found.spread.iloc[0] == pytest.approx(values[name, "spread", ""], rel=2e-5)


def test_the_pooled_model_equals_glm_with_clustered_errors(data):
    values = read("random_intercept_values.csv")
    found = lifecourse.pooled(data, exposures=["job"], age_df=1).iloc[0]
    assert found["log_estimate"] == pytest.approx(values["pooled", "coef", "job"], rel=1e-6)
    assert found["std_error"] == pytest.approx(values["pooled", "se_by_person", "job"], rel=1e-6)


def test_the_test_of_within_against_between_is_about_their_difference(data):
    found = lifecourse.hybrid(data, exposures=["job"], age_df=1)
    test = found.test_within_equals_between()["all persons"]
    log = found.effects.set_index("part")["log_estimate"]
    error = found.effects.set_index("part")["std_error"]
    # deviations and means are nearly uncorrelated
    rough = (log["within"] - log["between"]) ** 2 / (error**2).sum()
    assert test.df == 1
    assert test.statistic == pytest.approx(rough, rel=0.2)
    assert np.isfinite(test.p_value)
