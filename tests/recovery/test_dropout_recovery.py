"""When persons of high rates leave earlier, only the model of leaving finds the planted shares."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

import trajectories as tr

AGES = np.arange(15, 25)
SHARE, RATES, LEAVING = 0.4, np.array([0.35, 0.77]), np.array([0.03, 0.25])


def draw(rng: np.random.Generator, n_units: int) -> tr.Panel:
    group = (rng.random(n_units) < SHARE).astype(int)
    outcome = rng.poisson(RATES[group][:, None], (n_units, 10)).astype(float)
    gone = rng.random((n_units, 10)) < LEAVING[group][:, None]
    gone[:, 0] = False
    outcome[np.cumsum(gone, axis=1) > 0] = np.nan
    return tr.Panel.from_wide(outcome, ages=AGES)


def test_shares_are_biased_without_and_right_with_the_model_of_leaving() -> None:
    rng = np.random.default_rng(21)
    curves = tr.GroupTrajectories(2, "poisson", 0)
    joint = tr.DropoutTrajectories(curves, tr.Dropout(degree=0))
    found = []
    for _ in range(6):
        panel = draw(rng, 1_500)
        fits = curves.fit(panel, n_starts=3), joint.fit(panel, n_starts=3)
        found.append([fit.group_probabilities[2] for fit in fits])
    without, with_leaving = np.mean(found, axis=0)
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert without < SHARE - 0.1
    assert with_leaving == pytest.approx(SHARE, abs=max(3.5 * error[1], 0.01))


def test_planted_hazards_and_survival_lie_within_their_intervals() -> None:
    res = tr.DropoutTrajectories(tr.GroupTrajectories(2, "poisson", 0), tr.Dropout(degree=1)).fit(
        draw(np.random.default_rng(22), 4_000), n_starts=4
    )
    leaving, staying = res.leaving(level=0.999), res.staying(level=0.999)
    planted = LEAVING[leaving["group"] - 1]
    assert (leaving["lower"] < planted).all()
    assert (leaving["upper"] > planted).all()
    later = staying[staying["age"] > AGES[0]]
    planted = (1 - LEAVING[later["group"] - 1]) ** (later["age"] - AGES[0])
    assert (later["lower"] < planted).all()
    assert (later["upper"] > planted).all()
    assert staying.groupby("age")["share"].sum().to_numpy() == pytest.approx(1.0)


def test_one_group_is_the_curves_and_a_logistic_regression() -> None:
    panel = draw(np.random.default_rng(23), 300)
    curves = tr.GroupTrajectories(1, "poisson", 1)
    res = tr.DropoutTrajectories(curves, tr.Dropout(previous=1, degree=1)).fit(panel)
    alone = curves.fit(panel)
    rows, left = [], []
    seen = panel.observed
    for i in range(panel.n_units):
        for t in range(1, 10):
            if seen[i, t - 1]:
                rows.append([1.0, AGES[t], panel.outcomes[i, t - 1]])
                left.append(not seen[i, t])
    logit = sm.Logit(left, np.array(rows)).fit(disp=0)
    assert res.llf == pytest.approx(alone.llf + logit.llf, rel=1e-10)
    np.testing.assert_allclose(res.params["dropout"], logit.params, rtol=1e-5)
    np.testing.assert_allclose(res.bse["dropout"], logit.bse, rtol=1e-5)
    np.testing.assert_allclose(res.bse["outcome"], alone.bse["mean"], rtol=1e-6)


def test_order_of_units_and_weights_change_nothing() -> None:
    rng = np.random.default_rng(24)
    panel = draw(rng, 250)
    spec = tr.DropoutTrajectories(tr.GroupTrajectories(2, "poisson", 0), tr.Dropout(1, 0))
    first = spec.fit(panel, n_starts=6)
    order = rng.permutation(250)
    shuffled = spec.fit(panel.subset(order), n_starts=6)
    assert shuffled.llf == pytest.approx(first.llf, rel=1e-10)
    np.testing.assert_allclose(shuffled.params, first.params, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        shuffled.posterior.loc[first.posterior.index], first.posterior, atol=1e-5
    )

    outcome = np.where(panel.observed, panel.outcomes, np.nan)
    heavy = tr.Panel.from_wide(outcome, ages=AGES, weights=np.full(250, 2.0))
    twice = tr.Panel.from_wide(np.vstack([outcome, outcome]), ages=AGES)
    one, two = spec.fit(heavy, n_starts=6), spec.fit(twice, n_starts=6)
    assert one.llf == pytest.approx(two.llf, rel=1e-10)
    np.testing.assert_allclose(one.bse, two.bse, rtol=1e-4)
    np.testing.assert_allclose(one.leaving(), two.leaving(), rtol=1e-4, atol=1e-6)
    assert one.n_left == two.n_left == 2 * first.n_left
