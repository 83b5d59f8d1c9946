"""Whatever the panel, a fit ends in usable results with a named reason, or in one clear error."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.families import FAMILIES, CensoredNormal, Family, NegativeBinomial

MEMBERS: dict[str, Family] = {
    **{name: member() for name, member in FAMILIES.items()},
    "censored_normal cut": CensoredNormal(lower=0.0, upper=3.0, sigma="common"),
    "negbin common": NegativeBinomial("common"),
}
SCALE = 20 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 1


def counts_of(kind: str, n_units: int, n_ages: int, rng: np.random.Generator) -> np.ndarray:
    shape = (n_units, n_ages)
    if kind == "mixed":
        return rng.poisson(np.broadcast_to(rng.gamma(1, 1, (n_units, 1)), shape))
    if kind == "rare":
        return rng.random(shape) < 0.02
    if kind == "huge":
        return rng.poisson(np.broadcast_to(rng.choice([1.0, 5e4], (n_units, 1)), shape))
    if kind == "binary":
        return rng.integers(0, 2, shape)
    if kind == "constant":
        return np.tile(rng.integers(0, 4, (n_units, 1)), n_ages)
    alone = np.zeros(shape)
    alone[0, 0] = rng.integers(1, 1000)
    return alone


def suited(counts: np.ndarray, family: Family, rng: np.random.Generator) -> np.ndarray:
    """Turn counts into outcomes that the family describes; constant histories stay constant."""
    if family.is_count:
        return counts
    if family.name == "bernoulli":
        return (counts > 0).astype(float)
    if isinstance(family, CensoredNormal):
        moved = counts * rng.choice([1e-6, 1.0, 1e6]) + rng.choice([0.0, 0.0, -5.0])
        low = -np.inf if family.lower is None else family.lower
        return np.clip(moved, low, np.inf if family.upper is None else family.upper)
    return (counts + rng.choice([1e-9, 0.5])) / (counts.max() + 1)


@pytest.mark.parametrize("family", MEMBERS.values(), ids=MEMBERS)
@settings(max_examples=8 * SCALE, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["mixed", "rare", "huge", "binary", "constant", "one event"]),
    n_units=st.sampled_from([5, 12, 30, 100]),
    n_ages=st.sampled_from([1, 2, 4, 10, 30]),
    n_groups=st.integers(1, 5),
    degree=st.integers(0, 3),
    missing=st.booleans(),
    exposed=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_every_panel_ends_in_results_or_one_clear_error(
    kind, family, n_units, n_ages, n_groups, degree, missing, exposed, seed
) -> None:
    rng = np.random.default_rng(seed)
    counts = suited(counts_of(kind, n_units, n_ages, rng).astype(float), family, rng)
    if missing:
        gone = rng.random(counts.shape) < 0.3
        gone[:, 0] = False
        counts[gone] = np.nan
    exposure = rng.choice([1e-12, 0.01, 0.5, 1.0], counts.shape)
    if not (exposed and family.takes_exposure):
        exposure = None
    ages = np.sort(rng.choice(np.arange(-50, 2100), n_ages, replace=False))
    panel = tr.Panel.from_wide(counts, ages=ages, exposure=exposure)
    refusal = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        try:
            results = tr.GroupTrajectories(n_groups, family, degree).fit(panel, n_starts=6)
        except InputError as error:
            refusal = str(error)
    if refusal is not None:
        assert "\n" not in refusal
        return
    assert np.isfinite(results.llf)
    assert results.n_params <= results.nobs
    np.testing.assert_allclose(results.posterior.sum(axis=1), 1.0, rtol=1e-9)
    assert results.converged == (results.stop_reason == "converged")
    assert results.converged or results.notes
    if results.converged:
        assert results.bse.notna().all()
        assert results.adequacy()[["share_lower", "share_upper"]].notna().all(axis=None)
    limits = results.trajectories()
    known = limits.dropna()
    slack = 1e-12 * known["mean"].abs()
    assert (known["lower"] <= known["mean"] + slack).all()
    assert (known["mean"] <= known["upper"] + slack).all()
    for text in (results.summary(), repr(results), results.typology().to_string()):
        assert text
