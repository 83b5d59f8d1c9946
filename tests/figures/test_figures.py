"""Figures are tested by their numbers: what is drawn is what the frame holds."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes

from trajectories import plot
from trajectories.errors import InputError
from trajectories.plot.alt_text import alt_text
from trajectories.plot.labels import spread

AGES = np.arange(12.0, 20.0)


def curves(n_groups: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    parts = []
    for k in range(1, n_groups + 1):
        mean = k * rng.uniform(0.2, 0.4, len(AGES))
        parts.append(
            pd.DataFrame(
                {"group": k, "age": AGES, "mean": mean, "lower": 0.8 * mean, "upper": 1.2 * mean}
            )
        )
    return pd.concat(parts).sample(frac=1.0, random_state=1).sort_values("group", kind="stable")


def of_group(frame: pd.DataFrame, group: int) -> pd.DataFrame:
    return frame[frame["group"] == group].sort_values("age")


@pytest.mark.parametrize("n_groups", [1, 2, 6, 9])
def test_each_curve_is_drawn_as_it_stands_in_the_frame(n_groups: int) -> None:
    frame = curves(n_groups)
    ax = plot.trajectories(frame).axes[0]
    lines = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    assert len(lines) == n_groups
    for group, line in enumerate(lines, start=1):
        np.testing.assert_array_equal(line.get_xdata(), of_group(frame, group)["age"])
        np.testing.assert_array_equal(line.get_ydata(), of_group(frame, group)["mean"])
    looks = {(str(line.get_color()), str(line._dash_pattern)) for line in lines}
    assert len(looks) == n_groups
    assert len(ax.collections) == n_groups  # one band a group
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].max() == pytest.approx(of_group(frame, 1)["upper"].max())


def test_labels_hold_name_or_number_and_share() -> None:
    figure = plot.trajectories(
        curves(2), shares={1: 0.36, 2: 0.64}, names=pd.Series({1: "low_rate", 2: None})
    )
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["1 low rate (36 %)", "group 2 (64 %)"]


def test_labels_at_the_line_ends_do_not_overlap_when_drawn() -> None:
    frame = curves(6)
    frame["mean"] = 0.01 + frame["mean"].where(frame["age"] < 19.0, 0.0)
    figure = plot.trajectories(frame)
    figure.canvas.draw()
    boxes = sorted(
        (text.get_window_extent().y0, text.get_window_extent().y1) for text in figure.axes[0].texts
    )
    assert all(below[1] <= above[0] for below, above in pairwise(boxes))
    assert boxes[0][0] >= 0.0


def test_observed_dots_are_drawn_as_given() -> None:
    frame = curves(2)
    observed = frame.assign(mean=frame["mean"] + 0.1)
    ax = plot.trajectories(frame, observed=observed).axes[0]
    dots = [line for line in ax.get_lines() if line.get_label() == "_observed"]
    np.testing.assert_array_equal(dots[1].get_ydata(), observed[observed["group"] == 2]["mean"])


def test_drawing_into_given_axes_uses_them_and_returns_their_figure() -> None:
    first = plot.trajectories(curves(1))
    ax = first.add_subplot()
    assert plot.trajectories(curves(2), ax=ax) is first
    assert len([x for x in ax.get_lines() if not str(x.get_label()).startswith("_")]) == 2


def test_small_multiples_draw_curve_and_observed_means_of_each_group() -> None:
    frame = curves(5)
    observed = frame[["group", "age", "mean"]].assign(mean=lambda f: f["mean"] * 1.1)
    axes = plot.observed_means(frame, observed).axes
    assert len(axes) == 5
    for group, ax in enumerate(axes, start=1):
        fitted, dots = ax.get_lines()
        np.testing.assert_array_equal(fitted.get_ydata(), of_group(frame, group)["mean"])
        np.testing.assert_array_equal(dots.get_ydata(), of_group(observed, group)["mean"])


def selection_table() -> pd.DataFrame:
    rows = [
        {"family": f, "degree": 2, "n_groups": k, "bic": 100.0 + (k - 3) ** 2 - (f == "zip")}
        for f in ("poisson", "zip")
        for k in range(1, 6)
    ]
    return pd.DataFrame(rows).assign(icl=lambda t: t["bic"] + t["n_groups"])


def test_selection_draws_every_criterion_and_rings_the_smallest() -> None:
    table = selection_table()
    figure = plot.selection(table, criteria=("bic", "icl"))
    assert len(figure.axes) == 2
    lines = figure.axes[0].get_lines()
    np.testing.assert_array_equal(lines[2].get_ydata(), table["bic"].to_numpy()[5:])
    ring = lines[-1]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (3, 99.0)
    assert figure.axes[0].get_title("left") == "BIC, n = persons\nbest: 3 groups, zip, degree 2"


def test_selection_with_a_failed_fit_leaves_a_gap_and_never_rings_it() -> None:
    table = selection_table().assign(
        bic=lambda t: t["bic"].where((t["n_groups"] != 3) | (t["family"] != "zip"))
    )
    lines = plot.selection(table, criteria=("bic",)).axes[0].get_lines()
    assert np.isnan(lines[2].get_ydata()[2])
    assert lines[-1].get_ydata()[0] == 100.0


def test_a_solution_that_is_no_maximum_is_a_cross_and_never_the_best() -> None:
    table = selection_table()
    table["stop_reason"] = "converged"
    table.loc[9, ["bic", "stop_reason"]] = [-1e6, "runaway_group"]
    ax = plot.selection(table, criteria=("bic",)).axes[0]
    crosses = [line for line in ax.get_lines() if line.get_label() == "_improper"]
    np.testing.assert_array_equal(crosses[1].get_xdata(), [5])
    assert ax.get_lines()[-1].get_ydata()[0] == 99.0
    assert ax.get_ylim()[0] > 0.0


def far_from_one_group(**columns: float) -> pd.DataFrame:
    """Return a table whose one-group values are far above those of two or more groups."""
    table = selection_table()
    far = (table["n_groups"] == 1) * 4900.0 + (table["family"] == "zip") * 30.0
    return table.assign(bic=table["bic"] + far, llf=-table["bic"] - far, **columns)


def edge_texts(ax: Axes) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in ax.texts if text.get_text()]


def test_one_group_far_away_does_not_flatten_the_others_and_its_value_stands_at_the_edge() -> None:
    table = far_from_one_group()
    figure = plot.selection(table, criteria=("bic", "llf", "icl"))
    bic, llf, icl = figure.axes
    several = table.loc[table["n_groups"] > 1, "bic"]
    for ax, sign in ((bic, 1.0), (llf, -1.0)):
        low, high = sorted(sign * np.array(ax.get_ylim()))
        assert low < several.min()
        assert several.max() < high
        assert np.ptp(several) > 0.55 * (high - low), "differences fill the axis"
    assert edge_texts(bic) == ["5,004\u2013 5,033"]
    assert edge_texts(llf) == ["\u22125,033\u2013 \u22125,004"]
    above, below = (next(text for text in ax.texts if text.get_text()).xy[1] for ax in (bic, llf))
    assert (above > 0.85, below < 0.15) == (True, True), "the arrow is where the value lies"
    np.testing.assert_array_equal(bic.get_lines()[0].get_ydata(), table["bic"][:5])  # whole
    assert edge_texts(icl) == [], "near enough to be seen"
    assert "Axes are scaled to two or more groups" in figure.get_suptitle().replace("\n", " ")
    assert "one group lies beyond the edge" in alt_text(figure)


def test_the_axis_holds_one_group_where_it_is_best_near_or_the_only_other() -> None:
    table = far_from_one_group()
    best = table.assign(bic=-table["bic"])
    for other in (best, selection_table(), table[table["n_groups"] < 2], table[1:2]):
        figure = plot.selection(other, criteria=("bic",))
        ax = figure.axes[0]
        assert (edge_texts(ax), figure.get_suptitle()) == ([], "")
        low, high = ax.get_ylim()
        assert ((low < other["bic"]) & (other["bic"] < high)).all()


def test_error_bars_and_the_naive_line_stay_in_sight_beside_a_scaled_axis() -> None:
    frame = pd.DataFrame(
        {
            "family": "poisson",
            "degree": 2,
            "n_groups": [1, 2, 3, 4],
            "forecast_squared_error": [90.0, 1.4, 1.1, 1.2],
            "forecast_squared_error_gap_error": [3.0, 0.5, 0.0, 0.4],
            "naive_squared_error": 2.5,
        }
    )
    ax = plot.selection(frame, ("forecast_squared_error",)).axes[0]
    low, high = ax.get_ylim()
    assert low < 0.8
    assert 2.5 < high < 5.0
    assert edge_texts(ax) == ["90"]


def recovery_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quantity": ["share", "share", "age", "not there yet"],
            "group": ["low_rate", "late_peak", "all", "all"],
            "unit": ["proportion", "proportion", "years", "years"],
            "published": [0.36, 0.21, 27.0, "2021-07-02"],
            "planted": [0.36, 0.21, 27.0, None],
            "estimate": [0.35, 0.28, 26.5, None],
            "lower": [0.30, 0.24, 26.0, None],
            "upper": [0.40, 0.32, 27.2, None],
            "recovered": pd.array([True, False, True, None], dtype="boolean"),
        }
    )


def test_recovery_draws_one_row_per_estimate_and_one_panel_per_unit() -> None:
    figure = plot.recovery(recovery_table())
    shares, ages = figure.axes
    by_label = {line.get_label(): line.get_xdata() for line in shares.get_lines()}
    np.testing.assert_array_equal(by_label["planted"], [0.36, 0.21])
    np.testing.assert_array_equal(by_label["published"], [0.36, 0.21])
    np.testing.assert_array_equal(by_label["estimate with interval"], [0.35, np.nan])
    np.testing.assert_array_equal(by_label["not recovered"], [np.nan, 0.28])
    assert [label.get_text() for label in shares.get_yticklabels()] == [
        "share, low rate",
        "share, late peak (not recovered)",
    ]
    assert len(ages.get_yticklabels()) == 1


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.trajectories(pd.DataFrame({"group": [1]})), "age"),
        (lambda: plot.trajectories(curves(1).iloc[:0]), "no rows"),
        (lambda: plot.selection(selection_table(), criteria=("no",)), "no"),
        (lambda: plot.selection(selection_table(), criteria=()), "at least one"),
        (lambda: plot.recovery(recovery_table().iloc[3:]), "no estimate"),
        (lambda: plot.observed_means(curves(1), curves(2)), "no fitted curve"),
        (lambda: plot.figure_bytes(plot.trajectories(curves(1)), "bmp"), "bmp"),
    ],
)
def test_frames_that_cannot_be_drawn_are_refused(draw: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw()  # type: ignore[operator]


def test_the_same_frame_gives_the_same_bytes(tmp_path: Path) -> None:
    one = plot.save(plot.trajectories(curves()), tmp_path / "one")
    two = plot.save(plot.trajectories(curves()), tmp_path / "two.v1")
    assert [path.name for path in two] == ["two.v1.png", "two.v1.svg"]
    assert [a.read_bytes() for a in one] == [b.read_bytes() for b in two]
    assert b"<dc:date>" not in one[1].read_bytes()


def test_a_path_with_a_known_suffix_is_that_one_file(tmp_path: Path) -> None:
    figure = plot.trajectories(curves())
    assert plot.save(figure, tmp_path / "curves.png") == [tmp_path / "curves.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
    both = plot.save(figure, tmp_path / "curves.pdf", formats=("pdf", "svg"))
    assert [path.name for path in both] == ["curves.pdf", "curves.svg"]


def test_drawing_loads_no_pyplot_and_leaves_the_users_style_alone() -> None:
    code = (
        "import sys, matplotlib, pandas as pd\n"
        "before = dict(matplotlib.rcParams)\n"
        "from trajectories import plot\n"
        "frame = pd.DataFrame({'group': [1, 1], 'age': [1, 2], 'mean': [.1, .2]})\n"
        "plot.figure_bytes(plot.trajectories(frame))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert dict(matplotlib.rcParams) == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@given(st.lists(st.floats(-0.5, 1.5), max_size=12), st.floats(0.01, 0.2))
def test_spread_labels_keep_order_gap_and_bounds(wanted: list[float], gap: float) -> None:
    at = spread(wanted, gap, 0.0, 1.0)
    n = len(wanted)
    assert len(at) == n
    if n > 1:
        room = min(gap, 1.0 / (n - 1))
        order = np.argsort(wanted, kind="stable")
        assert np.diff(at[order]).min() >= room - 1e-9
        assert at.min() >= -1e-9
        assert at.max() <= 1.0 + 1e-9


def test_labels_with_room_enough_stay_where_they_are() -> None:
    np.testing.assert_allclose(spread([0.8, 0.2, 0.5], 0.1, 0.0, 1.0), [0.8, 0.2, 0.5])


def test_a_notebook_shows_a_figure_without_set_up() -> None:
    frame = pd.DataFrame(
        {"group": 1, "age": [12.0, 13.0], "mean": [0.1, 0.2], "lower": 0.05, "upper": 0.3}
    )
    figure = plot.trajectories(frame)
    picture, about = figure._repr_png_()
    assert picture.startswith(b"\x89PNG")
    assert about["alt"] == "Figure: offences per year free by age, lines group 1."


def test_selection_draws_boundary_solutions_and_keeps_settings_apart() -> None:
    table = selection_table().assign(settings="", stop_reason="converged")
    table.loc[table["family"] == "zip", "settings"] = "inflation_degree 0"
    other = table[table["family"] == "zip"].assign(settings="inflation_degree 1")
    other["stop_reason"] = ["boundary", "converged", "stalled", "boundary", "converged"]
    figure = plot.selection(pd.concat([table, other], ignore_index=True), criteria=("bic",))
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert "zip (inflation_degree 0), degree 2" in lines
    drawn = lines["zip (inflation_degree 1), degree 2"].get_ydata()
    np.testing.assert_array_equal(np.isnan(drawn), [False, False, True, False, False])
