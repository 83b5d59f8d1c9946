"""A planted effect of a relative's crime on the rate of onset comes back, and none where none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import careers

BIRTH, YEAR = np.datetime64("1985-01-01", "D"), 365.25
N_FAMILIES, NEVER = 3000, 1e6


def register(ratio: float, seed: int) -> tr.Register:
    """Draw two siblings a family and their parent, whose first offence multiplies the rate.

    Rates of a first offence from 12 on: 0.02 a year, ``ratio`` times that after the parent's first
    offence, which half of the parents commit between the child's ages of 10 and 30. Families differ
    in their rates by a factor of their own, so that siblings go together.
    """
    rng = np.random.default_rng(seed)
    n = 2 * N_FAMILIES
    family = np.repeat(np.arange(N_FAMILIES), 2)
    frailty = rng.gamma(4.0, 0.25, N_FAMILIES)[family]
    turns = np.where(rng.random(N_FAMILIES) < 0.5, rng.uniform(10.0, 30.0, N_FAMILIES), NEVER)
    turns = np.maximum(turns[family], 12.0)
    hazard = 0.02 * frailty
    need = rng.exponential(1.0, n)
    before = hazard * (turns - 12.0)
    onset = np.where(
        need < before, 12.0 + need / hazard, turns + (need - before) / (hazard * ratio)
    )
    parents = np.arange(N_FAMILIES)
    own = np.flatnonzero(onset < 35.0)
    guilty = np.flatnonzero(turns[::2] < NEVER)
    ids = [f"c{i}" for i in range(n)] + [f"p{i}" for i in parents]
    persons = pd.DataFrame(
        {
            "person": ids,
            "birth_date": np.r_[
                np.full(n, BIRTH), np.full(N_FAMILIES, np.datetime64("1955-01-01", "D"))
            ].astype("datetime64[s]"),
            "death_date": pd.NaT,
            "emigration_date": pd.NaT,
            "population": ["children"] * n + ["parents"] * N_FAMILIES,
        }
    )
    days = np.r_[onset[own], turns[::2][guilty]] * YEAR
    offences = pd.DataFrame(
        {
            "person": [f"c{i}" for i in own] + [f"p{i}" for i in guilty],
            "offence_date": (BIRTH + days.astype("timedelta64[D]")).astype("datetime64[s]"),
            "offence_type": "property",
        }
    )
    relations = pd.DataFrame(
        {"person": ids[:n], "relative": [f"p{i}" for i in family], "relation": "parent"}
    )
    spells = pd.DataFrame(
        {"person": [], "spell_type": [], "start_date": [], "end_date": []}
    ).astype({"start_date": "datetime64[s]", "end_date": "datetime64[s]"})
    return tr.Register(persons, offences, spells, relations, "2020-12-31", study="children")


@pytest.mark.parametrize("ratio", [1.0, 2.5])
def test_the_planted_rate_ratio_lies_in_its_interval(ratio: float) -> None:
    table = careers.concordance_in_time(
        register(ratio, seed=8), "parent", ages=(12, 35), level=0.999
    )
    row = table[table["measure"] == "rate_ratio"].iloc[0]
    # frailty wears off among those still without an offence: a little below what was planted
    assert row["lower"] <= ratio <= row["upper"] * 1.02
    assert row["upper"] / row["lower"] < 1.8


def test_time_at_risk_undoes_the_immortal_time_of_a_naive_comparison() -> None:
    made = register(1.0, seed=9)
    first = made.offences.groupby("person")["offence_date"].min()
    ties = made.relations
    own, parents = ties["person"].map(first), ties["relative"].map(first)
    # who lives long without an offence has longer to see a parent offend "before"
    exposed = parents < own.fillna(pd.Timestamp("2019-12-31"))
    naive = own.notna()[exposed].mean() / own.notna()[~exposed].mean()
    assert naive < 0.9
    in_time = careers.concordance_in_time(made, "parent", ages=(12, 35))
    ratio = in_time[in_time["measure"] == "rate_ratio"].iloc[0]
    assert ratio["lower"] < 1.0 < ratio["upper"]


def test_families_make_intervals_wider_than_persons_do() -> None:
    made = register(1.0, seed=10)
    alone = pd.Series({person: person for person in made.persons["person"]})
    by_family = careers.concordance(made, "parent").iloc[0]
    by_person = careers.concordance(made, "parent", family=alone).iloc[0]
    assert by_family["estimate"] == by_person["estimate"]
    width = np.log(by_family["upper"] / by_family["lower"])
    assert width > np.log(by_person["upper"] / by_person["lower"])
