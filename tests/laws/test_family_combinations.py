"""A family, a basis, degrees per group, individual ages and a saved model combine freely."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.families import FAMILIES, CensoredNormal, Family, NegativeBinomial

AGES = np.arange(10.0, 18.0)
MEMBERS: dict[str, Family] = {
    **{name: member() for name, member in FAMILIES.items()},
    "censored_normal cut": CensoredNormal(lower=-0.5, upper=2.5, sigma="common"),
    "negbin common": NegativeBinomial("common"),
}
EVERY_FAMILY = pytest.mark.parametrize("name", MEMBERS)


@cache
def panel_of(name: str) -> tr.Panel:
    """Draw a flat and a peaked group from the family itself, with missing cells."""
    family = MEMBERS[name]
    rng = np.random.default_rng(3)
    peaked = rng.random(150) < 0.5
    first = np.where(peaked[:, None], 1.3 - ((AGES - 13.0) / 3) ** 2 / 2, -0.6)
    channels = np.full((len(family.channels), 150, len(AGES)), -0.8)
    channels[0] = first
    if name == "beta":
        channels[1] = 2.0
    outcome = family.draw(channels, np.ones_like(first), rng)
    gone = rng.random(outcome.shape) < 0.1
    gone[:, 0] = False
    return tr.Panel.from_wide(np.where(gone, np.nan, outcome), ages=AGES)


def fit(panel: tr.Panel, name: str, **options) -> tr.GroupTrajectoriesResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        return tr.GroupTrajectories(2, MEMBERS[name], **options).fit(panel, n_starts=8)


@cache
def quadratic(name: str) -> tr.GroupTrajectoriesResults:
    return fit(panel_of(name), name, degree=2)


@EVERY_FAMILY
def test_degrees_per_group_and_splines_nest(name) -> None:
    straight = fit(panel_of(name), name, degree=(0, 2))
    spline = fit(panel_of(name), name, degree=(0, 3), basis="natural_spline")
    assert sorted(straight.degree) == [0, 2]
    assert straight.n_params == quadratic(name).n_params - 2
    assert straight.llf <= quadratic(name).llf + 1e-6
    for results in (straight, spline):
        assert results.gradient < 1e-5
        flat = results.degree.index(0) + 1
        curve = results.trajectories().set_index("group").loc[flat, "mean"]
        if name not in ("zip", "zinb"):  # where the extra zeros have a slope of their own
            np.testing.assert_allclose(curve, curve.iloc[0], rtol=1e-9)


@EVERY_FAMILY
def test_individual_ages_on_a_common_grid_are_the_common_grid(name) -> None:
    panel = panel_of(name)
    rows, columns = np.nonzero(np.asarray(panel.observed))
    frame = pd.DataFrame(
        {"unit": rows, "age": AGES[columns], "count": panel.outcomes[rows, columns]}
    )
    own = tr.Panel.from_long(frame.sample(frac=1, random_state=1), individual=True)
    other = fit(own, name, degree=2)
    assert other.llf == pytest.approx(quadratic(name).llf, abs=1e-5)
    np.testing.assert_allclose(
        other.trajectories()["mean"], quadratic(name).trajectories()["mean"], rtol=1e-2, atol=1e-3
    )


@EVERY_FAMILY
def test_a_saved_model_gives_the_same_answers(name, tmp_path: Path) -> None:
    results = quadratic(name)
    results.save(tmp_path / "model.json")
    again = tr.load(tmp_path / "model.json")
    assert again.family == results.family
    assert again.n_params == results.n_params
    pd.testing.assert_frame_equal(again.trajectories(), results.trajectories())
    pd.testing.assert_series_equal(again.bse, results.bse)
    panel = panel_of(name)
    pd.testing.assert_frame_equal(again.predict_proba(panel), results.predict_proba(panel))
    np.testing.assert_allclose(results.predict_proba(panel), results.posterior, atol=1e-12)


@pytest.mark.parametrize("name", [name for name, family in MEMBERS.items() if family.has_zero])
def test_a_group_may_be_fixed_at_zero(name) -> None:
    outcome = panel_of(name).outcomes.copy()
    outcome[:60] = 0.0
    panel = tr.Panel.from_wide(outcome, ages=AGES)
    results = fit(panel, name, degree=(-1, 2))
    assert results.degree == (-1, 2)
    assert (results.trajectories().query("group == 1")["mean"] == 0).all()
    never = (panel.outcomes == 0).all(axis=1)
    assert (results.posterior[1][~never] == 0).all()
    assert results.posterior[1][never].min() > 0.3
    assert results.group_probabilities[1] == pytest.approx(0.4, abs=0.12)


@pytest.mark.parametrize("name", [name for name, family in MEMBERS.items() if not family.has_zero])
def test_a_family_without_a_zero_refuses_degree_minus_one(name) -> None:
    with pytest.raises(tr.errors.InputError, match="-1"):
        tr.GroupTrajectories(2, MEMBERS[name], (-1, 2))


@pytest.mark.parametrize(
    "name", [name for name, family in MEMBERS.items() if not family.takes_exposure]
)
def test_a_family_without_exposure_refuses_one(name) -> None:
    panel = panel_of(name)
    exposed = tr.Panel(
        outcomes=panel.outcomes,
        ages=panel.ages,
        observed=panel.observed,
        exposure=0.5 * np.asarray(panel.observed),
    )
    with pytest.raises(tr.errors.InputError, match="has no exposure"):
        fit(exposed, name, degree=2)
    all_one = tr.Panel(
        outcomes=panel.outcomes,
        ages=panel.ages,
        observed=panel.observed,
        exposure=1.0 * np.asarray(panel.observed),
    )
    assert fit(all_one, name, degree=2).llf == pytest.approx(quadratic(name).llf, abs=1e-6)


@pytest.mark.parametrize("make", [tr.families.ZeroInflatedPoisson, "zinb"])
def test_an_inflation_degree_per_group_needs_one_for_each(make) -> None:
    family = make((0, 1, 1)) if callable(make) else tr.families.resolve(make, inflation_degree=[0])
    with pytest.raises(tr.errors.InputError, match="inflation_degree has"):
        tr.GroupTrajectories(2, family, 2)
