"""Person-years of three made-up persons, every cell worked out by hand."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trajectories import Register, lifecourse
from trajectories.errors import InputError, TrajectoriesWarning
from trajectories.lifecourse import Circumstance

# 1 is born on 1 January 2000; 2 on 1 July 2000 and dies on 30 June 2019; 3 is the partner of 1
# and has a record from 10 May 2019 on. Everything ends on 31 December 2020.
PERSONS = pd.DataFrame(
    {
        "person": [1, 2, 3],
        "birth_date": pd.to_datetime(["2000-01-01", "2000-07-01", "2000-01-01"]),
        "death_date": pd.to_datetime([None, "2019-06-30", None]),
        "emigration_date": pd.to_datetime([None, None, None]),
        "population": ["a", "b", "a"],
    }
)
OFFENCES = pd.DataFrame(
    {
        "person": [1, 1, 1, 2, 3],
        "offence_date": pd.to_datetime(
            ["2018-03-01", "2018-12-31", "2020-01-01", "2019-06-30", "2019-05-10"]
        ),
        "offence_type": ["violent", "property", "violent", "property", "drugs"],
    }
)
SPELLS = pd.DataFrame(
    [
        (1, "job", "2018-01-01", "2018-03-01", None, 10.0),  # 59 days of 2018
        (1, "job", "2018-02-15", "2018-06-01", None, 20.0),  # together 1 January to 31 May: 151
        (1, "job", "2019-07-02", None, None, 12.0),  # 183 days of 2019, 182 before
        (1, "partner", "2019-01-01", "2020-01-01", 3, np.nan),
        (1, "biological_child", "2018-06-01", None, None, np.nan),
        (1, "biological_child", "2019-12-31", None, None, np.nan),
        (2, "job", "2000-07-01", None, None, 30.0),
        (2, "detention", "2018-07-01", "2019-07-01", None, np.nan),
    ],
    columns=["person", "spell_type", "start_date", "end_date", "other", "income"],
).astype({"other": "Int64"})
SPELLS[["start_date", "end_date"]] = SPELLS[["start_date", "end_date"]].apply(pd.to_datetime)
RELATIONS = pd.DataFrame({"person": [1], "relative": [3], "relation": ["partner"]})


@pytest.fixture
def register() -> Register:
    return Register(PERSONS, OFFENCES, SPELLS, RELATIONS, pd.Timestamp("2020-12-31"))


def of(table: pd.DataFrame, person: int, column: str) -> list[float]:
    return table.loc[table["person"] == person, column].tolist()


def test_years_offences_and_time_free(register):
    table = lifecourse.person_years(register, range(17, 21), types=["violent"])
    assert of(table, 1, "age") == [17, 18, 19, 20]
    assert of(table, 1, "offences") == [0, 2, 0, 1]
    assert of(table, 1, "offended") == [0, 1, 0, 1]
    assert of(table, 1, "offences_violent") == [0, 1, 0, 1]
    assert of(table, 1, "years_free") == [1.0] * 4
    # 2 turns 18 on 1 July 2018 and is held until death: observed, not free
    assert of(table, 2, "age") == [17, 18]
    assert of(table, 2, "years_free") == [1.0, 0.0]
    assert of(table, 2, "years_observed") == [1.0, 1.0]
    assert of(table, 2, "offences") == [0, 1]
    assert table["population"].tolist() == ["a"] * 4 + ["b"] * 2 + ["a"] * 4


def test_spells_under_names_of_their_own_are_named_in_one_warning(register):
    own = SPELLS.assign(spell_type=SPELLS["spell_type"].replace({"job": "werk"}))
    dutch = replace(register, spells=own)
    with pytest.warns(TrajectoriesWarning) as told:
        table = lifecourse.person_years(dutch, range(17, 21))
    assert "job" not in table
    assert len(told) == 1
    said = str(told[0].message)
    assert "spells of type 'werk':" in said  # alone: detention and the usual types are used
    assert "Register.read(spell_types={'werk': ...})" in said
    assert "'non_biological_child_at_home'" in said
    assert told[0].filename == __file__


def test_spells_that_are_asked_for_or_known_need_no_warning(register):
    usual = lifecourse.person_years(register, range(17, 21))
    own = SPELLS.assign(spell_type=SPELLS["spell_type"].replace({"job": "werk"}))
    dutch = replace(register, spells=own)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lifecourse.person_years(register, range(17, 21))
        table = lifecourse.person_years(dutch, range(17, 21), circumstances=["werk"])
    np.testing.assert_array_equal(table["werk"], usual["job"])


@pytest.mark.parametrize(
    ("rule", "job", "partner", "children"),
    [
        ("most_of_year", [0, 0, 1, 1], [0, 0, 1, 0], [0, 1, 1, 1]),
        ("any_day", [0, 1, 1, 1], [0, 0, 1, 0], [0, 1, 1, 1]),
        ("first_day", [0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 1, 1]),
    ],
)
def test_what_in_force_means(register, rule, job, partner, children):
    table = lifecourse.person_years(register, range(17, 21), in_force=rule)
    assert of(table, 1, "job") == job
    assert of(table, 1, "partner") == partner
    assert of(table, 1, "biological_children") == children


@pytest.mark.parametrize(
    ("rule", "number"),
    [("most_of_year", [0, 1, 1, 2]), ("any_day", [0, 1, 2, 2]), ("first_day", [0, 0, 1, 2])],
)
def test_number_of_children(register, rule, number):
    table = lifecourse.person_years(register, range(17, 21), in_force=rule)
    assert of(table, 1, "number_of_biological_children") == number


def test_a_partner_has_a_record_from_the_day_after_the_first_offence_on(register):
    asked = {
        "before": Circumstance("partner", record="before", in_force="any_day"),
        "most": Circumstance("partner", record="before"),
        "begin": Circumstance("partner", record="before", in_force="first_day"),
        "ever": Circumstance("partner", record="ever", in_force="first_day"),
    }
    table = lifecourse.person_years(register, range(19, 21), circumstances=asked)
    assert of(table, 1, "before") == [1, 0]
    assert of(table, 1, "most") == [1, 0]  # 11 May to 31 December: 235 of 365 days
    assert of(table, 1, "begin") == [0, 0]
    assert of(table, 1, "ever") == [1, 0]


def test_an_amount_is_averaged_over_the_days_at_risk(register):
    asked = {"income": Circumstance("job", measure="amount", column="income")}
    table = lifecourse.person_years(register, range(18, 20), circumstances=asked)
    expected = [(59 * 10 + 106 * 20) / 365, 183 * 12 / 365]
    assert of(table, 1, "income") == pytest.approx(expected)
    assert np.isnan(of(table, 2, "income")).all()  # held from the 18th birthday to death


def test_a_year_without_a_day_free_has_no_circumstances(register):
    table = lifecourse.person_years(register, range(17, 19))
    assert of(table, 2, "job")[0] == 1
    assert np.isnan(of(table, 2, "job")[1])
    kept = lifecourse.person_years(register, range(17, 19), detention="kept")
    assert of(kept, 2, "job") == [1, 1]
    assert of(kept, 2, "years_free") == [1.0, 1.0]


def test_lags_and_leads_look_beyond_the_ages_asked_for(register):
    table = lifecourse.person_years(
        register, [19], circumstances=["job"], in_force="any_day", lags=[1, 2], leads=[1, 2]
    )
    assert of(table, 1, "job_lag1") == [1]
    assert of(table, 1, "job_lag2") == [0]
    assert of(table, 1, "job_lead1") == [1]
    assert np.isnan(of(table, 1, "job_lead2")).all()  # after the reference date


def test_calendar_years(register):
    table = lifecourse.person_years(register, calendar_years=[2018, 2019], circumstances=["job"])
    assert of(table, 2, "year") == [2018, 2019]
    assert of(table, 2, "age") == [17, 18]
    assert of(table, 2, "years_free") == [181 / 365, 0.0]
    assert of(table, 2, "years_observed") == [1.0, 181 / 365]
    assert of(table, 2, "offences") == [0, 1]
    assert of(table, 1, "offences") == [2, 0]


def test_added_lags_do_not_cross_gaps_or_persons():
    table = pd.DataFrame(
        {"person": [2, 1, 1, 1], "age": [21, 23, 20, 21], "job": [9.0, 3.0, 1.0, 2.0]}
    )
    found = lifecourse.add_lags(table, ["job"], [1, -1, 2])
    np.testing.assert_array_equal(found["job_lag1"], [np.nan, np.nan, np.nan, 1.0])
    np.testing.assert_array_equal(found["job_lead1"], [np.nan, np.nan, 2.0, np.nan])
    np.testing.assert_array_equal(found["job_lag2"], [np.nan, 2.0, np.nan, np.nan])


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({}, "give ages="),
        ({"ages": range(17, 19), "calendar_years": [2018]}, "not both"),
        ({"ages": [17.5]}, "whole numbers"),
        ({"ages": [90]}, "nobody of 3 persons is observed"),
        ({"ages": [18], "circumstances": ["welfare"]}, "no spell of type 'welfare'"),
        ({"ages": [18], "circumstances": {"x": 3}}, "a spell type is text"),
        ({"ages": [18], "circumstances": [3]}, "circumstances= must be names"),
        ({"ages": [18], "in_force": "now"}, "in_force= must be one of 'most_of_year'"),
        ({"ages": [18], "lags": [0]}, "lags= must be whole numbers of years, 1 or more"),
        ({"ages": [18], "keep": ["shoe_size"]}, "persons without column 'shoe_size'"),
        ({"ages": [18], "types": ["arson"]}, "no offence of 1 of the types"),
        (
            {"ages": [18], "circumstances": {"x": Circumstance("job", record="before")}},
            "do not say with whom in 4 rows",
        ),
        (
            {
                "ages": [18],
                "circumstances": {"x": Circumstance("partner", measure="amount", column="income")},
            },
            "'income' holds no number in 1 row",
        ),
    ],
)
def test_bad_requests_are_named(register, kwargs, says):
    with pytest.raises(InputError, match=says):
        lifecourse.person_years(register, **kwargs)


def test_offences_after_death_are_named(register):
    late = OFFENCES.assign(offence_date=pd.Timestamp("2019-07-01"))
    bad = Register(PERSONS, late, SPELLS, RELATIONS, pd.Timestamp("2020-12-31"))
    with pytest.raises(InputError, match=r"1 after death, emigration .* \(row 3\)"):
        lifecourse.person_years(bad, [18])


def test_spells_with_impossible_dates_are_named(register):
    SPELLS_BAD = SPELLS.copy()
    SPELLS_BAD.loc[0, "end_date"] = pd.Timestamp("2017-01-01")
    bad = Register(PERSONS, OFFENCES, SPELLS_BAD, RELATIONS, pd.Timestamp("2020-12-31"))
    with pytest.raises(InputError, match=r"end_date before start_date in 1 row \(row 0\)"):
        lifecourse.person_years(bad, [18])
    with pytest.raises(InputError, match="column= if and only if"):
        Circumstance("job", column="income")
