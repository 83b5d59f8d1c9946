"""The measures of careers find what was planted in the synthetic register."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import careers

SURE = 0.999
"""Of the intervals: sixty of them are looked at."""
INDEX = ("domestic_sex_traffickers", "general_offenders", "non_offenders")


@pytest.fixture(scope="module")
def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=2024, n_general_offenders=4000, n_non_offenders=6000)


@pytest.fixture(scope="module")
def index_persons(register: tr.Register) -> np.ndarray:
    return register.persons["population"].isin(INDEX).to_numpy()


def check(table: pd.DataFrame, measure: str, planted: dict[str, float], **keys: object) -> None:
    chosen = table[table["measure"] == measure]
    for name, value in keys.items():
        chosen = chosen[chosen[name] == value]
    chosen = chosen.set_index("group")
    for group, value in planted.items():
        row = chosen.loc[group]
        assert row["lower"] <= value <= row["upper"], (measure, group)


def planted(register: tr.Register, stem: str, complement: bool = False) -> dict[str, float]:
    found = {
        key.removeprefix(f"{stem}_"): float(value)
        for key, value in register.truth.planted.items()
        if key.startswith(f"{stem}_") and key.removeprefix(f"{stem}_") in register.truth.shares
    }
    assert found, stem
    return {group: 1.0 - value for group, value in found.items()} if complement else found


def test_onset_ages_and_shares_under_18_by_group(register: tr.Register) -> None:
    table = careers.onset(register, by=register.truth.groups, level=SURE)
    check(table, "onset_age", planted(register, "onset_age"))
    check(table, "onset_before", planted(register, "first_offence_adult", True), age=18)
    share = float(register.truth.planted["first_offence_minor"])
    check(table, "onset_before", {"all": share}, age=18)


def test_what_leads_up_to_the_first_trafficking_offence(register: tr.Register) -> None:
    table = careers.lead_up(
        register, "trafficking", before=(18, 25), by=register.truth.groups, level=SURE
    )
    truth = register.truth.planted
    check(table, "cases_before", planted(register, "prior_cases"))
    check(table, "cases_before", {"all": float(truth["prior_cases_mean"])})
    check(table, "age_at_first", planted(register, "trafficking_age"))
    check(table, "career_starts_with_it", planted(register, "career_starts_with_trafficking"))
    check(table, "first_before", planted(register, "trafficking_as_minor"), age=18)
    check(table, "first_before", {"all": float(truth["first_trafficking_under_25"])}, age=25)


def test_criminal_environment_of_the_three_populations(
    register: tr.Register, index_persons: np.ndarray
) -> None:
    table = careers.relatives_with_record(
        register, "any", by="population", persons=index_persons, level=SURE
    )
    truth = register.truth.planted
    expected = {
        name: float(truth[f"criminal_environment_{short}"])
        for name, short in zip(
            INDEX, ("traffickers", "general_offenders", "non_offenders"), strict=True
        )
    }
    assert [round(value, 2) for value in expected.values()] == [0.89, 0.64, 0.24]
    check(table, "relative_with_record", expected)


def test_trafficking_among_siblings_and_partners(
    register: tr.Register, index_persons: np.ndarray
) -> None:
    table = careers.records_of_relatives(
        register, "trafficking", by="population", persons=index_persons, level=SURE
    )
    truth = register.truth.planted
    for relation in ("sibling", "partner"):
        value = float(truth[f"trafficking_{relation}s_traffickers"])
        check(table, "record_of_relative", {INDEX[0]: value}, relation=relation)
        check(table, "record_of_relative", dict.fromkeys(INDEX[1:], 0.0), relation=relation)


def test_relatives_records_concord_more_in_the_populations_with_records(
    register: tr.Register, index_persons: np.ndarray
) -> None:
    # of 4,630 with a record and 6,000 without: the odds that the planted shares make
    table = careers.concordance(register, "any", persons=index_persons, level=SURE)
    truth = register.truth.planted
    cases = (
        630 * float(truth["criminal_environment_traffickers"])
        + 4000 * float(truth["criminal_environment_general_offenders"])
    ) / 4630
    controls = float(truth["criminal_environment_non_offenders"])
    odds = cases / (1 - cases) / (controls / (1 - controls))
    check(table, "odds_ratio", {"all": odds})


def test_traffickers_are_generalists(register: tr.Register) -> None:
    table = careers.versatility(register, level=SURE).set_index("measure")
    assert table.loc["diversity_unbiased", "estimate"] > 0.75
    assert table.loc["relative_diversity", "lower"] > 0.95
    special = careers.specialisation(register, level=SURE)
    assert (special["lower"] < 0.03).all()
    assert (special["upper"] < 0.12).all()


def test_specialists_would_be_seen(register: tr.Register) -> None:
    # the same careers, but everybody keeps to the type of the first offence four times in five
    ours = register.persons.loc[register.persons["population"] == INDEX[0], "person"]
    offences = register.offences[register.offences["person"].isin(ours)].reset_index(drop=True)
    first = offences.groupby("person")["offence_type"].transform("first")
    keeps = np.random.default_rng(5).random(len(offences)) < 0.8
    special = tr.Register(
        persons=register.persons[register.persons["person"].isin(ours)],
        offences=offences.assign(offence_type=first.where(keeps, offences["offence_type"])),
        spells=register.spells[register.spells["person"].isin(ours)],
        relations=register.relations,
        reference_date=register.reference_date,
    )
    table = careers.versatility(special, level=SURE).set_index("measure")
    assert table.loc["relative_diversity", "upper"] < 0.7
    found = careers.specialisation(special, draws=200).set_index("type")
    assert (found.loc[["property", "violent", "other"], "lower"] > 0.3).all()


def test_a_posterior_gives_the_groups_onset_back(register: tr.Register) -> None:
    # the planted groups, blurred: each person's own group with probability 0.9
    groups = register.truth.groups
    names = sorted(groups.unique())
    blurred = pd.DataFrame(
        {name: np.where(groups == name, 0.9, 0.1 / (len(names) - 1)) for name in names},
        index=groups.index,
    )
    table = careers.onset(register, posterior=blurred).set_index(["measure", "group"])
    own = careers.onset(register, by=groups).set_index(["measure", "group"])
    persons = own.loc["onset_age", "persons"].drop("all")
    for name in names:
        weight = pd.Series(0.1 / (len(names) - 1), index=names)
        weight[name] = 0.9
        mixed = (weight * persons * own.loc["onset_age", "estimate"].drop("all")).sum()
        expected = mixed / (weight * persons).sum()
        assert table.loc[("onset_age", name), "estimate"] == pytest.approx(expected)
