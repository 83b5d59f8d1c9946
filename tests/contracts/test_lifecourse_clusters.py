"""Clusters of within-person models: one is refused, few are said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trajectories import lifecourse
from trajectories.errors import InputError


@pytest.fixture
def years() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n, t = 90, 8
    job = rng.integers(0, 2, n * t).astype(float)
    chance = 1 / (1 + np.exp(0.5 * job + np.repeat(rng.normal(size=n), t)))
    person = np.repeat(np.arange(n), t)
    return pd.DataFrame(
        {
            "person": person,
            "age": np.tile(np.arange(20, 20 + t), n),
            "job": job,
            "offended": (rng.random(n * t) < chance).astype(int),
            "one": 1,
            "half": person % 2,
            "matched_set": person // 3,
        }
    )


@pytest.mark.parametrize("model", ["logit", "poisson"])
def test_one_cluster_is_refused_by_every_estimator(years, model):
    asked = {"exposures": ["job"], "cluster": "one", "model": model}
    for estimator in (lifecourse.within_person, lifecourse.hybrid, lifecourse.compare_estimators):
        with pytest.raises(InputError, match="in one cluster"):
            estimator(years, **asked)
    with pytest.raises(InputError, match="in one cluster"):
        lifecourse.hybrid(years, **asked, intercepts=False)


def test_clusters_that_cut_persons_are_refused_by_every_estimator(years):
    for estimator in (lifecourse.within_person, lifecourse.hybrid):
        with pytest.raises(InputError, match="clusters differ within"):
            estimator(years, exposures=["job"], cluster="age")


def test_populations_as_clusters_are_refused_by_name(years):
    with pytest.raises(InputError, match=r"only one cluster informs .*'job \[0\]'"):
        lifecourse.within_person(years, exposures=["job"], by="half", cluster="half", age_df=0)


def test_few_clusters_are_said(years):
    few = years.assign(few=years["person"] % 5)
    text = lifecourse.within_person(few, exposures=["job"], cluster="few").summary()
    assert "Errors rest on 5 clusters: with fewer than 20 they come out too small" in text
    more = lifecourse.within_person(years, exposures=["job"], cluster="matched_set").summary()
    assert "Errors rest on" not in more


def test_the_log_estimate_does_not_pass_through_a_ratio_that_is_0(years):
    small = lifecourse.within_person(years.assign(job=years["job"] * 1e-5), exposures=["job"])
    plain = lifecourse.within_person(years, exposures=["job"])
    found = small.effects["log_estimate"].iloc[0] * 1e-5
    assert found == pytest.approx(plain.effects["log_estimate"].iloc[0], rel=1e-6)
