"""Measures of careers: splitting spells, the order of rows and the names of persons change nothing.

And what must hold of any register: shares lie in their intervals, weights of groups add up.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories import careers
from trajectories.numerics.transition_table import expected_counts, forward_specialisation
from trajectories.numerics.weighted_survival import weighted_survival

DAY = pd.Timedelta(days=1)


def register(seed: int) -> tr.Register:
    """Draw a register of some persons with offences, detention, cases in common and relatives."""
    rng = np.random.default_rng(seed)
    n = 12
    persons = np.array([f"p{i}" for i in range(n)])
    birth = pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 2000, n), unit="D")
    death = pd.Series(pd.Timestamp("2019-01-01"), index=range(n)).where(rng.random(n) < 0.2)
    who = rng.integers(0, n, 40)
    date = birth[who] + pd.to_timedelta(rng.integers(4400, 8000, 40), unit="D")
    kinds = np.array(["property", "violent", "drugs", "traffic"])
    offences = pd.DataFrame(
        {
            "person": persons[who],
            "offence_date": date,
            "offence_type": kinds[rng.integers(0, 4, 40)],
            "case": rng.integers(0, 25, 40),
        }
    )
    held = rng.integers(0, n, 10)
    start = birth[held] + pd.to_timedelta(rng.integers(8001, 9000, 10), unit="D")
    spells = pd.DataFrame(
        {
            "person": persons[held],
            "spell_type": "detention",
            "start_date": start,
            "end_date": start + pd.to_timedelta(rng.integers(2, 300, 10), unit="D"),
        }
    )
    pairs = np.array([(i, j) for i in range(n) for j in range(n) if i != j])
    tied = pairs[rng.choice(len(pairs), 14, replace=False)]
    relations = pd.DataFrame(
        {
            "person": persons[tied[:, 0]],
            "relative": persons[tied[:, 1]],
            "relation": np.array(["parent", "sibling", "partner"])[rng.integers(0, 3, 14)],
        }
    )
    table = pd.DataFrame(
        {
            "person": persons,
            "birth_date": birth,
            "death_date": death.to_numpy(),
            "emigration_date": pd.NaT,
            "sex": np.where(rng.random(n) < 0.5, "f", "m"),
        }
    )
    return tr.Register(table, offences, spells, relations, "2020-12-31")


def everything(made: tr.Register) -> list[pd.DataFrame]:
    return [
        careers.describe(made, ages=range(12, 24), by="sex"),
        careers.transitions(made, by="sex"),
        careers.onset_distribution(made, ages=range(12, 24), by="sex"),
        careers.lead_up(made, "drugs", by="sex"),
        careers.relatives_with_record(made, {"any": ("parent", "sibling", "partner")}, by="sex"),
        careers.concordance(made, {"any": ("parent", "sibling", "partner")}, by="sex"),
        careers.concordance_in_time(made, {"any": ("parent", "sibling", "partner")}, by="sex"),
    ]


def assert_same(one: list[pd.DataFrame], other: list[pd.DataFrame]) -> None:
    for left, right in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(left, right, rtol=1e-9, atol=1e-12)


SEEDS = st.integers(0, 10_000)
FEW = max(settings().max_examples // 4, 1)
"""Every measure twice over: a quarter of the usual examples."""


@settings(max_examples=FEW)
@given(SEEDS, SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int, shuffle: int) -> None:
    made = register(seed)
    mixed = replace(
        made,
        **{
            name: getattr(made, name).sample(frac=1.0, random_state=shuffle)
            for name in ("persons", "offences", "spells", "relations")
        },
    )
    assert_same(everything(made), everything(mixed))


@settings(max_examples=FEW)
@given(SEEDS)
def test_the_names_of_persons_and_cases_change_nothing(seed: int) -> None:
    made = register(seed)
    names = {person: 1000 - i for i, person in enumerate(made.persons["person"])}
    renamed = replace(
        made,
        persons=made.persons.assign(person=made.persons["person"].map(names)),
        offences=made.offences.assign(
            person=made.offences["person"].map(names), case=[f"c{c}" for c in made.offences["case"]]
        ),
        spells=made.spells.assign(person=made.spells["person"].map(names)),
        relations=made.relations.assign(
            person=made.relations["person"].map(names),
            relative=made.relations["relative"].map(names),
        ),
    )
    assert_same(everything(made), everything(renamed))


@settings(max_examples=FEW)
@given(SEEDS)
def test_splitting_spells_changes_nothing(seed: int) -> None:
    made = register(seed)
    first, second = made.spells.copy(), made.spells.copy()
    middle = first["start_date"] + DAY
    first["end_date"], second["start_date"] = middle, middle
    split = replace(made, spells=pd.concat([first, second], ignore_index=True))
    assert_same(everything(made), everything(split))


@settings(max_examples=FEW)
@given(SEEDS)
def test_a_posterior_of_noughts_and_ones_is_an_assignment(seed: int) -> None:
    made = register(seed)
    group = pd.Series(made.persons["sex"].to_numpy(), index=made.persons["person"])
    certain = pd.get_dummies(group).astype(float)
    assert_same(
        [careers.describe(made, ages=range(12, 24), by=group)],
        [careers.describe(made, ages=range(12, 24), posterior=certain)],
    )


@settings(max_examples=FEW)
@given(SEEDS)
def test_estimates_lie_within_their_limits_and_persons_add_up(seed: int) -> None:
    table = pd.concat(everything(register(seed)), ignore_index=True)
    known = table.dropna(subset=["estimate", "lower", "upper"])
    known = known[known["measure"] != "forward_specialisation"]  # percentiles need not hold it
    assert (known["lower"] <= known["estimate"] + 1e-12).all()
    assert (known["upper"] >= known["estimate"] - 1e-12).all()
    shares = known[known["unit"] == "proportion"]
    assert shares[["lower", "upper"]].to_numpy().min() >= 0.0
    assert shares[["lower", "upper"]].to_numpy().max() <= 1.0
    onset = table[table["measure"] == "onset_before"].set_index("group")["persons"]
    assert onset["all"] == pytest.approx(onset.drop("all").sum())


@given(SEEDS)
def test_the_aggregate_rate_is_participation_times_frequency_where_exposure_is_equal(
    seed: int,
) -> None:
    counts = np.random.default_rng(seed).poisson(0.7, (20, 5))
    panel = tr.Panel.from_wide(counts, ages=range(12, 17))
    share, rate, aggregate = (
        careers.participation(panel)["estimate"],
        careers.frequency(panel).set_index("age")["estimate"],
        careers.frequency(panel, active="everybody")["estimate"],
    )
    active = careers.participation(panel).set_index("age")["estimate"]
    product = (active * rate).fillna(0.0).to_numpy()
    np.testing.assert_allclose(product, aggregate, atol=1e-12)
    assert len(share) == 5


@given(SEEDS)
def test_cumulative_prevalence_rises_and_is_the_naive_share_without_censoring(seed: int) -> None:
    made = register(seed)
    table = careers.cumulative_prevalence(made, ages=range(12, 26))
    assert (np.diff(table["estimate"]) >= -1e-12).all()
    whole = replace(made, persons=made.persons.assign(death_date=pd.NaT))
    both = [
        careers.cumulative_prevalence(whole, ages=range(12, 22), estimator=name)["estimate"]
        for name in ("survival", "naive", "observed")
    ]
    np.testing.assert_allclose(both[0], both[1], atol=1e-12)
    np.testing.assert_allclose(both[0], both[2], atol=1e-12)


@given(SEEDS)
def test_the_jackknife_variance_of_survival_is_greenwoods(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 12, 30).astype(float), rng.random(30) < 0.6
    at = np.array([3.0, 7.0, 11.0])
    survival, variance, _ = weighted_survival(time, event, np.ones((30, 1)), at)
    for k, point in enumerate(at):
        value, total = 1.0, 0.0
        for s in np.unique(time[event & (time < point)]):
            died, risk = (event & (time == s)).sum(), (time >= s).sum()
            value *= 1 - died / risk
            total += died / (risk * (risk - died)) if risk > died else 0.0
        assert survival[0, k] == pytest.approx(value)
        assert variance[0, k] == pytest.approx(value**2 * total)


@given(SEEDS)
def test_a_person_of_weight_two_is_two_persons(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 12, 20).astype(float), rng.random(20) < 0.6
    at = np.array([4.0, 9.0])
    doubled = weighted_survival(time, event, np.full((20, 1), 2.0), at)
    twice = weighted_survival(np.tile(time, 2), np.tile(event, 2), np.ones((40, 1)), at)
    np.testing.assert_allclose(doubled[0], twice[0])
    np.testing.assert_allclose(doubled[2], twice[2])


@given(st.lists(st.integers(0, 30), min_size=9, max_size=9))
def test_specialisation_is_nought_where_rows_are_alike_and_at_most_one(cells: list[int]) -> None:
    table = np.array(cells, dtype=float).reshape(3, 3)
    found = forward_specialisation(table)
    assert (found[~np.isnan(found)] <= 1.0 + 1e-12).all()
    alike = forward_specialisation(expected_counts(table))
    np.testing.assert_allclose(alike[~np.isnan(alike)], 0.0, atol=1e-9)
