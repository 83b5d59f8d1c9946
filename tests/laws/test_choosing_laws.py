"""Laws of prediction, residuals, draws and searches."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning
from trajectories.families import FAMILIES, CensoredNormal, Family
from trajectories.families.links import INVERSE
from trajectories.groups import (
    Control,
    bootstrap_likelihood_ratio,
    cross_validate,
    degree_search,
)
from trajectories.groups.adequacy.dispersion import ratios
from trajectories.groups.adequacy.person_density import group_log_density, mixed
from trajectories.groups.adequacy.simulated_outcomes import one_row_a_person, simulate_outcomes
from trajectories.groups.choosing.held_out import forecast

MEMBERS: dict[str, Family] = {
    **{name: member() for name, member in FAMILIES.items()},
    "censored_normal cut": CensoredNormal(lower=0.0, upper=4.0),
}
EVERY_FAMILY = pytest.mark.parametrize("family", MEMBERS.values(), ids=MEMBERS)
FEW = settings(max_examples=4, suppress_health_check=list(HealthCheck))
QUICK = Control(n_starts=10, n_finish=3)


def counts_panel(seed: int, n: int = 60, weights: bool = False) -> tr.Panel:
    """Return counts of two groups with missing cells, exposure and, if wanted, weights."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    at_risk = rng.choice([0.5, 1.0], (n, 5))
    mean = np.array([[0.4] * 5, [2.0, 3.0, 3.0, 2.5, 2.0]])[group] * at_risk
    counts = rng.poisson(mean).astype(float)
    gone = rng.random(counts.shape) < 0.15
    gone[:, 0] = False
    counts[gone] = np.nan
    heavy = rng.integers(1, 4, n) if weights else None
    return tr.Panel.from_wide(counts, ages=np.arange(5) + 14, exposure=at_risk, weights=heavy)


def fitted(panel: tr.Panel, n_groups: int = 2, family: str | Family = "poisson"):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        return tr.GroupTrajectories(n_groups, family, 1).fit(panel, control=QUICK)


def repeated(panel: tr.Panel) -> tr.Panel:
    """Return the panel with each row as often as it weighs."""
    whole = one_row_a_person(panel)
    return replace(whole, units=None)


def truth(family: Family, rng: np.random.Generator) -> np.ndarray:
    """Return moderate channels of one cell, shape (q,)."""
    return rng.uniform(-0.6, 0.6, len(family.channels)) - np.array(
        [0.0] + [1.0] * (len(family.channels) - 1)
    )


@EVERY_FAMILY
@pytest.mark.parametrize("seed", [1, 2])
def test_draws_have_the_mean_and_the_variance_that_the_family_says(family, seed) -> None:
    rng = np.random.default_rng(seed)
    n, at_risk = 40_000, 0.7 if family.takes_exposure else 1.0
    cell = truth(family, rng)
    channels = np.broadcast_to(cell[:, None], (len(cell), n))
    drawn = family.draw(channels, np.full(n, at_risk), rng)
    mean = float(INVERSE[family.link](family.link_mean(cell[:, None, None])[0])[0, 0]) * at_risk
    variance = float(family.variance(cell[:, None], np.array([at_risk]))[0])
    assert drawn.shape == (n,)
    assert abs(drawn.mean() - mean) < 5 * np.sqrt(variance / n)
    square = (drawn - mean) ** 2
    assert abs(square.mean() - variance) < 5 * square.std() / np.sqrt(n)


@EVERY_FAMILY
def test_log_densities_by_person_add_up_to_the_log_likelihood(family) -> None:
    rng = np.random.default_rng(3)
    cell = np.stack([truth(family, rng) for _ in range(2)])
    cell[1, 0] += 1.5
    group = rng.integers(0, 2, 80)
    channels = np.broadcast_to(cell[group].T[:, :, None], (cell.shape[1], 80, 5))
    outcome = family.draw(channels, np.ones((80, 5)), rng)
    if family.name == "beta":
        outcome = np.clip(outcome, 1e-6, 1 - 1e-6)
    outcome[rng.random((80, 5)) < 0.1] = np.nan
    outcome[:, 0] = np.where(np.isnan(outcome[:, 0]), 0.5 * (not family.is_count), outcome[:, 0])
    if family.name == "bernoulli":
        outcome[:, 0] = np.round(outcome[:, 0])
    panel = tr.Panel.from_wide(outcome, ages=np.arange(5) + 14)
    fit = fitted(panel, family=family)
    each, posterior = mixed(
        group_log_density(fit.model, fit.parameters, panel), fit.parameters.log_probability
    )
    assert each.sum() == pytest.approx(fit.llf, rel=1e-10)
    np.testing.assert_allclose(posterior, fit.posterior.to_numpy(), atol=1e-9)


@FEW
@given(seed=st.integers(0, 10_000))
def test_log_densities_of_earlier_and_later_ages_add_up(seed) -> None:
    panel = counts_panel(seed)
    fit = fitted(panel)
    early = np.array([True, True, False, False, False])
    parts = [group_log_density(fit.model, fit.parameters, panel, keep) for keep in (early, ~early)]
    whole = group_log_density(fit.model, fit.parameters, panel)
    np.testing.assert_allclose(parts[0] + parts[1], whole, atol=1e-9)


