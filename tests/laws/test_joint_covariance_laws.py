"""Laws of robust covariances of joint models: those of the single model, which is one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

UNITS = [f"u{number}" for number in range(140)]
GROUP = np.random.default_rng(1).integers(0, 2, (140, 1))


def outcomes(seed: int = 2) -> dict[str, tr.Panel]:
    rng = np.random.default_rng(seed)
    rate = rng.gamma(3.0, 1 / 3.0, (140, 1)) * (0.4 + 2.5 * GROUP)  # more spread than Poisson
    counts = rng.poisson(rate, (140, 5)).astype(float)
    counts[:, 1:][rng.random((140, 4)) < 0.1] = np.nan
    drugs = (rng.random((140, 4)) < 0.2 + 0.5 * GROUP).astype(float)
    return {
        "counts": tr.Panel.from_wide(counts, ages=np.arange(5), units=UNITS),
        "drugs": tr.Panel.from_wide(drugs, ages=np.arange(4), units=UNITS),
    }


MULTI = tr.MultiTrajectories(
    2, {"counts": tr.Outcome("poisson", 1), "drugs": tr.Outcome("bernoulli", 0)}
)
DUAL = tr.DualTrajectories(
    {
        "counts": tr.GroupTrajectories(2, "poisson", 1),
        "drugs": tr.GroupTrajectories(2, "bernoulli", 0),
    }
)
LEAVING = tr.DropoutTrajectories(
    tr.GroupTrajectories(2, "poisson", 1), tr.Dropout(previous=1, degree=0)
)


def doubled(panel: tr.Panel) -> tr.Panel:
    cells = (
        panel.outcomes
        if panel.observed is None
        else np.where(panel.observed, panel.outcomes, np.nan)
    )
    return tr.Panel.from_wide(np.vstack([cells, cells]), ages=panel.ages)


def heavier(panel: tr.Panel) -> tr.Panel:
    return replace(panel, weights=np.full(panel.n_units, 2.0))


def who_left() -> tr.Panel:
    rng = np.random.default_rng(5)
    counts = rng.poisson(0.4 + 2.0 * GROUP, (140, 6)).astype(float)
    gone = np.cumsum(rng.random((140, 6)) < 0.12 + 0.15 * GROUP, axis=1) > 0
    gone[:, 0] = False
    counts[gone] = np.nan
    return tr.Panel.from_wide(counts, ages=np.arange(6), units=UNITS)


@pytest.mark.parametrize("kind", ["robust", "cluster"])
def test_a_joint_model_of_one_outcome_has_the_single_models_robust_errors(kind) -> None:
    panel = outcomes()["counts"]
    clusters = None if kind == "robust" else pd.Series(np.arange(140) // 4, index=UNITS)
    single = tr.GroupTrajectories(2, "poisson", 1).fit(panel, n_starts=6)
    joint = tr.MultiTrajectories(2, {"counts": tr.Outcome("poisson", 1)}).fit(
        {"counts": panel}, n_starts=6
    )
    # the same estimates to the last digit, so that only the covariance is compared
    joint = replace(joint, parameters=single.parameters, llf=single.llf)
    one = single.with_covariance(kind, panel, clusters)
    other = joint.with_covariance(kind, {"counts": panel}, clusters)
    np.testing.assert_allclose(other.bse, one.bse, rtol=1e-8)
    np.testing.assert_allclose(other.cov_params(), one.cov_params(), rtol=1e-7, atol=1e-12)
    assert other.covariance_kind == kind
    assert other.n_clusters == one.n_clusters
    curves = ["mean", "lower", "upper"]
    np.testing.assert_allclose(other.trajectories()[curves], one.trajectories()[curves], rtol=1e-8)
    assert not np.allclose(other.bse, joint.bse, rtol=0.02)


@pytest.mark.parametrize("spec", [MULTI, DUAL], ids=["multi", "dual"])
def test_weight_two_is_every_unit_twice_under_robust_errors(spec) -> None:
    panels = outcomes()
    heavy = {name: heavier(panel) for name, panel in panels.items()}
    twice = {name: doubled(panel) for name, panel in panels.items()}
    one = spec.fit(heavy, n_starts=6)
    two = replace(spec.fit(twice, n_starts=6), parameters=one.parameters, llf=one.llf)
    np.testing.assert_allclose(
        one.with_covariance("robust", heavy).bse,
        two.with_covariance("robust", twice).bse,
        rtol=1e-8,
    )


def test_weight_two_is_every_unit_twice_with_leaving() -> None:
    panel = who_left()
    one = LEAVING.fit(heavier(panel), n_starts=4)
    two = LEAVING.fit(doubled(panel), n_starts=4)
    np.testing.assert_allclose(two.params, one.params, atol=2e-5)
    robust = one.with_covariance("robust", heavier(panel)).bse
    np.testing.assert_allclose(two.with_covariance("robust", doubled(panel)).bse, robust, rtol=2e-5)


@pytest.mark.parametrize("spec", [MULTI, DUAL], ids=["multi", "dual"])
def test_every_person_a_cluster_is_robust_and_observed_is_what_was_fitted(spec) -> None:
    panels = outcomes()
    short = panels | {"drugs": panels["drugs"].subset(np.arange(12, 140))}
    fit = spec.fit(short, incomplete="keep", n_starts=6)
    own = pd.Series(np.arange(140), index=UNITS)
    robust = fit.with_covariance("robust", short, incomplete="keep")
    clustered = fit.with_covariance("cluster", short, own, incomplete="keep")
    np.testing.assert_allclose(clustered.cov_params(), robust.cov_params(), rtol=1e-7, atol=1e-11)
    back = robust.with_covariance("observed", short, incomplete="keep")
    np.testing.assert_allclose(back.cov_params(), fit.cov_params(), rtol=1e-9, atol=1e-12)
    pd.testing.assert_frame_equal(back.trajectories(), fit.trajectories(), rtol=1e-9)


def test_every_person_a_cluster_is_robust_with_leaving() -> None:
    panel = who_left()
    fit = LEAVING.fit(panel, n_starts=4)
    own = pd.Series(np.arange(140), index=UNITS)
    robust, clustered = (
        fit.with_covariance("robust", panel),
        fit.with_covariance("cluster", panel, own),
    )
    np.testing.assert_allclose(clustered.bse, robust.bse, rtol=1e-7)
    observed = robust.with_covariance("observed", panel)
    np.testing.assert_allclose(observed.bse, fit.bse, rtol=1e-9)
    assert not robust.leaving().equals(fit.leaving())
    assert "sandwich" in robust.summary()
    last = panel.observed.sum(axis=1)
    later = np.where(last > 4, np.nan, last + 1.0)  # left a year later than they did
    with pytest.raises(tr.errors.InputError, match="not the panel that was fitted"):
        fit.with_covariance("robust", panel, left=later)
    with pytest.raises(tr.errors.InputError, match="covariance must be one of"):
        fit.with_covariance("sandwich", panel)


def test_scores_of_units_are_numerical_derivatives() -> None:
    """The robust covariance of a dual model, written naively from its definition."""
    from scipy.special import gammaln, logsumexp

    panels = outcomes()
    fit = DUAL.fit(panels, n_starts=6)
    counts, drugs = panels["counts"], panels["drugs"].outcomes
    age = np.arange(5.0)
    seen = np.ones_like(counts.outcomes) if counts.observed is None else counts.observed
    first = tuple(g - 1 for g in fit.model.group_of[0])
    labels = [(g, h) for g, h in zip(*fit.model.group_of, strict=True)]
    assert len(first) == 4

    def units(x: np.ndarray) -> np.ndarray:
        logits = np.append(0.0, x[:3])
        curve = x[3:7].reshape(2, 2)
        eta = curve[:, :1] + curve[:, 1:] * age
        one = np.stack(
            [
                ((counts.outcomes * e - np.exp(e) - gammaln(counts.outcomes + 1)) * seen).sum(1)
                for e in eta
            ],
            1,
        )
        two = np.stack([(drugs * b - np.logaddexp(0, b)).sum(1) for b in x[7:9]], 1)
        table = np.stack([one[:, g] + two[:, h] for g, h in labels], 1)
        return logsumexp(table + logits - logsumexp(logits), axis=1)

    x = fit.params.to_numpy()
    assert units(x).sum() == pytest.approx(fit.llf, rel=1e-10)
    step = 1e-5 * np.eye(len(x))
    scores = np.array([(units(x + h) - units(x - h)) / 2e-5 for h in step])
    n = len(UNITS)
    bread = fit.cov_params().to_numpy()
    expected = n / (n - 1) * bread @ (scores @ scores.T) @ bread
    with_robust = fit.with_covariance("robust", panels)
    assert "whatever the covariance" in with_robust.test_independence().caution
    assert "sandwich" in with_robust.test_independence("wald").method
    robust = with_robust.cov_params()
    np.testing.assert_allclose(robust, expected, rtol=1e-5, atol=1e-8)
