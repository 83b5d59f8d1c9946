"""What the tables say of a person, on a register small enough to read."""

from __future__ import annotations

import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.rapporteur.person_figures import criminal_relatives, person_figures


def dates(*values: str | None) -> pd.Series:
    return pd.to_datetime(pd.Series(values))


def register(second_kind: str = "trafficking") -> tr.Register:
    """Persons 1 and 2 are traffickers, 3 to 6 relatives; 3, 4 and 6 have offences."""
    population = ["domestic_sex_traffickers"] * 2 + ["relatives"] * 4
    persons = pd.DataFrame(
        {
            "person": [1, 2, 3, 4, 5, 6],
            "sex": ["male", "female", "male", "male", "female", "male"],
            "birth_date": dates("1990-01-01", "1995-06-15", *["1980-01-01"] * 4),
            "death_date": dates(*[None] * 6),
            "emigration_date": dates(*[None] * 6),
            "population": population,
            "migration_background": [True, False] * 3,
            "basic_qualification_at_23": [False, True] * 3,
            "single_parent_family": [True, True] * 3,
            "institution_as_minor": [False, False] * 3,
        }
    )
    offences = pd.DataFrame(
        {
            "person": [1, 1, 1, 1, 1, 2, 3, 4, 6, 6],
            "offence_date": dates(
                *("2005-03-01", "2005-03-02", "2010-01-01", "2010-01-01", "2012-05-05"),
                *("2013-06-14", "2000-01-01", "2001-01-01", "2002-01-01", "2003-01-01"),
            ),
            "offence_type": [
                *("property", "violent", "trafficking", "drugs", "trafficking"),
                *(second_kind, "traffic", "trafficking", "trafficking", "other"),
            ],
            "case": [1, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        }
    )
    spells = pd.DataFrame(
        {
            "person": [1, 1, 1, 2, 2],
            "spell_type": ["job", "education", "biological_child", "job", "parental_home"],
            "start_date": dates(*["2009-01-01"] * 2, "2010-01-01", *["1995-06-15"] * 2),
            "end_date": dates("2010-01-01", "2010-01-02", None, "2013-06-14", None),
        }
    )
    relations = pd.DataFrame(
        {
            "person": [1, 1, 1, 2, 2],
            "relative": [3, 4, 5, 5, 6],
            "relation": ["parent", "half_sibling", "sibling", "parent", "ex_partner"],
        }
    )
    return tr.Register(persons, offences, spells, relations, pd.Timestamp("2020-01-01"))


def test_figures_by_hand() -> None:
    """Person 1 first offends at 15 and traffics on the 20th birthday; person 2 a day before 18."""
    found = person_figures(register())
    assert found.index.tolist() == [1, 2]
    assert set(found.dtypes.astype(str)) == {"float64"}
    first = found.loc[1]
    assert first["onset_age"] == pytest.approx(5538 / 365.25)
    assert first["trafficking_age"] == pytest.approx(7305 / 365.25)
    assert first["prior_cases"] == 1.0  # two offences of one case before, one case on the day
    expected = {
        "first_offence_minor": (1, 1),
        "first_offence_adult": (0, 0),
        "trafficking_as_minor": (0, 1),
        "first_trafficking_adult": (1, 0),
        "first_trafficking_under_25": (1, 1),
        "career_starts_with_trafficking": (0, 1),
        "female": (0, 1),
        "male": (1, 0),
        "migration_background": (1, 0),
        "basic_qualification": (0, 1),
        "job": (0, 0),  # both jobs end on the day: ends are exclusive
        "in_education": (1, 0),
        "child": (1, 0),  # a birth on the day
        "lives_at_home": (0, 1),
        "criminal_environment": (1, 1),
        "criminal_parent": (1, 0),
        "criminal_sibling": (1, 0),
        "criminal_partner": (0, 1),
    }
    assert {name: tuple(found[name]) for name in expected} == expected


def test_criminal_relatives_are_counted_by_kind_and_trafficker() -> None:
    siblings = criminal_relatives(register(), "criminal_sibling")
    assert siblings.loc[1].to_dict() == {"trafficking": 1.0, "criminal": 1.0}
    assert siblings.loc[2].to_dict() == {"trafficking": 0.0, "criminal": 0.0}
    partners = criminal_relatives(register(), "criminal_partner")
    assert partners.loc[2].to_dict() == {"trafficking": 1.0, "criminal": 1.0}


def test_a_trafficker_without_a_trafficking_offence_is_an_error_without_ids() -> None:
    with pytest.raises(InputError, match="1 of 2 traffickers without a trafficking offence"):
        person_figures(register(second_kind="drugs"))
