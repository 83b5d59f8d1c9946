"""Each wrong input to a trajectory model ends in one clear error, before any work is done."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError

RNG = np.random.default_rng(0)
GOOD = RNG.poisson(1.0, (60, 8)).astype(float)


def panel(counts: np.ndarray = GOOD, **options: object) -> tr.Panel:
    return tr.Panel.from_wide(counts, ages=np.arange(counts.shape[1]) + 12, **options)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"n_groups": 0}, "1 or more"),
        ({"n_groups": 2.5}, "whole number"),
        ({"n_groups": 2, "family": "gaussian"}, "unknown family 'gaussian'"),
        ({"n_groups": 2, "degree": -1}, "not all"),
        ({"n_groups": 2, "degree": (1, 2, 3)}, "3 entries for 2 groups"),
        ({"n_groups": 2, "degree": -2}, "degree must be"),
        ({"n_groups": 2, "degree": 9}, "degree must be"),
        ({"n_groups": 3, "degree": (-1, -1, 2)}, "at most one group"),
        ({"n_groups": 2, "basis": "fourier"}, "unknown basis 'fourier'"),
        ({"n_groups": 2, "basis": "natural_spline", "degree": 2}, "natural spline has degree 3"),
        ({"n_groups": 2, "family": tr.families.ZeroInflatedPoisson((1, 2, 0))}, "3 entries for 2"),
        ({"n_groups": 2, "degree": 1.5}, "degree must be"),
        ({"n_groups": 2, "degree": "2"}, "degree must be"),
    ],
)
def test_a_specification_that_makes_no_model_is_refused(arguments: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        tr.GroupTrajectories(**arguments)


@pytest.mark.parametrize(
    ("counts", "n_groups", "degree", "says"),
    [
        (np.zeros((60, 8)), 2, 2, "every observed count is zero"),
        (np.tile(GOOD[:2], (30, 1)), 3, 2, "only 2 distinct histories"),
        (GOOD[:6], 2, 2, "6 units are fewer than the 7 parameters"),
        (GOOD[:, :2], 1, 2, "needs at least 3 ages"),
        (np.where(GOOD == 1, 0.5, GOOD), 1, 1, "fraction"),
        (np.where(GOOD == 1, -1.0, GOOD), 1, 1, "negative"),
    ],
)
def test_a_panel_that_cannot_carry_the_model_is_refused(
    counts: np.ndarray, n_groups: int, degree: int, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        tr.GroupTrajectories(n_groups, "poisson", degree).fit(panel(counts))


def test_ages_observed_in_nobody_do_not_carry_a_curve() -> None:
    outcomes = GOOD[:, :4].copy()
    observed = np.ones_like(outcomes, dtype=bool)
    observed[:, 2:] = False
    outcomes[:, 2:] = 0
    narrow = tr.Panel(outcomes=outcomes, ages=np.arange(4.0), observed=observed)
    with pytest.raises(InputError, match="at least 3 ages; the panel has 2"):
        tr.GroupTrajectories(1, "poisson", 2).fit(narrow)


def test_fit_takes_a_panel_and_says_how_to_make_one() -> None:
    with pytest.raises(InputError, match="from_wide"):
        tr.GroupTrajectories(1).fit(GOOD)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, None, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(InputError, match="seed"):
        tr.GroupTrajectories(1).fit(panel(), seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("n_starts", [0, -3, 2.5, "many"])
def test_the_number_of_starts_is_a_whole_number_above_zero(n_starts: object) -> None:
    with pytest.raises(InputError, match="n_starts"):
        tr.GroupTrajectories(2).fit(panel(), n_starts=n_starts)  # type: ignore[arg-type]


def test_prediction_outside_the_fitted_ages_is_refused() -> None:
    results = tr.GroupTrajectories(1).fit(panel())
    later = tr.Panel.from_wide(GOOD, ages=np.arange(8) + 15)
    with pytest.raises(InputError, match="3 of 8 ages"):
        results.predict_proba(later)
    with pytest.raises(InputError, match="within 12 to 19"):
        results.trajectories(ages=[30])


def test_weights_of_other_units_or_no_numbers_are_refused() -> None:
    spec = tr.GroupTrajectories(1)
    with pytest.raises(InputError, match="weights lack 60 of 60 units"):
        spec.fit(panel(), weights=pd.Series(np.ones(60), index=range(500, 560)))
    with pytest.raises(InputError, match="weights= is text: fit takes one number a unit"):
        spec.fit(panel(), weights="w")


def test_a_model_with_exposure_does_not_predict_without() -> None:
    exposed = panel(exposure=np.ones_like(GOOD))
    results = tr.GroupTrajectories(2, degree=1).fit(exposed)
    assert results.predict_proba(exposed).shape == (60, 2)
    with pytest.raises(InputError, match="fitted with exposure"):
        results.predict_proba(panel())


def test_prediction_takes_a_panel_and_curves_take_ages() -> None:
    results = tr.GroupTrajectories(1).fit(panel())
    with pytest.raises(InputError, match="needs a Panel"):
        results.predict_proba(pd.DataFrame(GOOD))
    with pytest.raises(InputError, match="ages must be numbers"):
        results.trajectories(ages="x")
    with pytest.raises(InputError, match="saved to a path"):
        results.save(None)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, "high"])
def test_a_level_lies_between_zero_and_one(level: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        tr.GroupTrajectories(1).fit(panel()).trajectories(level=level)


def test_selection_needs_a_candidate_and_a_known_criterion() -> None:
    with pytest.raises(InputError, match="no candidate"):
        tr.select(panel(), n_groups=[])
    selection = tr.select(panel(), n_groups=[1])
    with pytest.raises(InputError, match="criterion must be one of"):
        selection.recommend("deviance")


def test_a_boundary_solution_can_be_recommended_and_the_rule_says_so() -> None:
    rng = np.random.default_rng(6)
    counts = rng.binomial(6, rng.choice([0.1, 0.7], (300, 1)) * np.ones(5)).astype(float)
    family = tr.families.ZeroInflatedPoisson(inflation_degree=0)
    selection = tr.select(tr.Panel.from_wide(counts), n_groups=(1, 2), degree=0, family=family)
    best, rule = selection.recommend("bic")
    assert best.n_groups == 2
    assert best.stop_reason == "boundary"
    assert "zip (inflation_degree 0)" in rule
    assert "stopped at boundary" in rule
    assert selection.table["settings"].tolist() == ["inflation_degree 0"] * 2


def test_a_candidate_that_cannot_be_fitted_stays_in_the_table_with_its_reason() -> None:
    selection = tr.select(panel(GOOD[:12]), n_groups=[1, 4])
    assert list(selection.table["n_groups"]) == [1, 4]
    assert "fewer than" in selection.table["stop_reason"].iloc[1]
    assert np.isnan(selection.table["llf"].iloc[1])
    best, rule = selection.recommend()
    assert best.n_groups == 1
    assert "lowest bic" in rule
