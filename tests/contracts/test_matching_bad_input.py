"""What cannot be matched or compared ends in one clear line."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError, MatchingWarning, SeparationWarning
from trajectories.matching import MatchedSets, e_value, group_weights, match, propensity_score


def people(n: int, first: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person": np.arange(first, first + n),
            "sex": rng.choice(["m", "f"], n),
            "x": rng.normal(size=n),
            "yes": rng.random(n) < 0.4,
            "same": 1,
            "nothing": np.nan,
            "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
        }
    )


CASES, POOL = people(20, 0, 1), people(300, 1000, 2)


@pytest.fixture(scope="module")
def sets() -> MatchedSets:
    return match(CASES, POOL, ["sex"], ["x"], ratio=2)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"exact": ["height"]}, "cases without column 'height'"),
    ({"exact": ["sex"], "nearest": ["sex"]}, "both in exact"),
    ({"exact": ["sex", "sex"]}, "names a column twice"),
    ({"nearest": ["sex"]}, "holds no numbers"),
    ({"nearest": ["gaps"]}, "missing in"),
    ({"nearest": ["x", "same"]}, "constant|linear combinations"),
    ({"nearest": ["x"], "distance": "euclid"}, "distance='euclid' is unknown"),
    ({"distance": "mahalanobis"}, "needs columns"),
    ({"nearest": ["x"], "ratio": 0}, "ratio="),
    ({"nearest": ["x"], "ratio": (3, 2)}, "ratio="),
    ({"nearest": ["x"], "ratio": 1.5}, "ratio="),
    ({"nearest": ["x"], "caliper": -1.0}, "caliper of 'distance'"),
    ({"exact": ["sex"], "caliper": 0.1}, "needs columns in nearest"),
    ({"nearest": ["x"], "caliper": {"same": 0.1}}, "constant"),
    ({"nearest": ["x"], "order": "hard"}, "order='hard' is unknown"),
    ({"nearest": ["x"], "method": "optimal", "replacement": True}, "serve once"),
    ({"nearest": ["x"], "seed": -1}, "seed must be"),
    ({"nearest": ["x"], "unit": "id"}, "without column 'id'"),
    ({"nearest": ["x"], "ratio": 400}, "no case has enough controls"),
    ({"nearest": ["x", "yes"], "order": "largest"}, "needs one score"),
    ({"nearest": ["same"], "distance": "propensity"}, "no column varies"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_a_design_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        match(CASES, POOL, **options)


def test_empty_frames_are_refused() -> None:
    with pytest.raises(InputError, match="cases: no rows"):
        match(CASES.iloc[:0], POOL, ["sex"])
    with pytest.raises(InputError, match="pool 'controls': no rows"):
        match(CASES, POOL.iloc[:0], ["sex"])
    with pytest.raises(InputError, match="at least one population"):
        match(CASES, {}, ["sex"])
    with pytest.raises(InputError, match="name of a pool too"):
        match(CASES, {"cases": POOL}, ["sex"])


def test_columns_of_different_kinds_cannot_agree_and_say_so() -> None:
    other = POOL.assign(sex=np.arange(len(POOL)) % 2)
    with pytest.raises(InputError, match="text in cases and numbers in pool"):
        match(CASES, other, ["sex"])


def test_cases_in_the_pool_are_left_out_with_a_warning() -> None:
    both = pd.concat([POOL, CASES.iloc[:3]], ignore_index=True)
    with pytest.warns(MatchingWarning, match="3 persons who are cases"):
        found = match(CASES, both, ["sex"], ["x"])
    controls = found.members.query("role == 'control'")["person"]
    assert not controls.isin(CASES["person"]).any()
    with (
        pytest.warns(MatchingWarning),
        pytest.raises(InputError, match="everybody in it is a case"),
    ):
        match(CASES, CASES, ["sex"])


def test_a_person_in_two_rows_is_refused() -> None:
    with pytest.raises(InputError, match="cases: 1 row of a person seen"):
        match(pd.concat([CASES, CASES.iloc[:1]]), POOL, ["sex"])
    with pytest.raises(InputError, match=r"pool 'controls'.*seen in an earlier row"):
        match(CASES, pd.concat([POOL, POOL.iloc[:1]]), ["sex"])


def test_a_pool_smaller_than_needed_names_the_cases_without() -> None:
    with pytest.warns(MatchingWarning, match="10 cases of 20 without controls.*went to other"):
        found = match(CASES, POOL.iloc[:10], nearest=["x"])
    assert (found.account["reason"] == "matched").sum() == 10
    assert (found.account["eligible"] == 10).all()


def test_no_message_holds_a_person() -> None:
    secret = CASES.assign(person=[f"secret{n}" for n in range(20)])
    pool = POOL.assign(person=[f"secret{n + 5}" for n in range(300)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = match(secret, pool, ["sex"], ["x"], caliper=0.02)
    assert caught
    assert all("secret" not in str(one.message) for one in caught)
    assert "secret" not in repr(found)


def test_separated_propensities_are_warned_of() -> None:
    apart = POOL.assign(x=POOL["x"] + 100)
    with pytest.warns(SeparationWarning, match="told apart completely"):
        propensity_score(CASES, apart, ["x"])


FACTORS: list[tuple[list[str], dict[str, Any], str]] = [
    (["height"], {}, "factor 'height' is no column"),
    ([], {}, "no factor given"),
    (["yes", "yes"], {}, "named twice"),
    (["nothing"], {}, "missing for everybody"),
    (["gaps"], {}, "choose missing='available'"),
    (["yes"], {"missing": "drop"}, "missing='drop' is unknown"),
    (["yes"], {"adjust": "sidak"}, "'sidak' is unknown"),
    (["yes"], {"level": 95}, "level must lie"),
    (["yes"], {"together": True}, "two factors or more"),
    (["z"], {"data": pd.DataFrame({"person": [1, 1], "z": 1})}, "a person seen before"),
    (["z"], {"data": pd.DataFrame({"person": [-1], "z": 1})}, "none of the persons"),
]


@pytest.mark.parametrize(("factors", "options", "message"), FACTORS)
def test_factors_that_cannot_be_compared_are_refused(
    sets: MatchedSets, factors: list[str], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        sets.compare(factors, **options)


def test_a_constant_factor_is_warned_of_and_has_no_odds_ratio(sets: MatchedSets) -> None:
    with pytest.warns(MatchingWarning, match="'same' is the same for everybody"):
        table = sets.compare(["same", "yes"])
    row = table[(table["factor"] == "same") & table["method"].str.startswith("conditional")].iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == "nobody differs within a set"


def test_missing_values_are_counted_and_handled_as_asked(sets: MatchedSets) -> None:
    lost = sets.members.merge(pd.concat([CASES, POOL])[["person", "gaps"]], on="person", how="left")
    absent = lost.groupby("role")["gaps"].apply(lambda g: int(g.isna().sum()))
    table = sets.compare(["gaps"], missing="available").query("measure == 'mean_difference'")
    assert table["missing"].iloc[0] == absent["case"]
    assert table["missing_versus"].iloc[0] == absent["control"]
    assert (table["missing_handled"] == "available").all()
    whole = sets.compare(["gaps"], missing="complete_sets").query("measure == 'mean_difference'")
    complete = lost.groupby("set")["gaps"].apply(lambda g: g.notna().all()).sum()
    assert whole["n_sets"].iloc[0] == complete < table["n_sets"].iloc[0]


def test_joint_models_without_finite_estimates_say_so(sets: MatchedSets) -> None:
    is_case = sets.members["role"] == "case"
    marks = pd.DataFrame({"person": sets.members["person"], "mark": is_case.astype(int)})
    with pytest.warns(SeparationWarning, match="'mark' separates"):
        table = sets.compare(["yes", "mark"], data=marks, together=True)
    joint = table[table["adjusted_for"] != ""]
    assert joint["estimate"].isna().all()
    assert (joint["note"] != "").all()


def test_posteriors_that_are_none_are_refused(sets: MatchedSets) -> None:
    good = pd.DataFrame({"a": 0.4, "b": 0.6}, index=CASES["person"])
    with pytest.raises(InputError, match="cannot be told apart"):
        sets.compare_by_group(["yes"], good)
    with pytest.raises(InputError, match="sum to 1"):
        group_weights(good * 2)
    hard = pd.DataFrame({"a": np.arange(19) % 2.0}, index=CASES["person"].iloc[1:])
    hard["b"] = 1 - hard["a"]
    with pytest.raises(InputError, match="lacks 1 matched case"):
        sets.compare_by_group(["yes"], hard)


def test_sensitivity_asks_for_what_it_needs(sets: MatchedSets) -> None:
    with pytest.raises(InputError, match="gammas="):
        sets.rosenbaum_bounds(["yes"], gammas=[0.5])
    with pytest.raises(InputError, match="no set differs"):
        sets.rosenbaum_bounds(["same"])
    again = match(CASES, POOL, ["sex"], ["x"], replacement=True)
    with pytest.raises(InputError, match="without replacement"):
        again.rosenbaum_bounds(["yes"])
    with pytest.raises(InputError, match="0 or more"):
        e_value(-1.0)
    with pytest.raises(InputError, match="no exact column"):
        match(CASES, POOL, nearest=["x"]).leave_one_out(["yes"])


def test_registers_are_asked_for_what_they_lack() -> None:
    register = tr.rapporteur.simulate(seed=3, n_general_offenders=800, n_non_offenders=800)
    at_risk = tr.matching.match_at_risk
    with pytest.raises(InputError, match=r"must be a trajectories\.Register"):
        at_risk(CASES, {"c": "any"}, index="trafficking")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="record='none' is unknown"):
        at_risk(register, {"c": "none"}, index="trafficking")  # type: ignore[dict-item]
    with pytest.raises(InputError, match="without an index date"):
        at_risk(register, {"c": "any"}, index="trafficking", cases="non_offenders")
    with pytest.raises(InputError, match="no column 'height'"):
        at_risk(register, {"c": "any"}, ["height"], index="trafficking")
    with pytest.raises(InputError, match="no offence of type"):
        at_risk(register, {"c": "any"}, index="arson")


def test_ids_in_some_frames_only_are_refused() -> None:
    with pytest.raises(InputError, match="'person' in some of the frames only"):
        match(CASES, POOL.drop(columns="person"), ["sex"])


def test_controls_who_serve_everybody_leave_no_standard_errors() -> None:
    found = match(CASES, POOL.iloc[:5], nearest=["x"], replacement=True, ratio=5)
    with pytest.warns(MatchingWarning, match="tie 20 sets into 1 cluster,"):
        table = found.compare(["yes"])
    row = table[table["method"] == "conditional logistic, cluster-robust"].iloc[0]
    assert np.isfinite(row["estimate"])
    assert np.isnan(row["standard_error"])
    assert np.isnan(row["p_value"])
