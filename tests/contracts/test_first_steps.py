"""What a newcomer runs into first is said in words that name the way out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli.cautions import cautions
from trajectories.errors import InputError, ModelFileError

COUNTS = pd.DataFrame([[0, 1, 2], [1, 0, 0], [0, 0, 1], [2, 1, 0]] * 5, columns=[12, 13, 14])


def test_a_path_instead_of_a_table_names_the_call_that_reads_it() -> None:
    with pytest.raises(InputError, match=r"pandas\.read_csv"):
        tr.Panel.from_wide("counts.csv")


def test_a_single_number_as_exposure_says_that_it_may_be_left_out() -> None:
    with pytest.raises(InputError, match="leave it out where everybody was free"):
        tr.Panel.from_wide(COUNTS, exposure=1)


def test_a_fit_given_for_scoring_names_the_step_between(tmp_path: Path) -> None:
    results = tr.GroupTrajectories(n_groups=1, degree=0).fit(tr.Panel.from_wide(COUNTS))
    results.save(tmp_path / "model.json")
    with pytest.raises(ModelFileError, match=r"profiles\.publish"):
        tr.profiles.load(tmp_path / "model.json")


def test_a_model_for_scoring_given_as_a_fit_names_its_reader(tmp_path: Path) -> None:
    file = tmp_path / "scoring.json"
    file.write_text('{"schema": "trajectories.scoring_model"}', encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"profiles\.load"):
        tr.load(file)


def test_a_table_without_any_zero_is_asked_about() -> None:
    whole = tr.Panel.from_wide(COUNTS)
    only_offences = tr.Panel.from_wide(COUNTS.where(COUNTS > 0).dropna(how="all"))
    assert cautions(whole) == []
    (said,) = cautions(only_offences)
    assert "years without offences" in said


def test_outcomes_that_are_no_counts_need_no_zero() -> None:
    assert cautions(tr.Panel.from_wide(np.array([[0.5, 0.25], [0.75, 0.5]]))) == []


def test_an_unknown_column_is_answered_with_those_that_there_are() -> None:
    persons = pd.DataFrame({"person": range(8), "sex": list("mfmfmfmf")})
    with pytest.raises(InputError, match=r"'gender'; there are 'person', 'sex'"):
        tr.matching.match(persons[:2], persons[2:], exact=["gender"])
    years = pd.DataFrame({"person": [1, 1], "age": [14, 15], "offended": [0, 1], "job": [0, 1]})
    with pytest.raises(InputError, match=r"'jobs': rename or add it; there are 'person', 'age'"):
        tr.lifecourse.within_person(years, outcome="offended", exposures=["jobs"])


def test_rows_of_a_forest_plot_without_a_label_are_counted() -> None:
    table = pd.DataFrame(
        {"what": ["a", None], "estimate": [1.0, 1.0], "lower": [0.5, 0.5], "upper": [2.0, 2.0]}
    )
    with pytest.raises(InputError, match="1 row without a label"):
        tr.plot.forest(table, label="what")
