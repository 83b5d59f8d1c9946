"""Figures in the width of a column and of a page: drawn anew, legible, or refused in one line."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text

import trajectories as tr
from trajectories import plot
from trajectories.errors import InputError
from trajectories.plot.page import in_a_row, legend_columns, page
from trajectories.plot.redrawing import redrawn

AGES = np.arange(12.0, 20.0)
COLUMN, PAGE = 89.0, 183.0


def curves(*groups: int, **more: Any) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"group": k, "age": AGES, "mean": k * 0.2, "lower": 0.1, "upper": k * 0.3})
        for k in groups
    ]
    return pd.concat(parts, ignore_index=True).assign(**more)


def ratios(rows: int, series: int) -> pd.DataFrame:
    names = [f"a covariate with a long name, number {row}" for row in range(rows)]
    table = pd.MultiIndex.from_product([names, ["cases", "controls"][:series]])
    numbers = {"estimate": 1.2, "lower": 0.8, "upper": 1.7}
    return table.to_frame(index=False, name=["label", "who"]).assign(**numbers)


def recovered(rows: int) -> pd.DataFrame:
    rng = np.random.default_rng(rows)
    estimate = rng.uniform(0.2, 0.8, rows)
    return pd.DataFrame(
        {
            "quantity": [
                f"a share of persons that has a name, number {row}" for row in range(rows)
            ],
            "group": "late_peak",
            "unit": np.where(np.arange(rows) < 0.7 * rows, "proportion", "years"),
            "published": estimate + 0.02,
            "planted": estimate + 0.01,
            "estimate": estimate,
            "lower": estimate - 0.1,
            "upper": estimate + 0.1,
            "recovered": True,
        }
    )


def posterior(*groups: int) -> pd.DataFrame:
    edges = np.linspace(0.5, 1.0, 11)
    bins = {"lower": edges[:-1], "upper": edges[1:], "share": 0.1}
    return pd.concat([pd.DataFrame(bins).assign(group=k) for k in groups])


def dual() -> Figure:
    outcomes = [curves(1, 2, outcome=name) for name in ("property", "violence")]
    rows = [
        (given_, i, other, j, 0.5)
        for given_, other in (("property", "violence"), ("violence", "property"))
        for i in (1, 2)
        for j in (1, 2)
    ]
    columns = ["given", "given_group", "outcome", "group", "probability"]
    return plot.dual_trajectories(pd.concat(outcomes), pd.DataFrame(rows, columns=columns))


NAMED = {1: "low_rate", 2: "early_peak", 3: "late_peak", 4: "high_rate_persistent"}
SHARES = {1: 0.37, 2: 0.28, 3: 0.2, 4: 0.15}
FIGURES: dict[str, Any] = {
    "curves": lambda: plot.trajectories(curves(1, 2, 3, 4), shares=SHARES, names=NAMED),
    "observed": lambda: plot.observed_means(curves(1, 2, 3), curves(1, 2, 3), SHARES, NAMED),
    "bands": lambda: plot.uncertainty(curves(1, 2, 3, 4), curves(1, 2, 3, 4), shares=SHARES),
    "ratios": lambda: plot.forest(ratios(5, 1), xlabel="matched odds ratio of cases to controls"),
    "two series": lambda: plot.forest(ratios(5, 2), series="who"),
    "paths": lambda: plot.curves_at({"with a job": curves(1, 2), "without": curves(1, 2)}),
    "dual": dual,
    "several outcomes": lambda: plot.multi_trajectories(
        pd.concat([curves(1, 2, 3, 4, outcome=name) for name in ("property", "violence")]), SHARES
    ),
    "posteriors": lambda: plot.posteriors(posterior(1, 2, 3), SHARES, NAMED),
    "recovery": lambda: plot.recovery(recovered(9)),
}


def drawn(figure: Figure) -> list[Any]:
    """Return the numbers of all named lines of a figure, whatever panel they stand in."""
    lines = [line for ax in figure.axes for line in ax.get_lines()]
    named = [line for line in lines if not str(line.get_label()).startswith("_")]
    return sorted(
        (str(line.get_label()), np.asarray(line.get_ydata(), dtype=float).tobytes())
        for line in named
    )


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_legible_in_a_column_and_on_a_page(name: str, tmp_path: Path) -> None:
    figure = FIGURES[name]()
    before, size = drawn(figure), tuple(figure.get_size_inches())
    for width in (COLUMN, PAGE) if name == "curves" else (COLUMN,):
        (path,) = plot.save(figure, tmp_path / "figure.png", width=width, dpi=100.0)
        assert imread(path).shape[1] == pytest.approx(width / 25.4 * 100.0, abs=1)
    assert (drawn(figure), tuple(figure.get_size_inches())) == (before, size)


@pytest.mark.parametrize("name", [n for n in FIGURES if n not in ("recovery", "several outcomes")])
def test_a_column_holds_the_same_numbers_as_the_page(name: str) -> None:
    page_figure = FIGURES[name]()
    with plot.page_width(COLUMN):
        column = FIGURES[name]()
    assert drawn(column) == drawn(page_figure)
    assert column.get_size_inches()[0] == pytest.approx(COLUMN / 25.4)
    texts = [text for text in column.findobj(Text) if text.get_text().strip()]
    assert min(float(text.get_fontsize()) for text in texts) >= 6.5


def test_the_width_holds_within_its_block_only() -> None:
    usual = page()
    with plot.page_width(120):
        assert page() == pytest.approx(120 / 25.4)
        with plot.page_width(60):
            assert page() == pytest.approx(60 / 25.4)
        assert page() == pytest.approx(120 / 25.4)
    assert page() == usual


def test_saving_draws_again_what_the_switch_showed_and_no_more(tmp_path: Path) -> None:
    rates = {"measure": "participation", "group": "all", "estimate": 0.4, "persons": 50}
    table = pd.DataFrame({"age": AGES}).assign(**rates)
    table.loc[table["age"] == 15.0, "persons"] = 3
    with tr.disclosure(minimum_cell=10):
        figure = plot.age_crime_curve(table)
    with plot.page_width(COLUMN):
        again = redrawn(figure)
    assert again is not None
    for one in (figure, again):
        (line,) = [x for x in one.axes[0].get_lines() if x.get_label() == "all"]
        assert 15.0 not in np.asarray(line.get_xdata())[np.isfinite(np.asarray(line.get_ydata()))]
        assert any("few persons" in text.get_text() for text in one.texts)


CHANGES: list[Any] = [
    lambda figure: figure.suptitle("mine"),
    lambda figure: figure.axes[0].set_title("mine"),
    lambda figure: figure.axes[0].axhline(0.1),
    lambda figure: figure.axes[0].set_ylim(0.0, 9.0),
    lambda figure: figure.axes[0].get_lines()[0].set_color("red"),
    lambda figure: figure.axes[0].set_ylabel("mine"),
    lambda figure: figure.axes[0].texts[0].set_text("mine"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_figure_that_somebody_changed_keeps_the_change(change: Any) -> None:
    figure = plot.trajectories(curves(1, 2))
    assert redrawn(figure) is not None
    change(figure)
    assert redrawn(figure) is None


def test_looking_at_a_figure_does_not_change_it() -> None:
    figure = plot.forest(ratios(4, 2), series="who")
    plot.figure_bytes(figure, "png")
    figure.draw_without_rendering()
    assert redrawn(figure) is not None


def test_a_figure_drawn_on_the_users_axes_stays_the_users() -> None:
    figure = Figure()
    plot.trajectories(curves(1), ax=figure.add_subplot())
    assert redrawn(figure) is None


def test_pickles_and_copies_hold_no_table() -> None:
    figure = plot.trajectories(curves(1, 2))
    for other in (pickle.loads(pickle.dumps(figure)), copy.deepcopy(figure)):
        assert redrawn(other) is None
        assert not hasattr(other, "_drawn_by")


def test_a_figure_that_does_not_fit_is_refused_with_the_width_that_does(tmp_path: Path) -> None:
    figure = plot.observed_means(curves(1, 2, 3), curves(1, 2, 3))
    with pytest.raises(InputError, match=r"does not fit in 20 mm: .*; give at least width=100"):
        plot.save(figure, tmp_path / "narrow.png", width=20.0)
    assert tuple(figure.get_size_inches()) == (7.2, 3.0)
    assert not list(tmp_path.iterdir())
    for width in (0.0, -3.0, float("nan"), "wide"):
        with pytest.raises(InputError, match="in millimetres, above 0"):
            plot.save(figure, tmp_path / "none.png", width=width)  # type: ignore[arg-type]


def test_a_figure_higher_than_a_page_is_refused(tmp_path: Path) -> None:
    words = r"mm high, and a page has 248; give at least width=1[78]\d"
    with pytest.raises(InputError, match=words):
        plot.save(plot.recovery(recovered(40)), tmp_path / "high.png", width=COLUMN)
    with pytest.raises(InputError, match="draw fewer rows or panels"):
        plot.save(plot.recovery(recovered(80)), tmp_path / "high.png", width=COLUMN)


@pytest.mark.parametrize("rows", [17, 24, 35, 40])
def test_many_rows_of_recovery_fit_a_page_and_lose_none(rows: int) -> None:
    table = recovered(rows)
    figure = plot.recovery(table)
    assert figure.get_size_inches()[1] <= 9.75
    labels = [text.get_text() for ax in figure.axes for text in ax.get_yticklabels()]
    assert [text.split(",")[1].split()[1] for text in labels] == [str(row) for row in range(rows)]
    dots = [x for ax in figure.axes for x in ax.get_lines() if x.get_label() == "planted"]
    np.testing.assert_allclose(np.concatenate([x.get_xdata() for x in dots]), table["planted"])
    by_unit: dict[str, set[tuple[float, float]]] = {}
    for ax in figure.axes:
        by_unit.setdefault(ax.get_xlabel(), set()).add(ax.get_xlim())
    assert all(len(limits) == 1 for limits in by_unit.values())


@given(st.integers(1, 40), st.floats(0.3, 8.0), st.integers(1, 5))
def test_panels_in_a_row_have_their_room_and_waste_no_row(n: int, least: float, most: int) -> None:
    columns = in_a_row(n, least, most)
    assert 1 <= columns <= min(n, most)
    assert columns == 1 or columns * least <= page()
    widest = max(1, min(most, n, int(page() / least)))
    assert -(-n // columns) == -(-n // widest)


@given(st.lists(st.text("abc ", max_size=60), max_size=9), st.integers(1, 6))
def test_a_legend_has_columns_that_it_can_fill(labels: list[str], most: int) -> None:
    assert 1 <= legend_columns(labels, most) <= max(1, min(most, len(labels)))
