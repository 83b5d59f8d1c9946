"""Laws of what large panels rest on: threads, projection, storage, merging change no answer."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trajectories as tr
import trajectories.numerics.shared_rows as sharing
from trajectories.families import resolve
from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.panel_problem import make_mixture
from trajectories.groups.search.prepare import prepare
from trajectories.groups.search.sampling import draw
from trajectories.numerics.mixture import Parameters
from trajectories.panel.distinct import distinct_rows

AGES = np.arange(12) + 14.0


def drawn(n_units: int, seed: int = 0) -> np.ndarray:
    """Counts with extra zeros in which few histories are equal."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(2.0, 0.6, n_units)[:, None], (n_units, len(AGES)))
    return (counts * (rng.random(counts.shape) < 0.7)).astype(float)


def panels(family: str) -> dict[str, tr.Panel]:
    """Return panels whole, with gaps and weights, and with exposure where the family takes it."""
    counts = drawn(9_000)
    if family == "bernoulli":
        counts = (counts > 0).astype(float)
    rng = np.random.default_rng(1)
    gaps = np.where(rng.random(counts.shape) < 0.1, np.nan, counts)
    weights = rng.integers(1, 5, len(counts)).astype(float)
    found = {
        "whole": tr.Panel.from_wide(counts, ages=AGES),
        "gaps and weights": tr.Panel.from_wide(gaps, ages=AGES, weights=weights),
    }
    if family != "bernoulli":
        free = rng.choice([0.25, 0.5, 1.0], counts.shape)
        found["exposure"] = tr.Panel.from_wide(counts, ages=AGES, exposure=free)
    return found


def one_round(panel: tr.Panel, family: str, projected: bool, n_jobs: int) -> list[np.ndarray]:
    """Return the parameters after an EM step, the score, the information and the posterior."""
    model = Model.build(resolve(family), (2,) * 3, panel.ages)
    statistics = prepare(panel, model.family, merge=False).statistics
    if projected:
        statistics = statistics.projected(model.designs(panel.ages)[0])
    statistics.n_jobs = n_jobs
    mixture = make_mixture(panel, model, statistics)
    theta = np.zeros((3, model.n_group_parameters))
    theta[:, 0] = [-1.5, -0.5, 0.6]
    theta[:, 1:3] = np.random.default_rng(2).normal(0, 0.3, (3, 2))
    start = Parameters(np.log([0.5, 0.3, 0.2]), theta)
    after = mixture.m_step(start, mixture.e_step(start))
    llf, score, information, _ = mixture.score_and_information(after)
    table = mixture.density.log_density(after.theta)
    posterior = statistics.posterior(table, after.log_probability)
    return [after.theta, np.array(llf), score, information, posterior]


