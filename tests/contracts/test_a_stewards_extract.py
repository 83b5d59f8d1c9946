"""What a data steward delivers: files in parts, padded texts, codes for no date, odd offences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.careers.ties import RELATIVES
from trajectories.cli import main
from trajectories.errors import InputError
from trajectories.panel.register_files import REQUIRED

PERSONS = """RIN;GEBDAT;OVERLIJDEN;VERTREK;GESLACHT;STEEKPROEF
1;31-12-1980;01-01-1900;;M  ;verdachten
2;01-02-1981;13-05-2015;;V;verdachten
3;17-08-1982;01-01-1900;;   ;vergelijking
"""
OFFENCES = """RIN;PLEEGDATUM;ARTIKEL
1;13-01-2000;Sr 310
2;25-06-2001;Sr 311
3;15-09-2002;Sr 310
"""
DETENTION = """RIN;SOORT;IN;UIT
1;gevangenisstraf;01-02-2000;31-12-9999
3;gevangenisstraf;01-02-2003;01-03-2003
"""
JOBS = """RIN;AANVANG;EINDE
2;01-02-2000;01-04-2000
"""
COLUMNS = {
    "RIN": "person",
    "GEBDAT": "birth_date",
    "OVERLIJDEN": "death_date",
    "VERTREK": "emigration_date",
    "PLEEGDATUM": "offence_date",
    "ARTIKEL": "offence_type",
    "SOORT": "spell_type",
    "IN": "start_date",
    "UIT": "end_date",
    "AANVANG": "start_date",
    "EINDE": "end_date",
}


@pytest.fixture
def extract(tmp_path: Path) -> dict[str, Any]:
    for name, text in {
        "personen": PERSONS,
        "delicten": OFFENCES,
        "detentie": DETENTION,
        "banen": JOBS,
    }.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    jobs = pd.read_csv(tmp_path / "banen.csv", sep=";", dtype="str").assign(SOORT="baan")
    return {
        "persons": tmp_path / "personen.csv",
        "offences": tmp_path / "delicten.csv",
        "spells": [tmp_path / "detentie.csv", jobs],
        "relations": None,
        "columns": COLUMNS,
        "spell_types": {"gevangenisstraf": "detention", "baan": "job"},
        "separator": ";",
        "date_format": "%d-%m-%Y",
        "missing_dates": {"death_date": "01-01-1900", "end_date": "31-12-9999"},
        "reference_date": "2020-12-31",
        "classification": None,
    }


def test_a_table_may_come_in_parts_with_columns_of_their_own(extract) -> None:
    register = tr.Register.read(**extract)
    assert register.spells["spell_type"].tolist() == ["detention", "detention", "job"]
    assert register.spells["start_date"].dt.year.tolist() == [2000, 2003, 2000]
    parts = [
        pd.read_csv(extract["offences"], sep=";", dtype="str").iloc[rows]
        for rows in (slice(0, 1), slice(1, 3))
    ]
    again = tr.Register.read(**{**extract, "offences": parts})
    pd.testing.assert_frame_equal(again.offences, register.offences)


def test_files_without_a_column_of_types_are_given_by_type(extract, tmp_path: Path) -> None:
    held = tmp_path / "held.csv"
    held.write_text(DETENTION.replace(";gevangenisstraf", "").replace("SOORT;", ""), "utf-8")
    columns = {old: new for old, new in COLUMNS.items() if old != "SOORT"}
    by_type = {"detention": held, "job": tmp_path / "banen.csv"}
    changes = {"spells": by_type, "columns": columns, "spell_types": None}
    register = tr.Register.read(**{**extract, **changes})
    pd.testing.assert_frame_equal(
        register.spells, tr.Register.read(**extract).spells, check_like=True
    )
    with pytest.raises(InputError, match="given as 'job' has a column of types already"):
        tr.Register.read(**{**extract, "spells": {"job": tmp_path / "detentie.csv"}})


def test_a_part_without_a_column_is_named_by_its_number(extract, tmp_path: Path) -> None:
    (tmp_path / "banen.csv").write_text(JOBS.replace("EINDE", "STOP"), "utf-8")
    spells = [tmp_path / "detentie.csv", tmp_path / "banen.csv"]
    columns = {old: new for old, new in COLUMNS.items() if old != "EINDE"}
    with pytest.raises(InputError, match=r"spells \(part 2\): column 'spell_type', 'end_date' abs"):
        tr.Register.read(**{**extract, "spells": spells, "columns": columns})


def test_blanks_around_texts_of_a_file_make_no_other_type_and_no_other_sex(extract) -> None:
    padded = OFFENCES.replace("Sr 310", "Sr 310   ", 1)
    extract["offences"].write_text(padded, encoding="utf-8")
    register = tr.Register.read(**extract)
    assert register.offences["offence_type"].tolist() == ["Sr 310", "Sr 311", "Sr 310"]
    assert register.persons["GESLACHT"].tolist()[:2] == ["M", "V"]
    assert register.persons["GESLACHT"].isna().tolist() == [False, False, True]


def test_codes_for_no_date_are_missing_and_a_code_that_stands_nowhere_is_refused(extract) -> None:
    register = tr.Register.read(**extract)
    assert register.persons["death_date"].isna().tolist() == [True, False, True]
    assert register.spells["end_date"].isna().tolist() == [True, False, False]
    with pytest.raises(InputError, match="1 code that no row of persons column 'death_date' has"):
        tr.Register.read(**{**extract, "missing_dates": {"death_date": "00-00-0000"}})
    with pytest.raises(InputError, match="names 'GEBDAT'; dates are in 'birth_date'"):
        tr.Register.read(**{**extract, "missing_dates": {"GEBDAT": "00-00-0000"}})
    with pytest.raises(InputError, match="missing_dates= must be a dict"):
        tr.Register.read(**{**extract, "missing_dates": "01-01-1900"})


def test_codes_are_found_in_columns_that_are_dates_or_numbers_already(extract) -> None:
    persons = pd.read_csv(extract["persons"], sep=";", dtype="str")
    dates = pd.to_datetime(persons["OVERLIJDEN"], format="%d-%m-%Y")
    numbers = dates.dt.strftime("%Y%m%d").astype("float64").where(persons["RIN"] != "2")
    as_dates = {**extract, "persons": persons.assign(OVERLIJDEN=dates)}
    register = tr.Register.read(**as_dates)
    assert register.persons["death_date"].isna().tolist() == [True, False, True]
    codes = {"death_date": "19000101", "end_date": "31-12-9999"}
    as_numbers = {**extract, "persons": persons.assign(OVERLIJDEN=numbers), "missing_dates": codes}
    assert tr.Register.read(**as_numbers).persons["death_date"].isna().all()


def test_a_study_of_a_population_that_nobody_is_in_is_refused_at_once(extract) -> None:
    with pytest.raises(InputError, match="persons have no column 'population'"):
        tr.Register.read(**extract, study="verdachten")
    extract["columns"] = {**COLUMNS, "STEEKPROEF": "population"}
    with pytest.raises(InputError, match=r"no population of these persons, .* has 'verdachten'"):
        tr.Register.read(**extract, study="verdachte")
    assert tr.Register.read(**extract, study="verdachten").study == "verdachten"


def test_several_problems_are_told_on_a_line_each(extract) -> None:
    extract["offences"].write_text(OFFENCES.replace("13-01-2000", "31-02-2000") + "9;;\n", "utf-8")
    with pytest.raises(InputError) as error:
        tr.Register.read(**extract)
    lines = str(error.value).split("\n")
    assert lines[0] == "register: 4 problems:"
    assert lines[1] == "  offences column 'person': 1 row not among persons (row 3)"
    assert lines[-1].startswith("correct the tables, or let strict=False repair 3 of 4 problems")
    # the format was given: the advice is another one
    assert "dates are read as date_format='%d-%m-%Y' or year first" in lines[-1]


@pytest.fixture
def detained(extract) -> tr.Register:
    """Person 1 is detained for good from 2000, and has an offence at 25, two years of age in."""
    extract["offences"].write_text(OFFENCES + "1;10-05-2006;Sr 310\n", encoding="utf-8")
    return tr.Register.read(**extract)


def test_offences_that_no_panel_can_count_are_left_out_by_the_mask(detained) -> None:
    told = r"offences 1 at an age without any time free \(row 3\).*register.countable\(\)"
    with pytest.raises(InputError, match=told):
        tr.Panel.from_register(detained, ages=range(15, 30))
    mask = detained.countable()
    assert mask.tolist() == [True, True, True, False]
    panel = tr.Panel.from_register(detained, ages=range(15, 30), event=mask)
    assert panel.outcomes.sum() == 3
    assert len(tr.careers.participation(detained, ages=range(15, 30), event=mask))
    theft = mask & (detained.offences["offence_type"] == "Sr 310")
    assert tr.Panel.from_register(detained, ages=range(15, 30), event=theft).outcomes.sum() == 2


def test_the_mask_is_what_a_panel_of_every_age_refuses(detained) -> None:
    """The offences that are countable are those that a panel of one offence takes."""
    offences = detained.offences
    early = pd.DataFrame({"person": [1, 2, 2, 1], "offence_type": "x"}).assign(
        offence_date=pd.to_datetime(["1970-01-01", "2015-05-13", "2015-05-14", None])
    )
    table = pd.concat([offences, early], ignore_index=True)
    register = tr.Register(
        detained.persons, table, detained.spells, detained.relations, detained.reference_date
    )
    taken = []
    for row in range(len(table)):
        only = pd.Series(np.arange(len(table)) == row)
        try:
            panel = tr.Panel.from_register(register, ages=range(60), event=only)
            taken.append(panel.outcomes.sum() == 1)
        except InputError:
            taken.append(False)
    assert register.countable().tolist() == taken
    assert register.countable(until="2001-12-31").tolist()[:3] == [True, True, False]


@pytest.fixture
def registered() -> tr.Register:
    """Three persons with an index offence in 2010 and a new one; two are not registered yet."""
    day = pd.to_datetime
    persons = pd.DataFrame(
        {
            "person": [1, 2, 3],
            "birth_date": day(["1980-01-01"] * 3),
            "death_date": day([None] * 3),
            "emigration_date": day([None] * 3),
        }
    )
    offences = pd.DataFrame(
        {
            "person": [1, 2, 3, 1, 2],
            "offence_date": day(["2010-01-01"] * 3 + ["2012-01-01", "2013-01-01"]),
            "offence_type": ["drugs", "drugs", "drugs", "violent", "violent"],
            "registration_date": day(["2010-02-01", "2010-02-01", None, None, "2013-03-01"]),
        }
    )
    nothing = {"spells": ("spell_type", "start_date", "end_date"), "relations": ("relative",)}
    tables = {name: pd.DataFrame({c: [] for c in ("person", *cs)}) for name, cs in nothing.items()}
    return tr.Register(persons, offences, **tables, reference_date=pd.Timestamp("2020-12-31"))


def known(offences: pd.DataFrame) -> Any:
    return offences["registration_date"].notna()


def test_a_date_of_registration_is_asked_for_only_where_it_is_used(registered) -> None:
    by_offence = tr.FollowUp.from_register(registered, index="drugs", clock="offence")
    assert (by_offence.n_persons, by_offence.events()["reoffence"]) == (3, 2)
    with pytest.raises(InputError, match=r"1 index offence of 3 without.*or leave them out with"):
        tr.FollowUp.from_register(registered, index="drugs")

    def index(offences):
        return known(offences) & (offences["offence_type"] == "drugs")

    follow_up = tr.FollowUp.from_register(registered, index=index)
    # the new offence of person 1 counts: it is dated by the day on which it was committed
    assert (follow_up.n_persons, follow_up.events()["reoffence"]) == (2, 2)
    by_case = {"index": index, "event_date": "registration_date"}
    with pytest.raises(InputError, match=r"1 event of .*choose event_date='offence_date'"):
        tr.FollowUp.from_register(registered, **by_case, event="violent")
    seen = tr.FollowUp.from_register(registered, **by_case, event=known)
    assert (seen.n_persons, seen.events()["reoffence"]) == (2, 1)


def test_the_page_names_every_column_and_type_of_spell_that_the_library_knows(repository) -> None:
    page = (repository / "docs" / "how-to" / "read-a-register.md").read_text(encoding="utf-8")
    known = {kind for usual in tr.lifecourse.USUAL.values() for kind in usual.types}
    known |= {
        "detention",
        *RELATIVES["any"],
        *(c for columns in REQUIRED.values() for c in columns),
    }
    assert [name for name in sorted(known) if f"`{name}`" not in page] == []


def test_a_table_without_an_empty_cell_is_asked_whether_everybody_was_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = pd.DataFrame(np.random.default_rng(1).poisson(1.0, (60, 6))).add_prefix("n1")
    counts.to_csv(tmp_path / "full.csv", index_label="id")
    counts["n15"] = counts["n15"].where(counts.index < 57)
    counts.to_csv(tmp_path / "seen.csv", index_label="id")
    told = "No cell is empty: everybody was followed up to 15. Where somebody died"
    for name in ("full", "seen"):
        out = str(tmp_path / name)
        options = ["--groups", "1", "--degree", "0", "--starts", "1", "--out", out]
        main(["fit", str(tmp_path / f"{name}.csv"), *options])
        assert (told in capsys.readouterr().out) is (name == "full")
        assert (told in Path(out, "report.html").read_text("utf-8")) is (name == "full")
