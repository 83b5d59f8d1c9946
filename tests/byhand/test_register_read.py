"""Reading a register of a few persons: names, ids, dates, what is made of what is half known."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.panel import Register

NO_SPELLS = {"spells": None, "relations": None}


def persons(birth=("1990-05-12", "1992-02-29"), death=("", ""), emigration=("", ""), **more):
    return pd.DataFrame(
        {
            "person": ["11", "12"],
            "birth_date": birth,
            "death_date": death,
            "emigration_date": emigration,
        }
        | more
    )


def offences(date=("2010-01-01", "2011-01-01"), **more):
    return pd.DataFrame(
        {"person": ["11", "12"], "offence_date": date, "offence_type": ["drugs", "violent"]} | more
    )


def read(people=None, crimes=None, **options):
    options = NO_SPELLS | {"reference_date": "2021-07-02"} | options
    return Register.read(
        persons=persons() if people is None else people,
        offences=offences() if crimes is None else crimes,
        **options,
    )


def day(column):
    return column.dt.strftime("%Y-%m-%d").tolist()


# names


def test_columns_are_renamed_for_all_tables_or_table_by_table():
    people = persons().rename(columns={"person": "rin", "birth_date": "gbd"})
    crimes = offences().rename(columns={"person": "rin", "offence_date": "pleegdatum"})
    one = read(
        people, crimes, columns={"rin": "person", "gbd": "birth_date", "pleegdatum": "offence_date"}
    )
    each = read(
        people,
        crimes,
        columns={
            "persons": {"rin": "person", "gbd": "birth_date"},
            "offences": {"rin": "person", "pleegdatum": "offence_date"},
        },
    )
    for name in ("persons", "offences"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(each, name))
        pd.testing.assert_frame_equal(getattr(one, name), getattr(read(), name))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rin": "person"}, "declares 'rin', which no table has"),
        ({"persons": {"rin": "person"}}, "declares 'rin', which persons does not have"),
        ({"people": {"person": "person"}}, "names no table 'people'"),
        ({"death_date": "birth_date"}, "persons: more than one column is called 'birth_date'"),
        ({"person": "id"}, "persons: column 'person' absent .it has 'id', 'birth_date'"),
        ({"persons": {}, "person": "id"}, "must map names"),
        (["person"], "columns= must be a dict"),
    ],
)
def test_declared_columns_that_cannot_be_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        read(columns=columns)


def test_what_is_not_needed_is_kept():
    register = read(persons(sex=["male", "female"], population=["a", "b"]), study="b")
    assert register.persons["sex"].tolist() == ["male", "female"]
    assert tr.Panel.from_register(register, ages=[18]).units.tolist() == [12]


# ids


def test_ids_are_numbers_in_all_tables_or_text_in_all():
    numbers = persons().assign(person=[11.0, 12.0])
    register = read(numbers)
    assert register.persons["person"].dtype == register.offences["person"].dtype == "int64"
    padded = read(persons().assign(person=["011", "12"]), offences().assign(person=["011", "12"]))
    assert padded.persons["person"].tolist() == ["011", "12"]
    with pytest.raises(InputError, match="offences column 'person': 1 row not among persons"):
        read(persons().assign(person=["011", "12"]))
    blank = read(persons().assign(person=[" 11", "12 "]))
    assert blank.persons["person"].tolist() == [11, 12]


# dates


def test_dates_known_to_a_month_or_year_are_put_in_the_middle():
    birth = ["1990", "1990-02"]
    register = read(persons(birth=birth), offences())
    assert day(register.persons["birth_date"]) == ["1990-07-02", "1990-02-15"]
    leap = read(persons(birth=["1992", "1992-01"]))
    assert day(leap.persons["birth_date"]) == ["1992-07-02", "1992-01-16"]
    assert day(read(persons(birth=["1990-00-00", "19920200"])).persons["birth_date"]) == [
        "1990-07-02",
        "1992-02-15",
    ]
    assert day(read(persons(birth=[1990, 1992])).persons["birth_date"]) == [
        "1990-07-02",
        "1992-07-02",
    ]


def test_the_cost_of_half_known_dates_is_counted():
    register = read(persons(birth=["1990", "1991-05-12"]))
    table = register.date_precision.set_index(["column", "precision"])
    year = table.loc[("birth_date", "year")]
    assert (year["rows"], year["share"], year["imputed_as"]) == (1, 0.5, "middle of the year")
    assert year["largest_error_days"] == 182
    # the mean distance of 2 July to the 365 days: 2 · (1 + … + 182) / 365
    assert year["mean_error_days"] == pytest.approx(182 * 183 / 365)
    assert year["age_off_by_one"] == pytest.approx(182 * 183 / 365 / 365.25)
    known = table.loc[("birth_date", "day")]
    assert (known["rows"], known["largest_error_days"], known["age_off_by_one"]) == (1, 0, 0)
    month = read(persons(birth=["1990-01", "1991-05-12"])).date_precision
    row = month[month["precision"] == "month"].iloc[0]
    assert row["mean_error_days"] == pytest.approx(2 * (15 * 16 / 2) / 31)


def test_a_precision_can_be_declared_for_dates_that_look_better_known():
    people = persons(birth=pd.to_datetime(["1990-01-01", "1992-01-01"]))
    register = read(people, date_precision={"birth_date": "year"})
    assert day(register.persons["birth_date"]) == ["1990-07-02", "1992-07-02"]
    with pytest.raises(InputError, match="must be one of 'day', 'month', 'year'"):
        read(date_precision={"birth_date": "decade"})
    with pytest.raises(InputError, match="names 1 column 'geboortedatum' without dates"):
        read(date_precision={"geboortedatum": "year"})


@pytest.mark.parametrize(
    ("birth", "death", "date", "expected"),
    [
        # died in 2010, with an offence in November: died that day at the earliest
        ("1990-05-12", "2010", "2010-11-03", ("1990-05-12", "2010-11-03", "2010-11-03")),
        # an offence some time in 2010 before a death in March
        ("1990-05-12", "2010-03-01", "2010", ("1990-05-12", "2010-03-01", "2010-03-01")),
        # both some time in 2010: the offence on 2 July, like the death
        ("1990-05-12", "2010", "2010", ("1990-05-12", "2010-07-02", "2010-07-02")),
        # a death in the year of the reference date, which it does not pass
        ("1990-05-12", "2021", "2010-01-01", ("1990-05-12", "2021-03-05", "2010-01-01")),
        # born in a year, dead in February of it
        ("2010", "2010-02-01", "2010-02-01", ("2010-02-01", "2010-02-01", "2010-02-01")),
    ],
)
def test_a_half_known_date_moves_only_as_far_as_other_dates_ask(birth, death, date, expected):
    register = read(
        persons(birth=[birth, "1980-01-01"], death=[death, ""]),
        offences(date=[date, "2000-01-01"]),
        reference_date="2021-03-05",
    )
    row, crime = register.persons.iloc[[0]], register.offences.iloc[[0]]
    found = (*day(row["birth_date"]), *day(row["death_date"]), *day(crime["offence_date"]))
    assert found == expected
    assert register.check()["rows"].sum() == 0


def test_a_half_known_date_is_wrong_only_where_no_day_of_it_would_do():
    with pytest.raises(InputError, match="'offence_date': 1 row after the end of follow-up"):
        read(persons(death=["2009", ""]))
    with pytest.raises(InputError, match="'offence_date': 1 row before birth"):
        read(persons(birth=["2010-02", "1992-02-29"]))


def test_dates_may_be_numbers_times_and_in_a_declared_format():
    assert day(read(persons(birth=[19900512, 19920229])).persons["birth_date"]) == [
        "1990-05-12",
        "1992-02-29",
    ]
    timed = read(persons(birth=["1990-05-12 13:00:00", "1992-02-29T00:00"]))
    assert day(timed.persons["birth_date"]) == ["1990-05-12", "1992-02-29"]
    dutch = read(persons(birth=["12-05-1990", "1992"]), date_format="%d-%m-%Y")
    assert day(dutch.persons["birth_date"]) == ["1990-05-12", "1992-07-02"]
    objects = read(persons(birth=[pd.Timestamp("1990-05-12"), np.datetime64("1992-02-29")]))
    assert day(objects.persons["birth_date"]) == ["1990-05-12", "1992-02-29"]
    with pytest.raises(InputError, match="has a time zone"):
        read(persons(birth=pd.to_datetime(["1990-05-12", "1992-02-29"]).tz_localize("UTC")))


# repairs


def test_overlapping_detention_is_one_spell_after_a_repair():
    spells = pd.DataFrame(
        {
            "person": ["11", "11", "11", "11", "12"],
            "spell_type": ["detention"] * 5,
            "start_date": ["2012-01-05", "2012-01-01", "2012-01-20", "2012-01-08", "2012-01-05"],
            "end_date": ["2012-01-20", "2012-01-10", "2012-01-30", "2012-01-09", ""],
        }
    )
    with pytest.raises(InputError, match=r"2 rows within another spell of detention \(rows 0, 3"):
        read(spells=spells)
    register = read(spells=spells, strict=False)
    table = register.spells
    assert table["person"].tolist() == [11, 11, 12]
    assert day(table["start_date"]) == ["2012-01-01", "2012-01-20", "2012-01-05"]
    assert table["end_date"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        "2012-01-20",
        "2012-01-30",
        "",
    ]
    jobs = spells.assign(spell_type="job")
    assert len(read(spells=jobs, spell_types={}).spells) == 5
    with pytest.raises(InputError, match="within another spell of job"):
        read(spells=jobs, spell_types={}, exclusive_spells=("detention", "job"))


def test_a_person_left_out_takes_along_all_rows_that_refer_to_them():
    register = read(
        persons(birth=["", "1992-02-29"]),
        offences(),
        spells=pd.DataFrame(
            {
                "person": ["12", "11"],
                "spell_type": ["partner", "partner"],
                "start_date": ["2015-01-01", "2015-01-01"],
                "end_date": ["", ""],
                "other": ["11", "12"],
            }
        ),
        relations=pd.DataFrame({"person": ["12"], "relative": ["11"], "relation": ["sibling"]}),
        spell_types={},
        strict=False,
    )
    sizes = [len(t) for t in (register.persons, register.offences, register.spells)]
    assert (*sizes, len(register.relations)) == (1, 1, 1, 0)
    assert register.spells["other"].isna().all()
    table = register.repairs.set_index(["table", "check"])["rows"]
    assert table.to_dict() == {
        ("persons", "missing"): 1,
        ("offences", "of a person left out"): 1,
        ("spells", "of a person left out"): 1,
        ("relations", "of a person left out"): 1,
    }


def test_offences_alike_in_all_columns_need_ids():
    crimes = pd.concat([offences(), offences()], ignore_index=True)
    with pytest.raises(InputError, match=r"2 rows in a row given twice .* need a column 'offence'"):
        read(crimes=crimes)
    assert len(read(crimes=crimes.assign(offence=range(4))).offences) == 4
    shared = offences(offence=[1, 1])
    assert len(read(crimes=shared).offences) == 2, "two suspects of one offence are no repetition"


def test_a_classification_of_ones_own_says_which_types_there_are():
    crimes = offences(offence_type=["theft", "violent"])
    lacks = "of a type that the classification lacks"
    with pytest.raises(InputError, match=rf"1 row {lacks} .*; 1 in a single row each, not named"):
        read(crimes=crimes)
    with pytest.raises(InputError, match=rf"2 rows {lacks} .*'theft'"):
        read(crimes=offences(offence_type=["theft", "theft"]))
    own = tr.OffenceClassification.default().replace(
        "theft", offence_group="property", statutory_maximum=4, pretrial_detention=True
    )
    assert len(read(crimes=crimes, classification=own).offences) == 2
    assert len(read(crimes=crimes, classification=None).offences) == 2


# files


def test_files_and_frames_give_the_same_register(tmp_path):
    paths = {"persons": tmp_path / "p.csv", "offences": tmp_path / "o.csv"}
    persons(score=[1.5, 2.5]).to_csv(paths["persons"], index=False, sep=";")
    offences().to_csv(paths["offences"], index=False, sep=";")
    one = read(str(paths["persons"]), paths["offences"], separator=";")
    two = read(persons(score=[1.5, 2.5]))
    pd.testing.assert_frame_equal(one.persons, two.persons)
    pd.testing.assert_frame_equal(one.offences, two.offences)


def test_parquet_without_pyarrow_is_an_error_that_says_so(tmp_path, monkeypatch):
    path = tmp_path / "persons.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setattr("trajectories.panel.register_files.find_spec", lambda name: None)
    with pytest.raises(InputError, match="reading Parquet needs pyarrow, which is not installed"):
        read(path)


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_parquet_files_give_the_same_register(tmp_path):
    people = persons(birth=pd.to_datetime(["1990-05-12", "1992-02-29"]))
    people.to_parquet(tmp_path / "p.parquet")
    register = read(tmp_path / "p.parquet")
    assert day(register.persons["birth_date"]) == ["1990-05-12", "1992-02-29"]
    (tmp_path / "q.parquet").write_bytes(b"PAR1 CANARY")
    with pytest.raises(InputError, match=r"q.parquet is no Parquet file") as error:
        read(tmp_path / "q.parquet")
    assert "CANARY" not in str(error.value)


def test_the_synthetic_register_passes_every_check(repository):
    folder = repository / "data" / "synthetic"
    paths = {
        name: folder / f"{name}.csv" for name in ("persons", "offences", "spells", "relations")
    }
    register = Register.read(**paths, reference_date="2021-07-02", study="domestic_sex_traffickers")
    assert register.repairs.empty
    written = tr.rapporteur.read_register(folder)
    for name in paths:
        pd.testing.assert_frame_equal(getattr(register, name), getattr(written, name))


def test_order_of_rows_and_names_of_persons_change_nothing():
    people = persons(birth=["1990", "1992-02-29"], death=["2015", ""])
    spells = pd.DataFrame(
        {
            "person": ["11", "12", "11"],
            "spell_type": "detention",
            "start_date": ["2008-03-01", "2010-01-01", "2008"],
            "end_date": ["2008-04-01", "2010-02-01", "2009-01"],
        }
    )
    tables = {"people": people, "crimes": offences(), "spells": spells}
    turned = {name: table.iloc[::-1] for name, table in tables.items()}
    rename = {"11": "b", "12": "a"}
    renamed = {name: table.replace({"person": rename}) for name, table in tables.items()}
    first = read(**tables, strict=False)
    for other in (turned, renamed):
        register = read(**other, strict=False)
        assert register.repairs["rows"].tolist() == first.repairs["rows"].tolist()
        panels = [tr.Panel.from_register(r, ages=range(15, 25)) for r in (first, register)]
        order = [1, 0] if other is turned else [0, 1]
        np.testing.assert_array_equal(panels[0].outcomes, panels[1].outcomes[order])
        np.testing.assert_array_equal(panels[0].exposure, panels[1].exposure[order])