@pytest.fixture(params=["processes", "threads"])
def shared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Share passes over few rows as well, in either way."""
    monkeypatch.setattr(sharing, "SMALLEST", 1)
    if request.param == "threads":
        monkeypatch.setattr(sharing, "can_share", lambda: False)
    elif not sharing.can_share():
        pytest.skip("this system does not let processes see each other's memory")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("family", ["poisson", "zip", "zip_tau", "bernoulli", "negbin"])
def test_sharing_a_pass_does_not_change_a_bit(family: str) -> None:
    for panel in panels(family).values():
        alone = one_round(panel, family, True, 1)
        for n_jobs in (2, 3):
            together = one_round(panel, family, True, n_jobs)
            assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


@pytest.mark.parametrize("family", ["poisson", "zip", "zip_tau", "bernoulli"])
def test_products_with_the_basis_stand_for_the_outcomes(family: str) -> None:
    for panel in panels(family).values():
        plain = one_round(panel, family, False, 1)
        quick = one_round(panel, family, True, 1)
        for a, b in zip(plain, quick, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(a).max())


@pytest.mark.usefixtures("shared")
def test_a_fit_is_the_same_for_any_number_of_jobs() -> None:
    panel = tr.Panel.from_wide(drawn(3_000), ages=AGES)
    fits = [tr.GroupTrajectories(2, "zip", 2).fit(panel, n_starts=3, n_jobs=n) for n in (1, 2, -1)]
    for other in fits[1:]:
        assert np.array_equal(fits[0].params, other.params)
        assert np.array_equal(fits[0].posterior, other.posterior)
        assert fits[0].llf == other.llf


@pytest.mark.parametrize("wrong", [0, 1.5, True])
def test_a_number_of_jobs_that_is_none_is_refused(wrong: object) -> None:
    panel = tr.Panel.from_wide(drawn(100), ages=AGES)
    with pytest.raises(tr.errors.InputError, match="n_jobs"):
        tr.GroupTrajectories(1, "poisson", 1).fit(panel, n_jobs=wrong)


@given(
    n_ages=st.integers(1, 21),
    n_units=st.integers(1, 60),
    kind=st.sampled_from([np.uint8, np.uint16]),
    seed=st.integers(0, 99),
)
def test_rows_of_small_integers_are_grouped_as_rows_of_numbers_are(
    n_ages: int, n_units: int, kind: type, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    counts = (rng.poisson(0.4, (n_units, n_ages)) * (rng.random((n_units, 1)) < 0.5)).astype(kind)
    first, inverse = distinct_rows(counts)
    wide_first, wide_inverse = distinct_rows(counts.astype(float))
    assert np.array_equal(first, wide_first)
    assert np.array_equal(inverse, wide_inverse)
    assert np.array_equal(counts[first][inverse], counts)
    assert len(np.unique(counts, axis=0)) == len(first)


def register_like(n_units: int, seed: int = 0) -> np.ndarray:
    """Small counts of which nine in ten rows are zeros."""
    rng = np.random.default_rng(seed)
    active = rng.random(n_units) < 0.1
    curve = np.exp(-((AGES - 18.0) ** 2) / 12)
    rate = np.where(active, rng.gamma(0.8, 1.2, n_units), 0.0)
    return rng.poisson(rate[:, None] * curve).astype(np.uint8)


@pytest.mark.parametrize("family", ["poisson", "zip", "negbin", "bernoulli"])
def test_small_integers_give_the_answers_that_numbers_give(family: str) -> None:
    counts = register_like(1_200) if family != "bernoulli" else register_like(1_200).clip(max=1)
    narrow = tr.Panel.from_wide(counts, ages=AGES)
    wide = tr.Panel.from_wide(counts.astype(float), ages=AGES)
    assert narrow.outcomes.dtype == np.uint8
    assert wide.outcomes.dtype == np.float64
    found = []
    for panel in (narrow, wide):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", tr.errors.TrajectoriesWarning)
            results = tr.GroupTrajectories(2, family, 2).fit(panel, n_starts=4)
            found.append(every_table(results, panel))
    assert found[0].keys() == found[1].keys()
    for name, table in found[0].items():
        assert_same(table, found[1][name], name)


def every_table(results: tr.GroupTrajectoriesResults, panel: tr.Panel) -> dict[str, object]:
    """Return what results and panel say by all public methods that read outcomes."""
    groups = results.posterior
    tables: dict[str, object] = {
        "params": results.params,
        "cov": results.cov_params(),
        "posterior": groups,
        "proba": results.predict_proba(panel),
        "audit": panel.audit(),
        "adequacy": results.adequacy(panel=panel),
        "frequency": tr.careers.frequency(panel),
        "participation": tr.careers.participation(panel),
        "robust": results.with_covariance("robust", panel=panel).cov_params(),
    }
    if panel.is_count:
        tables["score"] = tr.profiles.score(results, panel)
    for name in ("residuals", "dispersion", "posterior_distribution", "histories"):
        tables[name] = getattr(results, name)(panel)
    return tables


def assert_same(one: object, other: object, name: str) -> None:
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, rtol=1e-10, obj=name, check_dtype=False)
    else:
        pd.testing.assert_series_equal(one, other, rtol=1e-10, obj=name)


@given(
    n_rows=st.integers(2, 400),
    share=st.floats(0.05, 0.9),
    seed=st.integers(0, 99),
)
def test_a_sample_of_rows_holds_every_heavy_one_and_the_total(
    n_rows: int, share: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    weights = np.ceil(rng.pareto(0.7, n_rows) + 1e-9)
    size = max(1, int(share * n_rows))
    sample = draw(rng.permutation(n_rows), weights, size, rng)
    assert len(np.unique(sample.rows)) == len(sample.rows)
    assert abs(len(sample.rows) - size) <= 1
    assert set(np.flatnonzero(weights > sample.threshold * (1 + 1e-9))) <= set(sample.rows)
    assert abs(sample.weights.sum() - weights.sum()) <= sample.threshold * (1 + 1e-6)
    np.testing.assert_allclose(sample.weights, np.maximum(weights[sample.rows], sample.threshold))


def test_a_large_panel_ends_where_all_starts_on_all_of_it_end() -> None:
    counts = drawn(12_000, seed=3)[:, :8]
    panel = tr.Panel.from_wide(counts.astype(np.uint8), ages=AGES[:8])
    spec = tr.GroupTrajectories(2, "poisson", 1)
    sampled = spec.fit(panel, control=Control(n_starts=6, n_finish=3, sample_size=500))
    whole = spec.fit(panel, control=Control(n_starts=6, n_finish=3, sample_size=12_000))
    assert sampled.converged
    np.testing.assert_allclose(sampled.llf, whole.llf, rtol=1e-11)
    np.testing.assert_allclose(sampled.params, whole.params, rtol=1e-5, atol=1e-7)
    assert 1 <= sampled.n_replicated <= sampled.n_finished == 3
    assert sampled.n_iter < whole.n_iter
