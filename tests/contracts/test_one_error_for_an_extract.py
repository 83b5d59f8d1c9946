"""All problems of an extract are said in one error: files, columns, spells, types and rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.errors import InputError


def sound() -> dict[str, Any]:
    return {
        "persons": pd.DataFrame(
            {
                "person": ["1", "2", "3"],
                "birth_date": ["1990-01-01", "1991-01-01", "1992-01-01"],
                "death_date": ["", "", "2020-01-01"],
                "emigration_date": "",
            }
        ),
        "offences": pd.DataFrame(
            {
                "person": ["1", "2", "3"],
                "offence_date": ["2008-01-01", "2009-01-01", "2010-01-01"],
                "offence_type": ["violent", "drugs", "drugs"],
            }
        ),
        "spells": pd.DataFrame(
            {
                "person": ["1", "2"],
                "spell_type": "detention",
                "start_date": ["2015-01-01", "2016-01-01"],
                "end_date": ["2015-02-01", "2016-02-01"],
            }
        ),
        "relations": pd.DataFrame({"person": ["1"], "relative": ["2"], "relation": ["sibling"]}),
        "columns": {"person": "person"},
        "reference_date": "2021-07-02",
    }


def put(table: str, column: str, values: Any):
    def damage(given: dict[str, Any]) -> None:
        given[table] = given[table].assign(**{column: values})

    return damage


def drop(table: str, column: str):
    def damage(given: dict[str, Any]) -> None:
        given[table] = given[table].drop(columns=column)

    return damage


def option(name: str, value: Any):
    def damage(given: dict[str, Any]) -> None:
        given[name] = value

    return damage


DAMAGE = {
    "a column that is declared and nowhere": (
        option("columns", {"person": "person", "rin": "who"}),
        "columns= declares 'rin', which no table has",
    ),
    "an absent column": (
        drop("persons", "emigration_date"),
        "persons: column 'emigration_date' absent (it has 'person', 'birth_date', 'death_date')",
    ),
    "a table that is no table": (
        option("relations", "nowhere.csv"),
        "relations: no file 'nowhere.csv' there",
    ),
    "types of spells": (
        put("spells", "spell_type", "detentie"),
        "spells column 'spell_type': 2 rows and none is 'detention'",
    ),
    "types of offences": (
        put("offences", "offence_type", "diefstal"),
        "offences column 'offence_type': 3 rows of a type that the classification lacks",
    ),
    "dates": (
        put("offences", "offence_date", ["01-01-2008", "2009-01-01", "2010-01-01"]),
        "offences column 'offence_date': 1 row with something that is no date (row 0)",
    ),
    "a time zone": (
        put("persons", "birth_date", pd.to_datetime(["1990-01-01"] * 3).tz_localize("UTC")),
        "persons column 'birth_date' has a time zone",
    ),
    "unknown persons": (
        put("spells", "person", ["1", "9"]),
        "spells column 'person': 1 row not among persons (row 1)",
    ),
    "an order of dates": (
        put("spells", "end_date", ["2014-01-01", "2016-02-01"]),
        "spells column 'end_date': 1 row before start_date (row 0)",
    ),
    "a precision of no dates": (
        option("date_precision", {"birthday": "year"}),
        "date_precision= names 1 column 'birthday' without dates",
    ),
    "a classification that is none": (
        option("classification", "types.csv"),
        "classification: no file 'types.csv' there",
    ),
}


def said(damages: list[str], **options: Any) -> str:
    given = sound()
    for name in damages:
        DAMAGE[name][0](given)
    with pytest.raises(InputError) as error:
        tr.Register.read(**given, **options)
    return str(error.value)


def test_without_damage_it_is_read() -> None:
    assert len(tr.Register.read(**sound()).persons) == 3


@given(st.lists(st.sampled_from(sorted(DAMAGE)), min_size=1, unique=True))
@settings(max_examples=40, deadline=None)
def test_every_problem_is_in_the_one_error(damages: list[str]) -> None:
    # types are not looked up where the classification itself cannot be read, and a column that is
    # declared may be in a table that cannot
    nowhere = "a column that is declared and nowhere"
    hides = {
        "a classification that is none": {"types of offences", nowhere},
        "a table that is no table": {nowhere},
    }
    hidden = set().union(*(hides.get(name, set()) for name in damages))
    expected = [name for name in damages if name not in hidden]
    if not expected:
        return
    message = said(damages)
    for name in expected:
        assert DAMAGE[name][1] in message
    n = len(expected)
    assert message.startswith(f"register: {n} problem{'s' if n > 1 else ''}:")


def test_a_column_that_cannot_be_used_is_said_once() -> None:
    given = sound()
    given["persons"] = given["persons"].rename(columns={"person": "rin", "birth_date": "gbd"})
    given["offences"] = pd.concat([given["offences"].drop(columns="offence_type")] * 2)
    with pytest.raises(InputError, match=r"^register: 2 problems:") as error:
        tr.Register.read(**given)
    assert "not among persons" not in str(error.value)
    assert "given twice" not in str(error.value)


def test_what_strict_false_cannot_repair_is_said_together_too() -> None:
    message = said(["an absent column", "types of spells", "unknown persons"], strict=False)
    assert message.startswith("register: 2 problems:")
    assert "persons: column 'emigration_date' absent" in message
    assert "none is 'detention'" in message
    assert "not among persons" not in message, "that is repaired"


def test_a_folder_lacks_all_that_it_lacks(tmp_path: Path) -> None:
    sound()["persons"].to_csv(tmp_path / "persons.csv", index=False)
    with pytest.raises(InputError) as error:
        tr.Register.read(tmp_path)
    for name in ("offences.csv", "spells.csv", "relations.csv", "register.json that says until"):
        assert f"no {name}" in str(error.value)
    assert "spells= the path of the file, or None if there are none" in str(error.value)


def test_a_register_lacks_all_columns_that_it_lacks() -> None:
    register = tr.Register.read(**sound())
    short = tr.Register(
        register.persons.drop(columns="death_date"),
        register.offences.drop(columns=["offence_date", "offence_type"]),
        register.spells,
        register.relations,
        register.reference_date,
    )
    said = "persons without column 'death_date'; offences without column 'offence_date', 'offence_t"
    with pytest.raises(InputError, match=said):
        short.check()


def test_tables_of_one_separator_are_told_of_it_together(tmp_path: Path) -> None:
    given = sound()
    for name in ("persons", "offences", "spells", "relations"):
        given[name].to_csv(tmp_path / f"{name}.csv", index=False, sep=";")
    with pytest.raises(
        InputError, match=r"^register: 4 problems:\s+persons: persons\.csv"
    ) as error:
        tr.Register.read(tmp_path, reference_date="2021-07-02")
    assert str(error.value).count("give separator=';'") == 4
    assert len(tr.Register.read(tmp_path, reference_date="2021-07-02", separator=";").persons) == 3
