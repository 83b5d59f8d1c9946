"""What a first look at an answer shows: a table that fits, a fit by its name, plain labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import plot
from trajectories.errors import InputError
from trajectories.plot.forest_plot import plain_term


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
