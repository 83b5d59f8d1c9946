"""Laws of matching: invariants of every result, and what must not make a difference."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import linear_sum_assignment

from trajectories.errors import InputError, MatchingWarning, SeparationWarning
from trajectories.matching import MatchedSets, check_matched_sets, group_weights, match
from trajectories.numerics.hidden_bias import aligned_rank_bounds, yes_no_bounds

seeds = st.integers(0, 10_000)
few = settings(max_examples=8)  # where one example takes several matches


def people(
    seed: int, n: int, first: int, *, ties: bool = False, shift: float = 0.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(shift, 1.0, n), rng.normal(shift, 3.0, n)
    return pd.DataFrame(
        {
            "person": first + rng.permutation(n),
            "sex": rng.choice(["m", "f"], n),
            "year": rng.integers(1980, 1984, n),
            "x": np.round(x * 2) / 2 if ties else x,
            "y": np.round(y) if ties else y,
            "yes": rng.random(n) < 0.4,
        }
    )


def quietly(*args: Any, **options: Any) -> MatchedSets:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatchingWarning)
        return match(*args, **options)


designs = st.fixed_dictionaries(
    {
        "exact": st.sampled_from([[], ["sex"], ["year"], ["sex", "year"]]),
        "nearest": st.sampled_from([[], ["x"], ["x", "y"]]),
        "caliper": st.sampled_from([None, 0.2, {"x": 0.3}, {"y": 1.0}]),
        "caliper_scale": st.sampled_from(["sd", "units"]),
        "ratio": st.sampled_from([1, 2, (1, 3), (2, 4)]),
        "replacement": st.booleans(),
        "order": st.sampled_from(["hardest", "random", "data"]),
        "method": st.sampled_from(["nearest", "optimal"]),
        "seed": st.integers(0, 5),
    }
)


def possible(design: dict[str, Any]) -> bool:
    distance_caliper = isinstance(design["caliper"], float)
    if design["method"] == "optimal" and design["replacement"]:
        return False
    return not (distance_caliper and not design["nearest"])


@given(design=designs, seed=seeds, n_pool=st.integers(1, 60), two=st.booleans())
def test_every_match_keeps_every_promise(
    design: dict[str, Any], seed: int, n_pool: int, two: bool
) -> None:
    assume(possible(design))
    cases = people(seed, 12, 0, ties=seed % 2 == 0, shift=0.5)
    pool: Any = people(seed + 1, n_pool, 100, ties=seed % 2 == 0)
    if two:
        # the second pool shares persons with the first
        pool = {"a": pool, "b": people(seed + 2, n_pool, 100 + n_pool // 2)}
    try:
        sets = quietly(cases, pool, **design)
    except InputError as error:
        if "no case has enough controls" not in str(error):
            raise
        return
    checked = check_matched_sets(sets)
    assert checked["violations"].sum() == 0, checked[checked["violations"] > 0]
    assert len(sets.account) == 12 * len(sets.populations)


@few
@given(seed=seeds, what=st.sampled_from(["row", "set", "distance", "weight", "drop", "account"]))
def test_the_checker_sees_a_broken_promise(seed: int, what: str) -> None:
    sets = quietly(people(seed, 12, 0), people(seed + 1, 60, 100), ["sex"], ["x"], ratio=2)
    members, account = sets.members.copy(), sets.account.copy()
    control = members.index[members["role"] == "control"]
    if what == "row":
        members.loc[control[0], ["row", "person"]] = members.loc[control[1], ["row", "person"]]
    elif what == "set":
        members.loc[control[0], "set"] = members["set"].max()
    elif what == "distance":
        members.loc[control[0], "distance"] += 0.1
    elif what == "weight":
        members.loc[control[0], "weight"] = 1.0
    elif what == "drop":
        members = members.drop(index=control[0])
    else:
        account.loc[0, "matched"] += 1
    broken = replace(sets, members=members, account=account)
    assert check_matched_sets(broken)["violations"].sum() > 0


@few
@given(seed=seeds, design=designs)
def test_the_order_of_the_pool_makes_no_difference_without_ties(
    seed: int, design: dict[str, Any]
) -> None:
    assume(possible(design) and design["nearest"] and design["order"] != "random")
    cases, pool = people(seed, 10, 0), people(seed + 1, 50, 100)
    shuffled = pool.sample(frac=1.0, random_state=seed)
    found = []
    for one in (pool, shuffled):
        try:
            found.append(quietly(cases, one, **design).members)
        except InputError:
            found.append(pd.DataFrame({"set": [], "person": []}))
    key = ["set", "person"]
    first, second = (frame[key].sort_values(key).to_numpy() for frame in found)
    np.testing.assert_array_equal(first, second)


@few
@given(seed=seeds, ties=st.booleans())
def test_same_seed_same_sets(seed: int, ties: bool) -> None:
    cases, pool = people(seed, 12, 0, ties=ties), people(seed + 1, 80, 100, ties=ties)
    sets = [quietly(cases, pool, ["sex"], ["x"], seed=7, order="random") for _ in range(2)]
    pd.testing.assert_frame_equal(sets[0].members, sets[1].members)


@few
@given(seed=seeds)
def test_a_further_population_leaves_the_first_as_it_was(seed: int) -> None:
    cases, pool = people(seed, 12, 0), people(seed + 1, 80, 100, ties=True)
    alone = quietly(cases, {"a": pool}, ["sex"], ["x"], ratio=(1, 2))
    both = quietly(cases, {"a": pool, "b": people(seed, 90, 500)}, ["sex"], ["x"], ratio=(1, 2))
    np.testing.assert_array_equal(alone.rows["a"], both.rows["a"])


@few
@given(seed=seeds, ratio=st.sampled_from([1, 2, (1, 3)]), replacement=st.booleans())
def test_the_search_on_one_score_finds_what_looking_at_everybody_finds(
    seed: int, ratio: Any, replacement: bool
) -> None:
    cases, pool = people(seed, 15, 0, shift=0.5), people(seed + 1, 60, 100)
    options = {"ratio": ratio, "replacement": replacement, "caliper_scale": "units"}
    fast = quietly(cases, pool, ["sex"], ["x"], caliper=0.4, **options)
    # a caliper on a column is the way of the general search
    general = quietly(cases, pool, ["sex"], ["x"], caliper={"x": 0.4}, **options)
    np.testing.assert_array_equal(fast.rows["controls"], general.rows["controls"])
    same = ["eligible", "matched", "reason", "exact"]
    pd.testing.assert_frame_equal(fast.account[same], general.account[same])
    np.testing.assert_allclose(fast.members["distance"], general.members["distance"])


@few
@given(seed=seeds)
def test_greedy_in_the_order_of_the_data_is_what_a_plain_loop_does(seed: int) -> None:
    cases, pool = people(seed, 12, 0), people(seed + 1, 40, 100)
    sets = quietly(cases, pool, ["sex"], ["x"], order="data")
    left = pool.copy()
    for position, case in cases.iterrows():
        near = left[left["sex"] == case["sex"]]
        if len(near):
            best = (near["x"] - case["x"]).abs().idxmin()
            assert sets.rows["controls"][position, 0] == best
            left = left.drop(index=best)
        else:
            assert sets.rows["controls"][position, 0] == -1


@few
@given(seed=seeds, n_pool=st.integers(14, 40))
def test_optimal_assignment_has_the_least_total_distance(seed: int, n_pool: int) -> None:
    cases, pool = people(seed, 7, 0), people(seed + 1, n_pool, 100)
    sets = quietly(cases, pool, nearest=["x", "y"], method="optimal", ratio=2)
    root = sets.metrics["controls"].root
    apart = (cases[["x", "y"]].to_numpy()[:, None] - pool[["x", "y"]].to_numpy()) @ root
    cost = np.repeat(np.sqrt((apart**2).sum(axis=2)), 2, axis=0)
    rows, columns = linear_sum_assignment(cost)
    assert sets.members["distance"].sum() == pytest.approx(cost[rows, columns].sum(), rel=1e-9)
    greedy = quietly(cases, pool, nearest=["x", "y"], ratio=2)
    assert sets.members["distance"].sum() <= greedy.members["distance"].sum() + 1e-9


@given(seed=seeds, caliper=st.floats(0.0, 1.0))
def test_eligible_controls_are_counted_rightly(seed: int, caliper: float) -> None:
    cases, pool = people(seed, 10, 0), people(seed + 1, 50, 100)
    try:
        options = {"caliper": caliper, "caliper_scale": "units"}
        account = quietly(cases, pool, ["sex"], ["x"], **options).account
    except InputError:
        assume(False)
    for position, case in cases.iterrows():
        same = pool[pool["sex"] == case["sex"]]
        assert account.loc[position, "exact"] == len(same)
        near = (same["x"] - case["x"]).abs() <= caliper
        assert account.loc[position, "eligible"] == near.sum()


@few
@given(seed=seeds)
def test_other_names_for_the_same_strata_change_nothing(seed: int) -> None:
    cases, pool = people(seed, 12, 0), people(seed + 1, 60, 100)
    names = {"m": 2, "f": -5}
    renamed = [frame.assign(sex=frame["sex"].map(names)) for frame in (cases, pool)]
    texts = [frame.assign(year=frame["year"].astype(str)) for frame in (cases, pool)]
    kinds = [frame.assign(sex=frame["sex"].astype("category")) for frame in (cases, pool)]
    first = quietly(cases, pool, ["sex", "year"], ["x"]).rows["controls"]
    for one, other in (renamed, texts, kinds):
        again = quietly(one, other, ["sex", "year"], ["x"]).rows["controls"]
        np.testing.assert_array_equal(first, again)


@few
@given(seed=seeds, scale=st.floats(0.1, 100.0))
def test_mahalanobis_distance_knows_no_units(seed: int, scale: float) -> None:
    cases, pool = people(seed, 10, 0), people(seed + 1, 40, 100)
    scaled = [
        frame.assign(x=frame["x"] * scale, y=frame["y"] + frame["x"]) for frame in (cases, pool)
    ]
    first = quietly(cases, pool, nearest=["x", "y"])
    again = quietly(*scaled, nearest=["x", "y"])
    np.testing.assert_array_equal(first.rows["controls"], again.rows["controls"])


@few
@given(seed=seeds)
def test_exact_columns_balance_exactly(seed: int) -> None:
    sets = quietly(people(seed, 12, 0), people(seed + 1, 200, 100), ["sex", "year"], ratio=(1, 3))
    after = sets.balance(["sex", "year"]).query("stage == 'after'")
    np.testing.assert_allclose(after["standardised_difference"], 0.0, atol=1e-12)
    np.testing.assert_allclose(after["largest_gap"], 0.0, atol=1e-12)


@few
@given(seed=seeds)
def test_groups_known_for_certain_are_the_sets_of_their_cases(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cases, pool = people(seed, 40, 0), people(seed + 1, 400, 100)
    sets = quietly(cases, pool, ["sex"], ["x"], ratio=2)
    group = rng.integers(0, 2, 40)
    posterior = pd.DataFrame(np.eye(2)[group], index=cases["person"], columns=["one", "two"])
    table = sets.compare_by_group(["yes"], posterior, adjust="none")
    for number, name in enumerate(posterior.columns):
        kept = sets.members["set"].isin(np.flatnonzero(group == number))
        part = replace(sets, members=sets.members[kept].reset_index(drop=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SeparationWarning)
            whole = part.compare(["yes"], adjust="none")
        mine = table[table["group"] == name].set_index(["measure", "population", "method"])
        for _, row in whole[whole["note"] == ""].iterrows():
            method = {
                "weighted share, Wilson": "weighted by group",
                "conditional logistic, cluster-robust": (
                    "conditional logistic, weighted by group, cluster-robust"
                ),
            }.get(row["method"], row["method"])
            key = (row["measure"], row["population"], method)
            if row["method"] not in ("Mantel–Haenszel", "McNemar, exact"):
                assert mine.loc[key, "estimate"] == pytest.approx(row["estimate"], rel=1e-6)


@given(seed=seeds, n=st.integers(5, 60), k=st.integers(1, 4))
def test_group_weights_sum_to_one_and_undo_the_average_error(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.dirichlet(np.full(k, 0.3), n)
    posterior = pd.DataFrame(raw / raw.sum(axis=1, keepdims=True))
    try:
        weights = group_weights(posterior)
    except InputError:
        assume(False)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    # weighted by the posterior of group t, the weights average 1 at t and 0 elsewhere
    average = (
        posterior.to_numpy().T @ weights.to_numpy() / posterior.to_numpy().sum(axis=0)[:, None]
    )
    np.testing.assert_allclose(average, np.eye(k), atol=1e-6)


@few
@given(seed=seeds)
def test_the_order_of_sets_changes_no_effect(seed: int) -> None:
    cases, pool = people(seed, 25, 0), people(seed + 1, 200, 100)
    sets = quietly(cases, pool, ["sex"], ["x"], ratio=(1, 3))
    again = replace(
        sets, members=sets.members.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparationWarning)
        first, second = (one.compare(["yes", "y"]) for one in (sets, again))
    numbers = ["estimate", "lower", "upper", "p_value"]
    np.testing.assert_allclose(first[numbers], second[numbers], rtol=1e-7, atol=1e-12)


@few
@given(seed=seeds)
def test_swapping_yes_and_no_turns_every_ratio_of_odds_over(seed: int) -> None:
    cases, pool = people(seed, 25, 0), people(seed + 1, 200, 100)
    cases["no"], pool["no"] = ~cases["yes"], ~pool["yes"]
    sets = quietly(cases, pool, ["sex"], ["x"], ratio=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SeparationWarning)
        table = sets.compare(["yes", "no"]).query("measure == 'odds_ratio' and note == ''")
    yes, no = (table[table["factor"] == one] for one in ("yes", "no"))
    np.testing.assert_allclose(yes["estimate"].to_numpy(), 1 / no["estimate"].to_numpy(), rtol=1e-7)
    np.testing.assert_allclose(yes["lower"].to_numpy(), 1 / no["upper"].to_numpy(), rtol=1e-6)


@few
@given(seed=seeds, gamma=st.floats(1.0, 6.0))
def test_bounds_of_hidden_bias_are_the_worst_that_any_confounder_can_do(
    seed: int, gamma: float
) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 5, 12)
    number = np.repeat(np.arange(12), size)
    is_case = np.r_[True, np.diff(number) > 0].astype(float)
    values = np.round(rng.normal(size=len(number)), 3)
    aligned = values - (np.bincount(number, values) / size)[number]
    ranks = stats.rankdata(np.round(aligned, 12))
    mean = variance = 0.0
    for one in range(12):
        q = ranks[number == one]
        found = []
        for u in product((0, 1), repeat=len(q)):
            chance = gamma ** np.array(u) / (gamma ** np.array(u)).sum()
            found.append((chance @ q, chance @ q**2 - (chance @ q) ** 2))
        top = max(m for m, _ in found)
        mean += top
        variance += max(v for m, v in found if m > top - 1e-9)
    worst = stats.norm.sf((ranks @ is_case - mean) / np.sqrt(variance))
    assert aligned_rank_bounds(values, is_case, number, gamma)[0] == pytest.approx(worst, rel=1e-6)


@few
@given(seed=seeds, gamma=st.floats(1.0, 6.0))
def test_the_bound_of_a_yes_no_factor_is_the_tail_of_the_worst_chances(
    seed: int, gamma: float
) -> None:
    rng = np.random.default_rng(seed)
    size = rng.integers(2, 5, 8)
    with_it = rng.integers(0, size + 1)
    has = (rng.random(8) < with_it / size).astype(np.int64)
    chances = gamma * with_it / (gamma * with_it + size - with_it)
    mixed = (with_it > 0) & (with_it < size)
    tail = 0.0
    for outcome in product((0, 1), repeat=int(mixed.sum())):
        o = np.array(outcome, dtype=np.int64)
        if o.sum() >= has[mixed].sum():
            tail += float(np.prod(np.where(o == 1, chances[mixed], 1 - chances[mixed])))
    assert yes_no_bounds(has, with_it, size, gamma)[0] == pytest.approx(tail, rel=1e-9)