@FEW
@given(seed=st.integers(0, 10_000), cutoff=st.sampled_from([14, 15, 16.5, 17]))
def test_a_forecast_never_looks_at_the_ages_that_it_forecasts(seed, cutoff) -> None:
    panel = counts_panel(seed)
    fit = fitted(panel)
    later = panel.ages > cutoff
    changed = panel.outcomes.copy()
    seen = panel.observed[:, later]
    changed[:, later] = np.where(seen, np.random.default_rng(seed).poisson(9, seen.shape), 0.0)
    one, early = forecast(fit, panel, cutoff)
    other, same = forecast(fit, replace(panel, outcomes=changed), cutoff)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(early, same)
    assert (one[~seen] == 0).all()
    assert (one[seen] > 0).all()


@settings(max_examples=2)
@given(seed=st.integers(0, 10_000))
def test_cross_validation_does_not_depend_on_the_order_of_persons(seed) -> None:
    panel = counts_panel(seed, n=30)
    order = np.random.default_rng(seed).permutation(30)
    specs = [tr.GroupTrajectories(k, "poisson", 0) for k in (1, 2)]
    tables = [
        cross_validate(one, specs, folds=3, cutoff_age=15, control=QUICK).table
        for one in (panel, panel.subset(order))
    ]
    pd.testing.assert_frame_equal(*tables, rtol=1e-6)


def test_the_answer_is_the_same_for_any_number_of_jobs() -> None:
    panel = counts_panel(7)
    choices = [
        tr.select(panel, (1, 2), 0, control=QUICK, cross_validation=2, n_jobs=jobs)
        for jobs in (1, 2)
    ]
    pd.testing.assert_frame_equal(choices[0].table, choices[1].table)
    small, large = list(choices[0].results.values())
    tests = [
        bootstrap_likelihood_ratio(panel, small, large, 9, n_jobs=jobs, control=QUICK)
        for jobs in (1, 2)
    ]
    np.testing.assert_array_equal(tests[0].replicates, tests[1].replicates)


@FEW
@given(seed=st.integers(0, 10_000))
def test_a_weight_is_that_many_persons_in_residuals_dispersion_and_bars(seed) -> None:
    panel = counts_panel(seed, n=40, weights=True)
    fit = fitted(panel)
    whole = repeated(panel)
    pd.testing.assert_frame_equal(fit.residuals(panel), fit.residuals(whole), rtol=1e-8)
    for one, other in zip(ratios(fit, panel), ratios(fit, whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8)
    pd.testing.assert_frame_equal(
        fit.posterior_distribution(panel), fit.posterior_distribution(whole), rtol=1e-12
    )


@FEW
@given(seed=st.integers(0, 10_000))
def test_residuals_of_a_poisson_fit_are_orthogonal_to_its_curve(seed) -> None:
    panel = counts_panel(seed)
    fit = fitted(panel)
    if not fit.converged:
        return
    table = fit.residuals(panel)
    for _, part in table.groupby("group"):
        # the score equations of intercept and slope
        assert abs(part["residual"].sum()) < 1e-3
        assert abs((part["residual"] * (part["age"] - 16)).sum()) < 1e-2


@FEW
@given(seed=st.integers(0, 10_000))
def test_simulated_panels_keep_missing_cells_exposure_and_ages(seed) -> None:
    panel = counts_panel(seed)
    fit = fitted(panel)
    drawn = simulate_outcomes(fit.model, fit.parameters, panel, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn.observed, panel.observed)
    np.testing.assert_array_equal(drawn.exposure, panel.exposure)
    again = simulate_outcomes(fit.model, fit.parameters, panel, np.random.default_rng(seed))
    np.testing.assert_array_equal(drawn.outcomes, again.outcomes)
    assert drawn.is_count


@FEW
@given(seed=st.integers(0, 10_000))
def test_a_larger_model_of_a_selection_never_has_a_lower_likelihood(seed) -> None:
    few = Control(n_starts=2, n_finish=1)
    table = tr.select(counts_panel(seed), range(1, 5), 1, control=few).table
    proper = table[table["usable"]]
    assert (proper["llf"].diff().dropna() > -1e-3).all()
    assert set(table["start"]) <= {"random", "smaller model"}


@FEW
@given(seed=st.integers(0, 10_000), criterion=st.sampled_from(["bic", "wald"]))
def test_a_degree_search_takes_away_one_degree_a_step(seed, criterion) -> None:
    search = degree_search(counts_panel(seed), 2, highest=2, criterion=criterion, control=QUICK)
    kept = search.path[search.path["kept"]]
    size = kept["degree"].map(sum)
    assert size.iloc[0] == 4
    assert (size.diff().dropna() == -1).all()
    assert kept["degree"].iloc[-1] == search.results.model.degree
    # a lowered model is nested in the one before it
    assert (kept["llf"].diff().dropna() < 1e-6).all()
    if criterion == "bic":
        assert (kept["bic"].diff().dropna() < 0).all()
    assert (search.path[~search.path["kept"]].groupby("step").size() <= 2).all()


def test_one_group_can_be_drawn_from_with_ages_of_persons_own() -> None:
    rng = np.random.default_rng(2)
    own = np.arange(6) + 15 + rng.choice([0.0, 0.25, 0.5], (80, 6))
    counts = rng.poisson(np.exp(0.3 * (own - 17))).astype(float)
    panel = tr.Panel.from_wide(counts, ages=own)
    fit = tr.GroupTrajectories(1, "poisson", 1).fit(panel)
    many = [
        simulate_outcomes(fit.model, fit.parameters, panel, np.random.default_rng(s)).outcomes
        for s in range(300)
    ]
    intercept, slope = fit.params.loc["mean"].to_numpy()
    mean = np.exp(intercept + slope * own)
    z = (np.mean(many, axis=0) - mean) / np.sqrt(mean / 300)
    assert abs(z).max() < 5
