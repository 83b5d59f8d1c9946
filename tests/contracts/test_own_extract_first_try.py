"""A first try with an extract of one's own: separators, decimal commas, dates, ids and names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli import main
from trajectories.errors import InputError

PERSONS = """RIN;GEBDAT;OVERLIJDEN;VERTREK;INKOMEN
1;31-12-1990;;;28,6
2;01-02-1991;13-05-2015;;20,5
3;17-08-1992;;;31
4;;;;22,4
"""
OFFENCES = """RIN;PLEEGDATUM;DELICT
1;13-01-2010;vermogen
2;25-06-2011;geweld
3;15-09-2012;vermogen
"""
COLUMNS = {
    "RIN": "person",
    "GEBDAT": "birth_date",
    "OVERLIJDEN": "death_date",
    "VERTREK": "emigration_date",
    "PLEEGDATUM": "offence_date",
    "DELICT": "offence_type",
}


@pytest.fixture
def extract(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "personen.csv").write_text(PERSONS, encoding="utf-8")
    (tmp_path / "delicten.csv").write_text(OFFENCES, encoding="utf-8")
    return {
        "persons": tmp_path / "personen.csv",
        "offences": tmp_path / "delicten.csv",
        "spells": None,
        "relations": None,
        "columns": COLUMNS,
        "reference_date": "2020-12-31",
        "classification": None,
    }


def test_a_file_with_semicolons_asks_for_the_separator(extract) -> None:
    with pytest.raises(InputError, match="holds semicolons: give separator=';'") as error:
        tr.Register.read(**extract)
    assert "GEBDAT" not in str(error.value)


def test_fields_beyond_the_names_are_an_error_and_never_dropped(extract, tmp_path: Path) -> None:
    longer = OFFENCES.replace(";vermogen", ";vermogen;more")
    (tmp_path / "delicten.csv").write_text(longer, encoding="utf-8")
    with pytest.raises(InputError, match="must hold 3 names and each row as many fields"):
        tr.Register.read(**extract, separator=";", date_format="%d-%m-%Y")


def test_decimal_commas_become_numbers_where_they_are_said(extract) -> None:
    options = {**extract, "separator": ";", "date_format": "%d-%m-%Y", "strict": False}
    register = tr.Register.read(**options, decimal=",")
    assert register.persons["INKOMEN"].tolist() == [28.6, 20.5, 31.0]
    assert register.persons["birth_date"].dt.year.tolist() == [1990, 1991, 1992]


def test_a_column_of_dates_in_another_format_is_not_repaired_away(extract) -> None:
    """With ``strict=False`` everybody was left out, and nothing said so."""
    with pytest.raises(InputError, match="need date_format='%d-%m-%Y'") as error:
        tr.Register.read(**extract, separator=";", strict=False)
    assert "nothing is repaired" in str(error.value)
    with pytest.raises(InputError, match=r"let strict=False repair \d of \d problems"):
        tr.Register.read(**extract, separator=";")
    register = tr.Register.read(**extract, separator=";", date_format="%d-%m-%Y", strict=False)
    assert len(register.persons) == 3


def test_single_unreadable_dates_are_repaired_as_before(extract, tmp_path: Path) -> None:
    (tmp_path / "personen.csv").write_text(PERSONS.replace("17-08-1992", "onbekend"), "utf-8")
    register = tr.Register.read(**extract, separator=";", date_format="%d-%m-%Y", strict=False)
    assert len(register.persons) == 2


@pytest.mark.parametrize("date_format", ["dd-mm-yyyy", 3])
def test_a_date_format_in_letters_is_told_how_to_write_it(extract, date_format) -> None:
    with pytest.raises(InputError, match="as '%d-%m-%Y' for 31-12-2020"):
        tr.Register.read(**extract, separator=";", date_format=date_format)


def test_two_ages_far_apart_are_not_taken_for_a_range(extract) -> None:
    register = tr.Register.read(**extract, separator=";", date_format="%d-%m-%Y", strict=False)
    with pytest.raises(InputError, match=re.escape("range(15, 26) are all from 15 to 25")):
        tr.Panel.from_register(register, ages=(15, 25))
    assert tr.Panel.from_register(register, ages=np.array([15, 25])).n_ages == 2
    assert tr.Panel.from_register(register, ages=[19, 20]).n_ages == 2


def test_an_index_that_is_no_type_is_told_of_functions(extract) -> None:
    register = tr.Register.read(**extract, separator=";", date_format="%d-%m-%Y", strict=False)
    with pytest.raises(InputError, match=r"groups need a classification: register\.with_class"):
        tr.FollowUp.from_register(register)
    own = tr.OffenceClassification.default()
    for name in ("vermogen", "geweld"):
        own = own.replace(
            name, offence_group="property", statutory_maximum=4, pretrial_detention=True
        )
    with pytest.raises(InputError, match="or give a function that takes the table of offences"):
        tr.FollowUp.from_register(register, index="veroordeling", classification=own)
    with pytest.raises(InputError, match="2 types not in the classification"):
        register.with_classification("default")


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rates = np.where(np.arange(80)[:, np.newaxis] < 40, 0.2, 2.0) * np.ones(6)
    table = pd.DataFrame(rng.poisson(rates), columns=[f"age{age}" for age in range(12, 18)])
    table.insert(0, "id", np.arange(1, 81))
    table["inkomen"] = [f"{20 + number / 10:.1f}".replace(".", ",") for number in range(80)]
    return table.assign(tx=rng.integers(0, 2, 80))


def test_covariates_that_were_not_indexed_are_told_which_column_holds_the_ids(wide) -> None:
    panel = tr.Panel.from_wide(wide.set_index("id").filter(like="age"))
    with pytest.raises(InputError, match=r"column 'id' holds them: set_index\('id'\)"):
        tr.GroupTrajectories(2, degree=0).fit(panel, membership="~ tx", covariates=wide)
    with pytest.raises(InputError, match="lack 79 of 80") as error:
        tr.GroupTrajectories(2, degree=0).fit(
            panel, membership="~ tx", covariates=wide.iloc[:1].set_index("id")
        )
    assert "numbered" not in str(error.value)


def test_a_covariate_with_decimal_commas_is_recognised(wide) -> None:
    table = wide.set_index("id")
    panel = tr.Panel.from_wide(table.filter(like="age"))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, seed=0, n_starts=3)
    with pytest.raises(InputError, match="numbers with a decimal comma: read the file with"):
        results.profile(["inkomen"], table, panel=panel)
    with pytest.raises(InputError, match="did you mean 'inkomen'"):
        results.profile(["Inkomen"], table, panel=panel)


def test_two_panels_of_which_one_has_no_ids_say_which(wide) -> None:
    counts = wide.set_index("id").filter(like="age")
    panels = {
        "a": tr.Panel.from_wide(counts.reset_index(drop=True)),
        "b": tr.Panel.from_wide(counts),
    }
    spec = tr.GroupTrajectories(2, degree=0)
    with pytest.raises(InputError, match="units of 'a' are numbered from 0"):
        tr.DualTrajectories({"a": spec, "b": spec}).fit(panels)
    with pytest.raises(InputError, match=r"must be a mapping by names of outcomes, .* not list"):
        tr.DualTrajectories([spec, spec])


@pytest.mark.parametrize(("theirs", "ours"), [("cnorm", "censored_normal"), ("LOGIT", "bernoulli")])
def test_a_family_by_its_name_in_stata_is_told_its_name_here(theirs, ours) -> None:
    with pytest.raises(InputError, match=f"it is called '{ours}' here"):
        tr.GroupTrajectories(2, family=theirs)


def test_the_command_line_recognises_a_decimal_comma(wide, tmp_path: Path, capsys) -> None:
    counts = wide.filter(regex="^(id|age)").astype(float).astype({"id": int})
    counts.to_csv(tmp_path / "counts.csv", sep=";", decimal=",", index=False)
    assert main(["fit", str(tmp_path / "counts.csv"), "--out", str(tmp_path / "fit")]) == 2
    assert "6 columns hold numbers with a decimal comma: give --decimal ," in (
        capsys.readouterr().err
    )
