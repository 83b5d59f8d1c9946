"""What figures share: colours of groups, gaps, texts in their place, and their width in print."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import plot
from trajectories.plot.alt_text import alt_text
from trajectories.plot.style import INK, group_look, new_figure, with_gaps

AGES = np.arange(12.0, 20.0)


def curves(*groups: int) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"group": k, "age": AGES, "mean": k * 0.2, "lower": 0.1, "upper": k * 0.3})
        for k in groups
    ]
    return pd.concat(parts, ignore_index=True)


def rates(group: str, **more: Any) -> pd.DataFrame:
    frame = pd.DataFrame({"measure": "participation", "group": group, "age": AGES})
    return frame.assign(**{"estimate": 0.4, "lower": 0.3, "upper": 0.5, "persons": 50, **more})


def colours(figure: Any) -> dict[str, Any]:
    lines = figure.axes[0].get_lines()
    return {str(x.get_label()): x.get_color() for x in lines if not x.get_label().startswith("_")}


def test_a_group_keeps_its_colour_where_another_is_left_out() -> None:
    full, fewer = (
        colours(plot.trajectories(curves(1, 2, 3))),
        colours(plot.trajectories(curves(1, 3))),
    )
    assert fewer["group 3"] == full["group 3"] != full["group 2"]
    assert group_look(np.int64(3), 0) == group_look(3, 1) != group_look("named", 1)


def test_all_together_are_drawn_in_ink_and_take_no_colour_of_a_group() -> None:
    alone = colours(plot.age_crime_curve(rates("late peak")))
    both = colours(plot.age_crime_curve(pd.concat([rates("all"), rates("late peak")])))
    assert both["all"] == INK
    assert both["late peak"] == alone["late peak"]


def test_a_population_of_a_categorical_column_looks_the_same_in_every_figure() -> None:
    rows = pd.DataFrame(
        {
            "label": "job",
            "who": pd.Categorical(["cases", "controls"], ["cases", "relatives", "controls"]),
            "estimate": [0.6, 0.8],
            "lower": [0.5, 0.7],
            "upper": [0.7, 0.9],
        }
    )
    both = colours(plot.forest(rows, series="who"))
    one = colours(plot.forest(rows[rows["who"] == "controls"], series="who"))
    assert both["controls"] == one["controls"] != both["cases"]


def test_gaps_are_where_a_step_is_left_out_and_nowhere_else() -> None:
    x, y = with_gaps(np.array([1.0, 2.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(np.isnan(y), [False, False, True, False, False])
    np.testing.assert_array_equal(x, [1, 2, 3, 4, 5])
    for few in ([], [3.0]):
        np.testing.assert_array_equal(with_gaps(np.array(few))[0], few)


def test_a_suppressed_age_breaks_the_line_and_the_figure_says_why() -> None:
    table = rates("all")
    table.loc[table["age"] == 15.0, "persons"] = 3
    with tr.disclosure(minimum_cell=10):
        figure = plot.age_crime_curve(table)
    (line,) = [x for x in figure.axes[0].get_lines() if x.get_label() == "all"]
    where = np.asarray(line.get_xdata())[np.isnan(np.asarray(line.get_ydata(), dtype=float))]
    assert 15.0 in where
    assert any("few persons" in text.get_text() for text in figure.texts)
    assert not plot.age_crime_curve(table).texts


def test_a_band_left_out_leaves_a_gap_in_the_hazard() -> None:
    bands = pd.DataFrame(
        {
            "stratum": "all",
            "from": [0.0, 1.0, 3.0],
            "to": [1.0, 2.0, 4.0],
            "hazard": [0.3, 0.2, 0.1],
        }
    )
    (steps,) = plot.hazard(bands).axes[0].patches
    heights, edges, _ = steps.get_data()
    np.testing.assert_array_equal(edges, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(heights, [0.3, 0.2, np.nan, 0.1])


@pytest.mark.parametrize("groups", [1, 4])
def test_endless_bands_do_not_flatten_the_age_crime_curve(groups: int) -> None:
    parts = [rates(f"g{k}", upper=[0.5] * 7 + [10.0 * (k + 1)]) for k in range(groups)]
    low, high = plot.age_crime_curve(pd.concat(parts)).axes[0].get_ylim()
    assert (low, high) == pytest.approx((0.0, 1.05 * 1.5 * 0.4))


def test_the_text_of_a_figure_names_panels_axes_lines_and_rows() -> None:
    text = alt_text(plot.trajectories(curves(1, 2), title="Two groups"))
    assert text == "Figure: Two groups, offences per year free by age, lines group 1, group 2."
    effects = pd.DataFrame(
        {"label": ["a job", "a partner"], "estimate": 0.6, "lower": 0.5, "upper": 0.7}
    )
    assert "rows a job, a partner" in alt_text(plot.forest(effects, xlabel="odds ratio"))
    measures = pd.concat([rates("all"), rates("all").assign(measure="frequency")])
    assert alt_text(plot.age_crime_curve(measures)).startswith("Figure: 2 panels; Participation")
    assert alt_text(new_figure(3.0, 2.0)) == "Figure."


def test_axes_of_our_figures_have_our_style_wherever_they_are_made() -> None:
    ax = new_figure(4.0, 3.0).subplots()
    assert not ax.spines["top"].get_visible()
    assert not ax.spines["right"].get_visible()


def test_figures_that_would_have_the_same_text_name_their_population() -> None:
    table = pd.DataFrame(
        {
            "quantity": ["has a job", "has a job", "male"],
            "group": "all",
            "population": ["traffickers", "general_offenders", "traffickers"],
            "published": 0.4,
            "planted": 0.4,
            "estimate": 0.5,
            "lower": 0.3,
            "upper": 0.6,
            "recovered": True,
        }
    )
    labels = [text.get_text() for text in plot.recovery(table).axes[0].get_yticklabels()]
    assert labels == ["has a job, traffickers", "has a job, general offenders", "male"]
