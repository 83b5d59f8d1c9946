"""Few cases, shared controls, and factors that all or none have: no interval of nothing."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from trajectories.errors import InputError, MatchingWarning, SeparationWarning
from trajectories.matching import MatchedSets, match
from trajectories.matching.prevalence import weighted_level


def people(n: int, first: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {"sex": rng.choice(["m", "f"], n), "x": rng.normal(size=n)}
    return pd.DataFrame(
        {"person": np.arange(first, first + n), **columns, "yes": rng.random(n) < 0.4, "same": 1}
    )


CASES, POOL = people(20, 0, 1), people(300, 1000, 2)


@pytest.fixture(scope="module")
def sets() -> MatchedSets:
    return match(CASES, POOL, ["sex"], ["x"], ratio=2)


def test_shared_controls_widen_mantel_haenszel_and_leave_mcnemar_without_a_test() -> None:
    cases, pool = people(300, 0, 5), people(40, 1000, 6)
    shared = match(cases, pool, nearest=["x"], replacement=True)
    table = shared.compare("yes").query("measure == 'odds_ratio'").set_index("method")
    clustered = table.loc["conditional logistic, cluster-robust", "standard_error"]
    # in pairs both estimate b/c; they differ by the factor √(G/(G − 1)) only
    found = table.loc["Mantel–Haenszel", "standard_error"]
    n = shared.members.query("role == 'control'")["row"].nunique()
    assert found == pytest.approx(clustered * np.sqrt(n / (n - 1)), rel=1e-6)
    exact = table.loc["McNemar, exact"]
    assert np.isnan(exact[["lower", "upper", "p_value"]].to_numpy(dtype=float)).all()
    assert exact["note"] == "no interval or test: pairs share persons"


def test_an_error_of_nought_is_no_interval(sets: MatchedSets) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatchingWarning)
        table = sets.compare("same")
    ratios = table[table["versus"] != ""]
    assert ratios[["lower", "upper"]].isna().all(axis=None)
    assert (ratios["note"].str.contains("nobody differs within a set")).all()


def test_separation_leaves_no_interval_of_nothing_for_the_difference(sets: MatchedSets) -> None:
    known = pd.concat([CASES.assign(q=1), POOL.assign(q=0)])[["person", "q"]]
    with pytest.warns(SeparationWarning):
        table = sets.compare("q", data=known)
    differences = table[table["measure"] == "risk_difference"]
    assert differences["estimate"].tolist() == [1, 1]
    assert differences[["lower", "upper"]].isna().all(axis=None)
    assert (differences["note"].str.contains("none, or all, with the factor")).all()


def test_what_is_no_table_is_refused() -> None:
    for cases, pool in ((CASES.to_dict(), POOL), (CASES, POOL.to_dict()), (CASES, [1, 2])):
        with pytest.raises(InputError, match="must be a pandas DataFrame"):
            match(cases, pool, ["sex"])


def by_group(q: list[float], first: int) -> pd.DataFrame:
    """Six cases with three controls each, the first ``first`` cases in group "a"."""
    cases = pd.DataFrame({"person": range(6), "s": range(6), "q": q})
    pool = pd.DataFrame({"person": range(10, 28), "s": np.repeat(range(6), 3)})
    pool["q"] = np.where(pool["s"] < first, np.arange(18) % 3 == 0, 1.0)
    a = (np.arange(6) < first).astype(float)
    posterior = pd.DataFrame({"a": a, "b": 1 - a}, index=cases["person"])
    table = match(cases, pool, ["s"], ratio=3).compare_by_group("q", posterior)
    return table.set_index(["group", "measure", "population"])


def test_a_share_of_all_in_a_group_has_wilsons_interval_and_an_infinite_odds_ratio() -> None:
    table = by_group([1, 1, 1, 1, 0, 1], 4)
    z2 = 1.959963984540054**2
    share = table.loc["a", "prevalence", "cases"]
    assert share["estimate"] == 1
    assert share["upper"] == 1
    assert share["lower"] == pytest.approx(4 / (4 + z2), rel=1e-12)
    ratio = table.loc["a", "odds_ratio", "cases"]
    assert ratio["estimate"] == np.inf
    assert "no finite estimate" in ratio["note"]
    difference = table.loc["a", "risk_difference", "cases"]
    assert difference[["lower", "upper"]].isna().all()
    assert difference["note"] == "no interval: every set of this group shows the same"


def test_a_group_of_one_set_or_without_contrast_has_no_interval() -> None:
    table = by_group([0, 1, 1, 1, 1, 1], 1)
    assert table.loc["b", "odds_ratio", "cases"]["note"] == "nobody differs within a set"
    for measure in ("risk_difference", "odds_ratio"):
        row = table.loc["a", measure, "cases"]
        assert row[["lower", "upper"]].isna().all()
        assert row["note"]


@pytest.mark.parametrize("n", [10, 50, 333])
def test_rounded_weights_do_not_narrow_the_interval_of_a_share_of_all(n: int) -> None:
    # weights of 1/2 and 1/3 sum to the number of sets but for rounding
    weight = np.full(3 * n, 1 / 3)
    weight[0] = 0.5
    found = weighted_level(np.ones(3 * n), weight, np.repeat(np.arange(n), 3), True, 0.95)
    none = weighted_level(np.zeros(3 * n), weight, np.repeat(np.arange(n), 3), True, 0.95)
    assert (found.estimate, found.upper, none.estimate) == (1.0, 1.0, 0.0)
    assert found.lower == pytest.approx(1 - none.upper, rel=1e-12)


def test_bounds_refuse_what_is_no_gamma_or_level(sets: MatchedSets) -> None:
    for gammas in ([0.5], ["a"], [], 2, [np.nan], [np.inf]):
        with pytest.raises(InputError, match="gammas= must be numbers of 1"):
            sets.rosenbaum_bounds("yes", gammas=gammas)
    with pytest.raises(InputError, match="alpha= must lie between 0 and 1"):
        sets.rosenbaum_bounds("yes", alpha=5)
