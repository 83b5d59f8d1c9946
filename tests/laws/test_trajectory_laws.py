"""Laws that hold for every family listed in the registry, with missing cells and exposure."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trajectories as tr
import trajectories.groups.search.prepare as preparation
from trajectories.families import FAMILIES, CensoredNormal, Family, NegativeBinomial, resolve
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.numerics.em import polish, run_em
from trajectories.numerics.mixture import Mixture, Parameters


@st.composite
def panels(
    draw: st.DrawFn,
    exposure: bool | None = None,
    missing: bool | None = None,
    weights: bool | None = None,
) -> tr.Panel:
    """Draw a panel of 30 to 80 units at 4 to 9 ages from three groups."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_units, n_ages = draw(st.integers(30, 80)), draw(st.integers(4, 9))
    ages = np.arange(n_ages) + float(draw(st.integers(0, 20)))
    level = np.array([0.3, 1.5, 4.0])[rng.integers(0, 3, n_units)][:, None]
    shape = np.exp(-(((np.arange(n_ages) - rng.uniform(0, n_ages)) / n_ages) ** 2))
    with_exposure = draw(st.booleans()) if exposure is None else exposure
    at_risk = rng.choice([0.1, 0.5, 1.0], (n_units, n_ages)) if with_exposure else None
    mean = level * shape * (1.0 if at_risk is None else at_risk)
    counts = rng.poisson(mean) * (rng.random((n_units, n_ages)) < 0.8)
    counts = counts.astype(float)
    if draw(st.booleans()) if missing is None else missing:
        gone = rng.random((n_units, n_ages)) < 0.2
        gone[:, 0] = False
        gone[0] = False
        counts[gone] = np.nan
    heavy = (
        rng.integers(1, 4, n_units)
        if (draw(st.booleans()) if weights is None else weights)
        else None
    )
    counts[0, : min(3, n_ages)] += 2
    return tr.Panel.from_wide(counts, ages=ages, exposure=at_risk, weights=heavy)


MEMBERS: dict[str, Family] = {
    **{name: member() for name, member in FAMILIES.items()},
    "censored_normal cut": CensoredNormal(lower=0.0, upper=4.0, sigma="common"),
    "negbin common": NegativeBinomial("common"),
}
EVERY_FAMILY = pytest.mark.parametrize("family", MEMBERS.values(), ids=MEMBERS)
SCALE = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1
QUICK = settings(max_examples=8 * SCALE, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=3 * SCALE, suppress_health_check=list(HealthCheck))


def suit(panel: tr.Panel, family: Family) -> tr.Panel:
    """Turn a panel of counts into one that the family describes, with the same missing cells."""
    if family.is_count:
        return panel
    rng = np.random.default_rng(int(panel.outcomes.sum()))
    level = np.sqrt(panel.outcomes) + rng.normal(0, 0.5, panel.outcomes.shape)
    outcome = {
        "bernoulli": (panel.outcomes > 0).astype(float),
        "beta": 1 / (1 + np.exp(1 - level)),
        "censored_normal": level,
    }[family.name]
    if isinstance(family, CensoredNormal) and family.lower is not None:
        outcome = np.clip(outcome, family.lower, family.upper)
    if panel.observed is not None:
        outcome = np.where(panel.observed, outcome, 0.0)
    return replace(panel, outcomes=outcome, exposure=None)


def mixture_at(
    panel: tr.Panel,
    family: str | Family,
    n_groups: int,
    seed: int,
    engine: str = "auto",
    merge: bool = True,
) -> tuple[Mixture, Parameters, Model]:
    """Return a mixture and a random point of its parameter space."""
    model = Model.build(resolve(family), (2,) * n_groups, panel.ages)
    prepared = prepare(panel, model.family, engine=engine, merge=merge)
    rng = np.random.default_rng(seed)
    theta = rng.normal(0, 0.3, (n_groups, model.n_group_parameters))
    theta[:, 0] = np.linspace(-1, 1, n_groups)
    theta[:, model.common()] = theta[:1, model.common()]
    share = rng.dirichlet(np.full(n_groups, 5.0))
    mixture = make_mixture(panel, model, prepared.statistics)
    return mixture, Parameters(np.log(share), theta), model


def llf(panel: tr.Panel, family: str | Family, n_groups: int, seed: int, **options) -> float:
    mixture, point, _ = mixture_at(panel, family, n_groups, seed, **options)
    return mixture.e_step(point).llf


