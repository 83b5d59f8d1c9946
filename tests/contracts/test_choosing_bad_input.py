"""What cannot be chosen, cross-validated or tested ends in one clear line."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.groups import (
    Control,
    bootstrap_likelihood_ratio,
    cross_validate,
    degree_search,
)

pytestmark = pytest.mark.filterwarnings("ignore::trajectories.errors.WeightWarning")
QUICK = Control(n_starts=6, n_finish=2)


@cache
def panel(seed: int = 0, weights: bool = False) -> tr.Panel:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.choice([0.4, 2.5], (60, 1)) * np.ones(5)).astype(float)
    heavy = np.full(60, 1.5) if weights else None
    return tr.Panel.from_wide(counts, ages=np.arange(5) + 14, weights=heavy)


@cache
def fit(n_groups: int, seed: int = 0, family: str = "poisson") -> tr.GroupTrajectoriesResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateSolutionWarning)
        return tr.GroupTrajectories(n_groups, family, 0).fit(panel(seed), control=QUICK)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"degree": [(0, 1)], "n_groups": 3}, "is for 2 groups, which is not among n_groups"),
        ({"cutoff_age": 15}, "cutoff_age needs cross_validation"),
        ({"cross_validation": 1}, "folds must be a whole number of 2 or more"),
        ({"cross_validation": 100}, "100 folds are more than the 60 persons"),
        ({"cross_validation": 2, "cutoff_age": 18}, "leaves no age to predict from"),
        ({"cross_validation": 2, "cutoff_age": "now"}, "cutoff_age must be a number"),
        ({"n_jobs": 0}, "n_jobs must be a whole number other than 0"),
        ({"n_jobs": 1.5}, "n_jobs must be a whole number other than 0"),
        ({"basis": "wavelet"}, "unknown basis"),
    ],
)
def test_a_selection_that_cannot_be_made_is_refused(arguments: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        tr.select(panel(), **{"n_groups": 1, "degree": 0, "control": QUICK, **arguments})


def test_degrees_per_group_go_with_their_number_of_groups() -> None:
    choice = tr.select(panel(), (1, 2), [0, (0, 1), (1, 1)], control=QUICK)
    assert [(key[1], key[2]) for key in choice.candidates] == [
        (0, 1),
        (0, 2),
        ((0, 1), 2),
        ((1, 1), 2),
    ]
    assert choice.table["degree"].tolist() == [0, 0, (0, 1), (1, 1)]
    mixed = choice.results[choice.candidates[2]]
    assert mixed.n_params == 4
    assert sorted(mixed.model.degree) == [0, 1]


def test_bases_are_compared_and_keep_apart() -> None:
    choice = tr.select(
        panel(), 2, 3, basis=("polynomial", tr.bases.BSpline(n_knots=1)), control=QUICK
    )
    assert choice.table["basis"].tolist() == ["polynomial", "bspline (n_knots 1)"]
    assert len(choice.results) == 2
    assert choice.recommend()[0] in choice.results.values()


def test_unknown_criteria_name_those_there_are() -> None:
    choice = tr.select(panel(), (1, 2), 0, control=QUICK, cross_validation=2)
    with pytest.raises(InputError, match="heldout_llf; found 'forecast_llf'"):
        choice.recommend("forecast_llf")
    plain = tr.select(panel(), 1, 0, control=QUICK)
    with pytest.raises(InputError, match="others need cross-validation"):
        plain.recommend("heldout_llf")


def test_a_candidate_whose_fold_cannot_be_fitted_has_no_score_and_says_why() -> None:
    few = panel().subset(slice(0, 16))
    specs = [tr.GroupTrajectories(1, "poisson", 0), tr.GroupTrajectories(5, "poisson", 1)]
    table = cross_validate(few, specs, folds=4, control=QUICK).table
    assert table["usable"].tolist() == [True, False]
    assert np.isfinite(table["heldout_llf"][0])
    assert np.isnan(table["heldout_llf"][1])
    assert "a fold could not be fitted: 12 units are fewer" in table["stop_reason"][1]
    with pytest.raises(InputError, match="at least one specification"):
        cross_validate(few, [])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"larger": 3}, "compares K with K \\+ 1"),
        ({"larger_family": "zip"}, "groups of one family"),
        ({"panel": 1}, "not the panel that was fitted"),
        ({"n_replicates": 3}, "n_replicates must be a whole number of 9 or more"),
        ({"stop_after": 0}, "stop_after must be a whole number of 1 or more"),
        ({"seed": -1}, "seed must be a whole number of 0 or more"),
    ],
)
def test_a_bootstrap_test_that_makes_no_sense_is_refused(change: dict, says: str) -> None:
    larger = fit(change.get("larger", 2), family=change.get("larger_family", "poisson"))
    numbers = {k: v for k, v in change.items() if k in ("n_replicates", "stop_after", "seed")}
    with pytest.raises(InputError, match=says):
        bootstrap_likelihood_ratio(panel(change.get("panel", 0)), fit(1), larger, **numbers)


def test_broken_weights_stand_for_no_persons_to_draw() -> None:
    heavy = panel(weights=True)
    fits = [tr.GroupTrajectories(k, "poisson", 0).fit(heavy, control=QUICK) for k in (1, 2)]
    for attempt in (
        lambda: bootstrap_likelihood_ratio(heavy, *fits, 9),
        lambda: fits[1].dispersion(heavy),
    ):
        with pytest.raises(InputError, match="no whole numbers in 60 of 60 rows"):
            attempt()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"criterion": "aic"}, "criterion must be one of bic, wald"),
        ({"level": 5}, "level must lie between 0 and 1"),
        ({"criterion": "wald", "basis": "bspline"}, "no single highest term"),
    ],
)
def test_a_degree_search_that_makes_no_sense_is_refused(arguments: dict, says: str) -> None:
    with pytest.raises(InputError, match=says):
        degree_search(panel(), 2, control=QUICK, **arguments)


@pytest.mark.parametrize(
    ("method", "arguments", "says"),
    [
        ("dispersion", {"n_simulated": 5}, "n_simulated must be a whole number of 19 or more"),
        ("dispersion", {"n_simulated": 19.5}, "must be a whole number"),
        ("dispersion", {"level": 1}, "level must lie between 0 and 1"),
        ("posterior_distribution", {"n_bins": 0}, "n_bins must be"),
        ("histories", {"n_per_group": 0}, "n_per_group must be a whole number of 1 or more"),
        ("histories", {"n_per_group": "all"}, "n_per_group must be a whole number"),
        ("adequacy", {"draws": 3}, "draws must be a whole number of 200 or more"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(method: str, arguments: dict, says: str) -> None:
    if method != "adequacy":
        with pytest.raises(InputError, match=says):
            getattr(fit(2), method)(panel(), **arguments)
    else:
        with pytest.raises(InputError, match=says):
            fit(2).adequacy(panel=panel(), **arguments)


def test_another_panel_is_noticed_where_it_matters() -> None:
    with pytest.raises(InputError, match="not the panel that was fitted"):
        fit(2).adequacy(panel=panel(1))
