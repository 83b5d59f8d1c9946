"""Figures of careers hold the numbers of their frames, and timelines are of nobody real."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import trajectories as tr
from trajectories import careers, plot
from trajectories.errors import InputError


@pytest.fixture(scope="module")
def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=5, n_general_offenders=200, n_non_offenders=200)


def test_the_age_crime_curve_has_a_panel_a_measure_and_a_line_a_group(
    register: tr.Register,
) -> None:
    groups = register.truth.groups
    share = careers.participation(register, range(14, 30), by=groups)
    rate = careers.frequency(register, range(14, 30), by=groups)
    figure = plot.age_crime_curve(pd.concat([rate, share]))
    assert [ax.get_title("left") for ax in figure.axes] == [
        "Participation",
        "Frequency of the active",
    ]
    for ax, table in zip(figure.axes, (share, rate), strict=True):
        lines = {line.get_label(): line for line in ax.get_lines()}
        for group, part in table.groupby("group"):
            line = lines[str(group).replace("_", " ")]
            np.testing.assert_array_equal(line.get_xdata(), part["age"])
            np.testing.assert_array_equal(line.get_ydata(), part["estimate"])
    described = careers.describe(register, ages=range(14, 30))
    assert len(plot.age_crime_curve(described).axes) == 4
    with pytest.raises(InputError, match="no measure by age"):
        plot.age_crime_curve(careers.onset(register))


def test_the_onset_distribution_shows_the_shares_and_cuts_none_off(register: tr.Register) -> None:
    table = careers.onset_distribution(register, range(12, 40), by=register.truth.groups)
    figure = plot.onset_distribution(table)
    assert len(figure.axes) == 5
    for ax, (_, part) in zip(figure.axes, table.groupby("group", sort=False), strict=True):
        heights = [bar.get_height() for bar in ax.patches]
        np.testing.assert_array_equal(heights, part["estimate"])
        assert ax.get_ylim()[1] >= part.loc[part["estimate"] > 0, "upper"].max()


def test_the_heat_map_writes_every_share_and_frames_what_stands_out(register: tr.Register) -> None:
    table = careers.transitions(register)
    ax = plot.transition_heat_map(table).axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert texts == [f"{100 * share:.0f}" for share in table["estimate"]]
    assert len(ax.patches) == (table["residual"].abs() > 2).sum()
    ax = plot.transition_heat_map(table, value="residual").axes[0]
    assert ax.texts[0].get_text() == f"{table['residual'].iloc[0]:.1f}".replace("-", "−")
    with pytest.raises(InputError, match="no row of that group"):
        plot.transition_heat_map(table, group="nobody")
    with pytest.raises(InputError, match="value='steps'"):
        plot.transition_heat_map(table, value="steps")


def test_suppressed_transitions_are_dashes(register: tr.Register) -> None:
    with tr.disclosure(minimum_cell=30):
        table = careers.transitions(register)
        ax = plot.transition_heat_map(table).axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert "–" in texts
    shown = table[~table["suppressed"]]
    assert sum(text != "–" for text in texts) == shown["estimate"].notna().sum()
    assert not ((shown["persons"] > 0) & (shown["persons"] < 30)).any()


def test_timelines_draw_every_offence_and_say_that_persons_are_synthetic(
    register: tr.Register,
) -> None:
    table = careers.timelines(register, 4, by=register.truth.groups)
    assert table["person"].nunique() == 16
    assert not set(table.columns) & {"id"}
    assert not set(table["person"]) & set(register.persons["person"])
    figure = plot.career_timelines(table)
    ax = figure.axes[0]
    assert ax.get_title("left") == "synthetic persons"
    marks = sum(len(line.get_xdata()) for line in ax.get_lines() if line.get_marker() != "None")
    assert marks == (table["what"] == "offence").sum()
    assert careers.timelines(register, 4, by=register.truth.groups).equals(table)


def test_timelines_of_real_persons_need_an_explicit_word_and_never_leave(
    register: tr.Register,
) -> None:
    real = replace(register, truth=None)
    with pytest.raises(InputError, match="may be real"):
        careers.timelines(real, 3)
    table = careers.timelines(real, 3, allow_real=True)
    assert plot.career_timelines(table).axes[0].get_title("left") == "REAL PERSONS: not for output"
    with tr.disclosure(), pytest.raises(InputError, match="no output"):
        careers.timelines(real, 3, allow_real=True)


def test_the_concordance_forest_has_a_mark_a_ratio(register: tr.Register) -> None:
    index = register.persons["population"] != "relatives"
    table = pd.concat(
        [
            careers.concordance(register, persons=index),
            careers.concordance_in_time(register, persons=index),
        ]
    )
    figure = plot.concordance_forest(table)
    drawn = np.sort(
        [x for line in figure.axes[0].get_lines() for x in line.get_xdata() if np.isfinite(x)]
    )
    for value in table.loc[table["measure"].str.endswith("ratio"), "estimate"]:
        assert np.isclose(drawn, value).any()
    with pytest.raises(InputError, match="no ratio"):
        plot.concordance_forest(table[table["measure"] == "relative_first"])


def test_groups_stand_in_the_order_of_their_categories_and_empty_ones_nowhere() -> None:
    register = tr.rapporteur.simulate(2024, n_general_offenders=40, n_non_offenders=0)
    shares = register.truth.shares
    order = pd.CategoricalDtype(["nobody", *reversed(list(shares.index))])
    groups = register.truth.groups.astype(order)
    curve = careers.participation(register, by=groups)
    assert list(curve["group"].unique()) == ["all", *reversed(list(shares.index))]
    drawn = careers.timelines(register, 2, by=groups)
    assert list(drawn["group"].unique()) == list(reversed(list(shares.index)))
    figure = plot.age_crime_curve(curve)
    assert not any("nobody" in text.get_text() for text in figure.findobj(Text))
