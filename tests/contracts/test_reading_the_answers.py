"""What a first look at an answer shows: a table that fits, a fit by its name, plain labels."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import plot
from trajectories.errors import InputError
from trajectories.plot.forest_plot import plain_term
from trajectories.report.numbers import number
from trajectories.report.score_report import _share


@pytest.fixture(scope="module")
def choice() -> tr.Selection:
    rng = np.random.default_rng(4)
    rates = np.where(np.arange(80)[:, np.newaxis] < 50, 0.2, 2.0) * np.ones(5)
    panel = tr.Panel.from_wide(rng.poisson(rates), ages=range(15, 20))
    return tr.select(
        panel, n_groups=(1, 2), degree=(0, 1), family=("poisson", "negbin"), n_starts=2
    )


def test_a_selection_fits_a_screen_and_says_that_there_is_more(choice) -> None:
    lines = repr(choice).split("\n")
    assert max(map(len, lines)) <= 120
    assert len(lines) == 1 + len(choice.table) + 1
    assert lines[-1].startswith(f".table has {len(choice.table.columns)} columns")
    assert "settings" in lines[0]
    assert "basis" not in lines[0]  # all are polynomials
    assert choice._repr_html_().count("<tr") == 1 + len(choice.table)


def test_a_fit_is_asked_for_by_what_the_table_calls_it(choice) -> None:
    wanted = choice.fitted(2, degree=1, family="poisson")
    assert (wanted.n_groups, wanted.degree, wanted.family.name) == (2, 1, "poisson")
    with pytest.raises(InputError, match="4 candidates are so: say 'degree', 'family' too"):
        choice.fitted(2)
    with pytest.raises(InputError, match="no candidate with n_groups=3; there are 1, 2"):
        choice.fitted(3)
    with pytest.raises(InputError, match=r"no candidate with family='poison'.*'poisson'"):
        choice.fitted(2, family="poison")


def test_degrees_by_group_are_asked_for_as_a_list_or_a_tuple() -> None:
    panel = tr.Panel.from_wide(np.random.default_rng(1).poisson(1.0, (60, 5)), ages=range(15, 20))
    choice = tr.select(panel, n_groups=(1, 2), degree=(0, (0, 1)), n_starts=2)
    for degree in ((0, 1), [0, 1]):
        assert sorted(choice.fitted(2, degree=degree).degree) == [0, 1]


@pytest.mark.parametrize(
    ("term", "plain"),
    [
        ("GESLACHT[T.V]", "GESLACHT: V"),
        ("C(sex, contr.treatment('man'))[T.woman]", "sex: woman"),
        ("sex[T.V]:job[T.yes]", "sex: V × job: yes"),
        ("prior_offences:drugs", "prior_offences:drugs"),
        ("age [12-15]", "age [12-15]"),
    ],
)
def test_terms_of_formulas_are_written_as_a_reader_has_them(term: str, plain: str) -> None:
    assert plain_term(term) == plain


def test_panels_of_a_forest_plot_numbered_by_group_say_what_the_number_is() -> None:
    table = pd.DataFrame(
        {
            "term": ["sex[T.V]", "sex[T.V]"],
            "group": [2, 3],
            "estimate": [1.1, 2.0],
            "lower": [0.9, 1.5],
            "upper": [1.3, 2.5],
        }
    )
    figure = plot.forest(table, label="term", panel="group")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["group 2", "group 3"]
    named = plot.forest(table.assign(group=["men", "women"]), label="term", panel="group")
    assert [ax.get_title(loc="left") for ax in named.axes] == ["men", "women"]


def test_a_within_person_model_says_how_age_went_in() -> None:
    rng = np.random.default_rng(2)
    years = pd.DataFrame(
        {
            "person": np.repeat(np.arange(80), 8),
            "age": np.tile(np.arange(18, 26), 80),
            "job": rng.integers(0, 2, 640).astype(float),
            "offended": rng.integers(0, 2, 640),
        }
    )
    said = {
        df: tr.lifecourse.within_person(years, exposures=["job"], age_df=df)
        .summary()
        .split("\n")[0]
        for df in (0, 1, 3)
    }
    assert "; age left out; " in said[0]
    assert "; age as a straight line; " in said[1]
    assert "; age as a spline of 3 terms; " in said[3]


def test_a_small_probability_in_a_report_of_scores_is_not_none() -> None:
    shares = [_share(p) for p in (0.0, 1e-7, 0.0006, 0.5, 0.9997, 1.0)]
    assert shares == ["0.000", "< 0.001", "0.001", "0.500", "> 0.999", "1.000"]


def test_the_report_of_a_fit_has_names_and_numbers_as_its_figures_have(tmp_path) -> None:
    rng = np.random.default_rng(3)
    rates = np.where(np.arange(1200)[:, np.newaxis] < 900, 0.05, 2.0) * np.ones(12)
    panel = tr.Panel.from_wide(rng.poisson(rates), ages=range(14, 26))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, n_starts=2)
    page = tr.report.fit_report(results, panel).html()
    assert results.typology()["name"].iloc[0] == "low_rate"
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", page)
    assert "low rate" in cells
    assert "low_rate" not in cells
    assert number(1200) in cells
