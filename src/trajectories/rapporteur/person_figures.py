"""What the register's tables say of each trafficker, one column a quantity.

Cases are counted by offence date; "at first trafficking" is the day of the first trafficking
offence; a relative is criminal who has any registered offence, whenever it was.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import Register
from trajectories.panel.calendar import age_on, days
from trajectories.rapporteur.figures import TRAFFICKERS

ADULT, TWENTY_FIVE = 18, 25
DAYS_PER_YEAR = 365.25
SPELLS = {
    "in_education": ("education",),
    "lives_at_home": ("parental_home",),
    "welfare_or_no_income": ("welfare_or_no_income",),
    "job": ("job",),
    "child": ("biological_child", "non_biological_child_at_home"),
}
"""Circumstance at first trafficking → types of spell that make it."""
RELATIVES = {
    "criminal_environment": ("parent", "sibling", "half_sibling", "partner", "ex_partner"),
    "criminal_parent": ("parent",),
    "criminal_sibling": ("sibling", "half_sibling"),
    "criminal_partner": ("partner", "ex_partner"),
}
TRAITS = {
    "migration_background": "migration_background",
    "basic_qualification": "basic_qualification_at_23",
    "single_parent": "single_parent_family",
    "institution": "institution_as_minor",
}


def person_figures(register: Register) -> pd.DataFrame:
    """Return one row per trafficker and one column per quantity, all numbers (yes is 1).

    Ages and numbers of cases are numbers; everything else is 1 or 0. The index is the person id.

    Raises
    ------
    InputError
        If a trafficker has no trafficking offence.
    """
    persons = register.persons
    persons = persons[persons["population"] == TRAFFICKERS].set_index("person")
    offences = register.offences[register.offences["person"].isin(persons.index)]
    index_date = first_trafficking(offences, persons.index)
    columns = {
        **_career(persons, offences, index_date),
        "age_at_observation_end": _years(persons, register.reference_date),
        "female": persons["sex"] == "female",
        "male": persons["sex"] == "male",
        **{name: persons[column] for name, column in TRAITS.items()},
        **_circumstances(register.spells, index_date),
        **_criminal_relatives(register, persons.index),
    }
    return pd.DataFrame(columns, index=persons.index).astype(np.float64)


def criminal_relatives(
    register: Register, relation: str, of: pd.Index[int] | None = None
) -> pd.DataFrame:
    """Count, by person, criminal relatives of a kind and those of them who traffic too.

    Parameters
    ----------
    register : Register
    relation : {"criminal_sibling", "criminal_partner"}
    of : Index, optional
        Whose relatives; the traffickers' when left out.

    Returns
    -------
    DataFrame
        Index person; columns ``trafficking``, ``criminal``. Who has no criminal relative of that
        kind has 0 in both.
    """
    persons = register.persons
    if of is None:
        of = pd.Index(persons.loc[persons["population"] == TRAFFICKERS, "person"])
    ties = register.relations
    ties = ties[ties["person"].isin(of) & ties["relation"].isin(RELATIVES[relation])]
    ties = ties.drop_duplicates(["person", "relative"])
    offences = register.offences
    traffic = offences.loc[offences["offence_type"] == "trafficking", "person"].unique()
    counts = pd.DataFrame(
        {
            "trafficking": ties["relative"].isin(traffic).astype(np.float64),
            "criminal": ties["relative"].isin(offences["person"].unique()).astype(np.float64),
        }
    )
    by_person = counts.groupby(ties["person"], observed=True).sum()
    return by_person.reindex(of, fill_value=0.0).rename_axis("person")


def with_criminal_relative(register: Register, persons: pd.Index[int]) -> pd.DataFrame:
    """Tell who has a criminal relative of each kind: a column a kind of ``RELATIVES``, 1 or 0."""
    found = _criminal_relatives(register, persons)
    return pd.DataFrame(found, index=persons).astype(np.float64)


def first_trafficking(offences: pd.DataFrame, persons: pd.Index[int]) -> pd.Series:
    """Return the date of the first trafficking offence of each of these persons.

    Raises
    ------
    InputError
        If one of them has none.
    """
    trafficking = offences[offences["offence_type"] == "trafficking"]
    first = trafficking.groupby("person", observed=True)["offence_date"].min().reindex(persons)
    without = int(first.isna().sum())
    if without:
        raise InputError(
            f"register: {without} of {len(persons)} traffickers without a trafficking offence; "
            "correct column population of persons, or offence_type of offences"
        )
    return first


def _career(
    persons: pd.DataFrame, offences: pd.DataFrame, index_date: pd.Series
) -> dict[str, pd.Series | np.ndarray]:
    onset = offences.groupby("person", observed=True)["offence_date"].min().reindex(persons.index)
    birth = days(persons, "birth_date", "persons", required=True)
    onset_age = age_on(birth, onset.to_numpy().astype("datetime64[D]"))
    index_age = age_on(birth, index_date.to_numpy().astype("datetime64[D]"))
    earlier = offences[offences["offence_date"] < offences["person"].map(index_date)]
    prior = (
        earlier.groupby("person", observed=True)["case"]
        .nunique()
        .reindex(persons.index, fill_value=0)
    )
    return {
        "onset_age": _years(persons, onset),
        "first_offence_minor": onset_age < ADULT,
        "first_offence_adult": onset_age >= ADULT,
        "trafficking_age": _years(persons, index_date),
        "trafficking_as_minor": index_age < ADULT,
        "first_trafficking_adult": index_age >= ADULT,
        "first_trafficking_under_25": index_age < TWENTY_FIVE,
        "prior_cases": prior,
        "career_starts_with_trafficking": onset >= index_date,
    }


def _years(persons: pd.DataFrame, date: pd.Series | pd.Timestamp) -> pd.Series:
    return (date - persons["birth_date"]).dt.days / DAYS_PER_YEAR


def _circumstances(spells: pd.DataFrame, index_date: pd.Series) -> dict[str, np.ndarray]:
    """Tell who is in a spell on the day of first trafficking (ends are exclusive)."""
    date = spells["person"].map(index_date)
    on = (spells["start_date"] <= date) & (spells["end_date"].isna() | (spells["end_date"] > date))
    now = spells[on]
    return {
        name: index_date.index.isin(now.loc[now["spell_type"].isin(kinds), "person"])
        for name, kinds in SPELLS.items()
    }


def _criminal_relatives(register: Register, persons: pd.Index[int]) -> dict[str, np.ndarray]:
    ties = register.relations
    criminal = ties[ties["relative"].isin(register.offences["person"].unique())]
    return {
        name: persons.isin(criminal.loc[criminal["relation"].isin(kinds), "person"])
        for name, kinds in RELATIVES.items()
    }