def fit(panel: tr.Panel, family: str | Family, n_groups: int = 2) -> tr.GroupTrajectoriesResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return tr.GroupTrajectories(n_groups, family, 2).fit(panel, n_starts=6)


@EVERY_FAMILY
@QUICK
@given(panel=panels(), seed=st.integers(0, 1000), n_groups=st.integers(1, 4))
def test_the_likelihood_never_falls_at_any_step(panel, seed, n_groups, family) -> None:
    panel = suit(panel, family)
    mixture, point, _ = mixture_at(panel, family, n_groups, seed)
    point, trace = run_em(mixture, point, 25, 0.0)
    fitted = polish(mixture, point, trace, 15, 1e-8, 1e-6)
    steps = np.diff(fitted.trace)
    assert len(steps) >= 2
    assert steps.min() >= -1e-9 * abs(fitted.llf)


@EVERY_FAMILY
@QUICK
@given(panel=panels(), seed=st.integers(0, 1000), n_groups=st.integers(1, 4))
def test_score_and_information_are_the_numerical_derivatives(panel, seed, n_groups, family) -> None:
    panel = suit(panel, family)
    mixture, point, _ = mixture_at(panel, family, n_groups, seed)
    _, score, information, _ = mixture.score_and_information(point)
    packed = point.pack()

    def at(values: np.ndarray) -> Parameters:
        return Parameters.unpack(values, n_groups)

    size = 1e-5
    for position in range(len(packed)):
        shift = size * np.eye(len(packed))[position]
        up, down = at(packed + shift), at(packed - shift)
        slope = (mixture.e_step(up).llf - mixture.e_step(down).llf) / (2 * size)
        assert score[position] == pytest.approx(slope, rel=1e-4, abs=1e-3)
        bend = mixture.score_and_information(up)[1] - mixture.score_and_information(down)[1]
        np.testing.assert_allclose(information[position], -bend / (2 * size), rtol=1e-4, atol=1e-3)


@EVERY_FAMILY
@QUICK
@given(panel=panels(), seed=st.integers(0, 1000), n_groups=st.integers(1, 4))
def test_engine_block_size_and_merging_change_nothing(panel, seed, n_groups, family) -> None:
    panel = suit(panel, family)
    mixture, point, _ = mixture_at(panel, family, n_groups, seed, merge=False)
    expected = mixture.e_step(point)
    for options in ({"engine": "table"}, {"merge": True}, {"engine": "table", "merge": True}):
        other, _, _ = mixture_at(panel, family, n_groups, seed, **options)
        totals = other.e_step(point)
        assert totals.llf == pytest.approx(expected.llf, rel=1e-11)
        np.testing.assert_allclose(totals.group_weight, expected.group_weight, rtol=1e-9)
    mixture.statistics.block = 7
    assert mixture.e_step(point).llf == pytest.approx(expected.llf, rel=1e-11)
    many = mixture.statistics.em_pass_many(
        mixture.density.log_density(point.theta)[None], point.log_probability[None]
    )
    assert many[0][0] == pytest.approx(expected.llf, rel=1e-11)
    np.testing.assert_allclose(many[2][0], expected.cell_weight, rtol=1e-8, atol=1e-8)


@EVERY_FAMILY
@QUICK
@given(panel=panels(), seed=st.integers(0, 1000), n_groups=st.integers(2, 4))
def test_order_of_persons_and_of_groups_changes_nothing(panel, seed, n_groups, family) -> None:
    panel = suit(panel, family)
    mixture, point, _ = mixture_at(panel, family, n_groups, seed)
    expected = mixture.e_step(point)
    shuffled = panel.subset(np.random.default_rng(seed).permutation(panel.n_units))
    assert llf(shuffled, family, n_groups, seed) == pytest.approx(expected.llf, rel=1e-11)
    order = np.random.default_rng(seed + 1).permutation(n_groups)
    totals = mixture.e_step(point.ordered(order))
    assert totals.llf == pytest.approx(expected.llf, rel=1e-11)
    np.testing.assert_allclose(totals.group_weight, expected.group_weight[order], rtol=1e-9)
    np.testing.assert_allclose(
        totals.cell_weight, expected.cell_weight[:, order], rtol=1e-8, atol=1e-8
    )


