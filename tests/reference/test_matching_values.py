"""Matching and matched effects against R: MatchIt, clogit, mantelhaen.test, mcnemar.test.

Data and values were made by ``matching/make_values.R`` beside them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import warnings
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectories.errors import MatchingWarning
from trajectories.matching import MatchedSets, match, mcnemar, propensity_score
from trajectories.matching.contrast import make_contrast
from trajectories.matching.factors import read_factors
from trajectories.matching.mantel_haenszel import mantel_haenszel
from trajectories.numerics.hidden_bias import signed_rank_bounds

HERE = Path(__file__).parent / "matching"
PLAIN = {"nearest": ["score"], "order": "data"}
MAHALANOBIS = {"nearest": ["x", "z"], "order": "data"}
UNITS = {"caliper_scale": "units"}
CALLS: dict[str, dict[str, Any]] = {
    "nearest_data": PLAIN,
    "nearest_largest": {**PLAIN, "order": "largest"},
    "nearest_smallest": {**PLAIN, "order": "smallest"},
    "nearest_ratio_3": {**PLAIN, "ratio": 3},
    "exact": {**PLAIN, "exact": ["sex", "region"]},
    "exact_ratio_2": {**PLAIN, "exact": ["sex", "region"], "ratio": 2},
    "caliper": {**PLAIN, "order": "largest", "caliper": 0.01, **UNITS},
    "exact_caliper_ratio_3": {
        **PLAIN,
        "exact": ["sex"],
        "caliper": 0.1,
        "ratio": (1, 3),
        **UNITS,
    },
    "replacement_ratio_2": {**PLAIN, "replacement": True, "ratio": 2},
    "mahalanobis": MAHALANOBIS,
    "mahalanobis_exact_ratio_2": {**MAHALANOBIS, "exact": ["sex"], "ratio": 2},
    "mahalanobis_caliper_x": {**MAHALANOBIS, "caliper": {"x": 0.1}, **UNITS},
    "propensity": {"nearest": ["x", "z", "sex"], "distance": "propensity", "order": "data"},
}


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.read_csv(HERE / "people.csv")


@pytest.fixture(scope="module")
def effects() -> dict[tuple[str, str], float]:
    table = pd.read_csv(HERE / "effects.csv")
    return dict(zip(zip(table["key"], table["name"], strict=True), table["value"], strict=True))


def matched(people: pd.DataFrame, key: str) -> MatchedSets:
    cases, pool = (people[people["case"] == one] for one in (1, 0))
    with warnings.catch_warnings():
        # a caliper leaves cases without controls: that is the point of it
        warnings.simplefilter("ignore", MatchingWarning)
        return match(cases, pool, **CALLS[key])


@pytest.mark.parametrize("key", sorted(CALLS))
def test_the_same_pairs_as_matchit(people: pd.DataFrame, key: str) -> None:
    theirs = pd.read_csv(HERE / "matchit_pairs.csv").query("key == @key")
    sets = matched(people, key)
    ours = sets.wide().melt("case", value_name="control").dropna()
    assert {(int(a), int(b)) for a, b in zip(ours["case"], ours["control"], strict=True)} == {
        (int(a), int(b)) for a, b in zip(theirs["case"], theirs["control"], strict=True)
    }


def test_the_same_propensity_as_a_logistic_regression_in_r(people: pd.DataFrame) -> None:
    theirs = pd.read_csv(HERE / "propensity.csv").set_index("person")["propensity"]
    cases, pool = (people[people["case"] == one].set_index("person") for one in (1, 0))
    ours = pd.concat(propensity_score(cases, pool, ["x", "z", "sex"]))
    np.testing.assert_allclose(ours, theirs.loc[ours.index], atol=1e-6)


SETS = ["nearest_data", "exact_ratio_2", "exact_caliper_ratio_3"]


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("factor", ["yes", "amount"])
def test_odds_ratios_agree_with_clogit(
    people: pd.DataFrame, effects: dict[tuple[str, str], float], key: str, factor: str
) -> None:
    row = matched(people, key).compare([factor], robust=False).query("measure == 'odds_ratio'")
    row = row[row["method"].str.startswith("conditional")].iloc[0]
    assert np.log(row["estimate"]) == pytest.approx(
        effects[f"{key} clogit {factor}", "coef"], abs=1e-6
    )
    assert row["standard_error"] == pytest.approx(effects[f"{key} clogit {factor}", "se"], rel=1e-5)


@pytest.mark.parametrize("key", SETS)
def test_joint_odds_ratios_agree_with_clogit(
    people: pd.DataFrame, effects: dict[tuple[str, str], float], key: str
) -> None:
    table = matched(people, key).compare(["yes", "other", "amount"], together=True, robust=False)
    joint = table[table["adjusted_for"] != ""].set_index("factor")
    for factor in ("yes", "other", "amount"):
        value = effects[f"{key} clogit together", factor]
        error = effects[f"{key} clogit together", f"se_{factor}"]
        assert np.log(joint.loc[factor, "estimate"]) == pytest.approx(value, abs=1e-6)
        assert joint.loc[factor, "standard_error"] == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("key", SETS)
def test_clustered_errors_agree_with_coxph(
    people: pd.DataFrame, effects: dict[tuple[str, str], float], key: str
) -> None:
    table = matched(people, key).compare(["yes"])
    row = table[table["method"] == "conditional logistic, cluster-robust"].iloc[0]
    assert row["standard_error"] == pytest.approx(effects[f"{key} robust yes", "se"], rel=1e-5)


@pytest.mark.parametrize("key", SETS)
def test_mantel_haenszel_agrees_with_r(
    people: pd.DataFrame, effects: dict[tuple[str, str], float], key: str
) -> None:
    sets = matched(people, key)
    row = sets.compare(["yes"]).query("measure == 'odds_ratio' and method == 'Mantel–Haenszel'")
    plain = f"{key} mantelhaen plain"
    for ours, theirs in (("estimate", "odds_ratio"), ("lower", "lower"), ("upper", "upper")):
        assert row[ours].iloc[0] == pytest.approx(effects[plain, theirs], rel=1e-9)
    contrast = make_contrast(sets, "cases", "controls", read_factors(sets, ["yes"], None), "raise")
    found = mantel_haenszel(contrast)
    assert found.chi2 == pytest.approx(effects[plain, "chi2"], rel=1e-9)
    assert found.p_value == pytest.approx(effects[plain, "p"], rel=1e-9)
    corrected = f"{key} mantelhaen corrected"
    assert found.chi2_corrected == pytest.approx(effects[corrected, "chi2"], rel=1e-9)
    assert found.p_value_corrected == pytest.approx(effects[corrected, "p"], rel=1e-9)


def test_mcnemar_agrees_with_r(people: pd.DataFrame, effects: dict[tuple[str, str], float]) -> None:
    exact = "nearest_data mcnemar exact"
    counts = [int(effects[exact, name]) for name in ("first_only", "second_only")]
    found = mcnemar(*counts)
    assert found.chi2 == pytest.approx(effects["nearest_data mcnemar plain", "chi2"])
    assert found.p_value == pytest.approx(effects["nearest_data mcnemar plain", "p"])
    assert found.chi2_corrected == pytest.approx(effects["nearest_data mcnemar corrected", "chi2"])
    assert found.p_value_corrected == pytest.approx(effects["nearest_data mcnemar corrected", "p"])
    assert found.p_value_exact == pytest.approx(effects[exact, "p"])
    row = matched(people, "nearest_data").compare(["yes"])
    row = row[row["method"] == "McNemar, exact"].iloc[0]
    assert row["estimate"] == counts[0] / counts[1]
    assert row["lower"] == pytest.approx(effects[exact, "lower"])
    assert row["upper"] == pytest.approx(effects[exact, "upper"])


def test_without_hidden_bias_the_bound_is_wilcoxons_test(
    people: pd.DataFrame, effects: dict[tuple[str, str], float]
) -> None:
    sets = matched(people, "nearest_data")
    bounds = sets.rosenbaum_bounds(["amount"], gammas=[1.0])
    theirs = effects["nearest_data signed rank", "p"]
    assert bounds["p_upper"].iloc[0] == pytest.approx(theirs, rel=1e-9)
    assert signed_rank_bounds(np.array([1.0, 2.0, -0.5]), 1.0)[0] < 0.5


def test_infertility_odds_ratios_agree_with_clogit(reference: Path) -> None:
    stored = json.loads((reference / "survival.json").read_text())["infert_clogit"]
    study = infert(reference)
    cases, pool = (study[study["case"] == one].drop(columns="case") for one in (1, 0))
    # matched exactly on the number of the set, the pool gives back the sets that were formed
    sets = match(cases, pool, exact=["stratum"], ratio=(1, 2))
    assert sets.n_sets == len(cases)
    table = sets.compare(["spontaneous", "induced"], together=True, robust=False)
    joint = table[table["adjusted_for"] != ""].set_index("factor")
    for factor, value in stored["coef"].items():
        assert np.log(joint.loc[factor, "estimate"]) == pytest.approx(value, abs=1e-6)
        error = stored["se"][factor]
        assert joint.loc[factor, "standard_error"] == pytest.approx(error, rel=1e-5)


def infert(reference: Path) -> pd.DataFrame:
    """Read R's infertility study, from the reference folder or from an R on this machine."""
    file = reference / "infert.csv"
    if file.is_file():
        return pd.read_csv(file)
    if shutil.which("Rscript") is None:
        pytest.skip("infert: no infert.csv among the reference data and no R on this machine")
    script = "write.csv(datasets::infert, row.names = FALSE)"
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
    return pd.read_csv(StringIO(done.stdout))