@EVERY_FAMILY
@QUICK
@given(panel=panels(weights=True), seed=st.integers(0, 1000))
def test_a_weight_of_two_is_the_unit_twice(panel, seed, family) -> None:
    panel = suit(panel, family)
    times = panel.weights.astype(int)
    rows = np.repeat(np.arange(panel.n_units), times)
    repeated = tr.Panel(
        outcomes=panel.outcomes[rows],
        ages=panel.ages,
        exposure=None if panel.exposure is None else panel.exposure[rows],
        observed=None if panel.observed is None else panel.observed[rows],
    )
    weighted, point, _ = mixture_at(panel, family, 3, seed)
    plain, _, _ = mixture_at(repeated, family, 3, seed)
    by_weight, by_rows = weighted.score_and_information(point), plain.score_and_information(point)
    assert by_weight[0] == pytest.approx(by_rows[0], rel=1e-11)
    np.testing.assert_allclose(by_weight[1], by_rows[1], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(by_weight[2], by_rows[2], rtol=1e-8, atol=1e-7)


@EVERY_FAMILY
@FEW
@given(panel=panels(weights=True))
def test_weight_and_repetition_give_the_same_results(panel, family) -> None:
    panel = suit(panel, family)
    rows = np.repeat(np.arange(panel.n_units), panel.weights.astype(int))
    repeated = tr.Panel(
        outcomes=panel.outcomes[rows],
        ages=panel.ages,
        exposure=None if panel.exposure is None else panel.exposure[rows],
        observed=None if panel.observed is None else panel.observed[rows],
    )
    weighted, plain = fit(panel, family), fit(repeated, family)
    for name in ("llf", "nobs", "n_cells", "bic", "bic_cells", "icl", "relative_entropy"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name), rel=1e-6), name
    if weighted.converged:
        np.testing.assert_allclose(weighted.adequacy(), plain.adequacy(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(weighted.bse, plain.bse, rtol=1e-3)


@EVERY_FAMILY
@FEW
@given(panel=panels(), seed=st.integers(0, 1000))
def test_the_order_of_persons_does_not_change_the_fit(panel, seed, family) -> None:
    panel = suit(panel, family)
    shuffled = panel.subset(np.random.default_rng(seed).permutation(panel.n_units))
    first, second = fit(panel, family, 3), fit(shuffled, family, 3)
    assert second.llf == pytest.approx(first.llf, abs=1e-6 * abs(first.llf))
    assert second.stop_reason is first.stop_reason
    if first.converged:
        np.testing.assert_allclose(second.posterior.loc[panel.units], first.posterior, atol=1e-3)


@QUICK
@given(panel=panels(exposure=False), seed=st.integers(0, 1000), factor=st.floats(0.2, 5.0))
def test_a_common_exposure_is_an_offset_in_the_intercept(panel, seed, factor) -> None:
    observed = np.ones(panel.outcomes.shape) if panel.observed is None else panel.observed
    exposed = replace(panel, exposure=observed * factor)
    mixture, point, _ = mixture_at(exposed, "poisson", 3, seed)
    plain, _, _ = mixture_at(panel, "poisson", 3, seed)
    shifted = point.theta.copy()
    shifted[:, 0] += np.log(factor)
    assert mixture.e_step(point).llf == pytest.approx(
        plain.e_step(Parameters(point.log_probability, shifted)).llf, rel=1e-10
    )


@FEW
@given(panel=panels(exposure=False, missing=False), factor=st.floats(0.3, 3.0))
def test_exposure_scales_the_fitted_curves_and_nothing_else(panel, factor) -> None:
    exposed = replace(panel, exposure=np.full(panel.outcomes.shape, factor))
    plain, scaled = fit(panel, "poisson"), fit(exposed, "poisson")
    assert scaled.llf == pytest.approx(plain.llf, abs=1e-5)
    np.testing.assert_allclose(
        scaled.trajectories()["mean"] * factor, plain.trajectories()["mean"], rtol=1e-3
    )


def weight_of(panel: tr.Panel) -> np.ndarray:
    return np.ones(panel.n_units) if panel.weights is None else panel.weights


@FEW
@given(panel=panels())
def test_one_poisson_group_is_the_glm(panel) -> None:
    results = fit(panel, "poisson", 1)
    mask = np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed
    age = np.broadcast_to(panel.ages, panel.outcomes.shape)[mask]
    exposure = None if panel.exposure is None else panel.exposure[mask]
    weights = np.broadcast_to(weight_of(panel)[:, None], mask.shape)[mask]
    centred = age - panel.ages.mean()
    glm = sm.GLM(
        panel.outcomes[mask],
        np.vander(centred, 3, increasing=True),
        family=sm.families.Poisson(),
        exposure=exposure,
        freq_weights=weights,
    ).fit(tol=1e-12)
    assert results.llf == pytest.approx(glm.llf, rel=1e-8)
    centre = panel.ages.mean()
    b0, b1, b2 = results.params.to_numpy()
    moved = [b0 + b1 * centre + b2 * centre**2, b1 + 2 * b2 * centre, b2]
    np.testing.assert_allclose(moved, glm.params, rtol=1e-4, atol=1e-4)
    assert results.bse.iloc[2] == pytest.approx(glm.bse[2], rel=1e-4)


@EVERY_FAMILY
@QUICK
@given(panel=panels(missing=True), seed=st.integers(0, 1000))
def test_a_missing_cell_is_a_dropped_cell(panel, seed, family) -> None:
    panel = suit(panel, family)
    mixture, point, model = mixture_at(panel, family, 2, seed)
    mean = model.channels(point.theta, panel.ages)
    total = 0.0
    for row in range(panel.n_units):
        seen = np.ones(panel.n_ages, bool) if panel.observed is None else panel.observed[row]
        counts = panel.outcomes[row, seen][:, None]
        exposure = np.ones_like(counts)
        if panel.exposure is not None:
            exposure = panel.exposure[row, seen][:, None]
        by_group = model.family.log_density(counts, exposure, mean[:, seen]).sum(axis=0)
        base = model.family.base_measure(counts, exposure).sum()
        joint = by_group + point.log_probability
        total += weight_of(panel)[row] * (np.logaddexp.reduce(joint) + base)
    assert mixture.e_step(point).llf == pytest.approx(total, rel=1e-11)


@EVERY_FAMILY
@FEW
@given(panel=panels(exposure=False), seed=st.integers(0, 100))
def test_a_change_of_age_unit_changes_only_the_units(panel, seed, family) -> None:
    panel = suit(panel, family)
    months = replace(panel, ages=panel.ages * 12 - 40)
    years, other = fit(panel, family), fit(months, family)
    assert other.llf == pytest.approx(years.llf, abs=1e-4)
    if years.converged and other.converged:
        np.testing.assert_allclose(
            other.trajectories()["mean"], years.trajectories()["mean"], rtol=1e-2, atol=1e-6
        )


@EVERY_FAMILY
@FEW
@given(panel=panels(), seed=st.integers(0, 100))
def test_groups_come_in_one_order_and_the_seed_decides_everything(panel, seed, family) -> None:
    panel = suit(panel, family)
    first = fit(panel, family)
    curves = first.trajectories().groupby("group")["mean"].sum()
    assert curves.is_monotonic_increasing
    again = fit(panel, family)
    assert again.llf == first.llf
    np.testing.assert_array_equal(again.params, first.params)
    posterior = first.posterior
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(first.predict_proba(panel), posterior, atol=1e-12)


@EVERY_FAMILY
@FEW
@given(panel=panels(missing=False))
def test_a_partial_history_gives_the_posterior_of_what_was_seen(panel, family) -> None:
    panel = suit(panel, family)
    results = fit(panel, family)
    cut = panel.n_ages - 2
    mask = np.zeros(panel.outcomes.shape, bool)
    mask[:, :cut] = True
    partial = tr.Panel(
        outcomes=np.where(mask, panel.outcomes, 0.0),
        ages=panel.ages,
        exposure=None if panel.exposure is None else np.where(mask, panel.exposure, 0.0),
        observed=mask,
    )
    shorter = tr.Panel(
        outcomes=panel.outcomes[:, :cut],
        ages=panel.ages[:cut],
        exposure=None if panel.exposure is None else panel.exposure[:, :cut],
    )
    np.testing.assert_allclose(
        results.predict_proba(partial), results.predict_proba(shorter), atol=1e-10
    )
    young = np.where(mask[:1], panel.outcomes[:1], np.nan)
    exposure = None if panel.exposure is None else np.maximum(panel.exposure[:1], 1e-9)
    alone = tr.Panel.from_wide(young, ages=panel.ages, exposure=exposure)
    np.testing.assert_allclose(
        results.predict_proba(alone), results.predict_proba(shorter.subset([0])), atol=1e-10
    )


@pytest.mark.parametrize("name", ["censored_normal", "censored_normal cut", "beta"])
def test_starts_compared_on_rounded_outcomes_end_at_the_same_fit(name, monkeypatch) -> None:
    family = MEMBERS[name]
    rng = np.random.default_rng(8)
    level = np.array([0.5, 3.0])[rng.integers(0, 2, 150)][:, None]
    gone = rng.random((150, 6)) < 0.1
    gone[:, 0] = False
    counts = np.where(gone, np.nan, rng.poisson(level, (150, 6)))
    panel = suit(tr.Panel.from_wide(counts, ages=np.arange(6)), family)
    exact = fit(panel, family)
    monkeypatch.setattr(preparation, "MANY_CELLS", 0)
    prepared = prepare(panel, family)
    assert len(prepared.coarse.cells.outcome) <= 6 * 132
    assert len(prepared.coarse.cells.outcome) < len(prepared.statistics.cells.outcome)
    rounded = fit(panel, family)
    assert rounded.llf == pytest.approx(exact.llf, abs=1e-6)
    assert rounded.stop_reason is exact.stop_reason


@QUICK
@given(seed=st.integers(0, 2**16), size=st.sampled_from([1, 5, 400]), missing=st.booleans())
def test_rounded_outcomes_are_near_and_keep_the_extremes(seed, size, missing) -> None:
    rng = np.random.default_rng(seed)
    outcome = np.clip(rng.normal(0, 1, (size, 7)), -1, 2)
    observed = rng.random(outcome.shape) < 0.8 if missing else None
    if observed is not None:
        observed[:, 0] = True
    rounded = preparation.coarse_outcomes(outcome, observed)
    mask = np.ones(outcome.shape, bool) if observed is None else observed
    few = np.unique(rounded[mask])
    assert len(few) <= 131
    assert (few[0], few[-1]) == (outcome[mask].min(), outcome[mask].max())
    assert np.abs(rounded - outcome)[mask].max() <= (few[-1] - few[0]) / 30
    np.testing.assert_array_equal(rounded[~mask], outcome[~mask])


@FEW
@given(panel=panels(), unit=st.sampled_from([1e-6, 0.01, 3.0, 1e6]), origin=st.integers(-50, 50))
def test_the_unit_and_origin_of_a_normal_outcome_change_only_the_units(panel, unit, origin) -> None:
    panel = suit(panel, MEMBERS["censored_normal"])
    moved = unit * (panel.outcomes + origin)
    if panel.observed is not None:
        moved = np.where(panel.observed, moved, 0.0)
    other, one = (
        fit(replace(panel, outcomes=moved), "censored_normal"),
        fit(panel, "censored_normal"),
    )
    cells = one.n_cells * np.log(unit)
    assert other.llf + cells == pytest.approx(one.llf, abs=1e-4)
    if one.converged:
        mean = other.trajectories()["mean"] / unit - origin
        np.testing.assert_allclose(mean, one.trajectories()["mean"], atol=1e-3)
        assert other.converged


def test_persons_who_lie_exactly_on_a_line_are_no_better_than_a_proper_group() -> None:
    """A third always has the score 0: with a sigma of its own that group's likelihood explodes."""
    rng = np.random.default_rng(1)
    score = np.clip(rng.normal(1.5, 1, (240, 6)), 0.0, None)
    score[:80] = 0.0
    panel = tr.Panel.from_wide(score, ages=np.arange(6))
    with pytest.warns(tr.errors.DegenerateSolutionWarning, match="its sigma went to zero"):
        spike = tr.GroupTrajectories(2, "censored_normal", 1).fit(panel, n_starts=6)
    assert spike.stop_reason == "runaway_group"
    assert spike.bse.loc["mean", 1].isna().all()
    shared = tr.GroupTrajectories(2, CensoredNormal(sigma="common"), 1).fit(panel, n_starts=6)
    assert shared.stop_reason == "converged"
    with pytest.warns(tr.errors.DegenerateSolutionWarning, match="lie at the lower limit"):
        cut = tr.GroupTrajectories(2, CensoredNormal(lower=0), 1).fit(panel, n_starts=6)
    assert cut.stop_reason == "boundary"
    assert cut.bse.loc["mean", 1].isna().all()
    assert cut.bse.loc["mean", 2].notna().all()
    assert cut.group_probabilities[1] == pytest.approx(1 / 3, abs=0.01)
