"""Figures of matching draw what their frames hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trajectories import plot
from trajectories.errors import InputError
from trajectories.matching import MatchedSets, match


@pytest.fixture(scope="module")
def sets() -> MatchedSets:
    rng = np.random.default_rng(2)

    def people(n: int, shift: float) -> pd.DataFrame:
        sex, z = rng.choice(["m", "f"], n), rng.random(n) > 0.5
        return pd.DataFrame({"sex": sex, "x": rng.normal(shift, 1, n), "z": z})

    return match(people(40, 0.8), {"a": people(300, 0.0), "b": people(300, 0.2)}, ["sex"], ["x"])


def test_the_love_plot_draws_every_standardised_difference(sets: MatchedSets) -> None:
    table = sets.balance(["sex", "x", "z"])
    figure = plot.love(table)
    for ax, population in zip(figure.axes, ("a", "b"), strict=True):
        assert ax.get_title(loc="left") == population
        for stage in ("before", "after"):
            line = next(line for line in ax.get_lines() if line.get_label() == stage)
            rows = table[(table["population"] == population) & (table["stage"] == stage)]
            np.testing.assert_array_equal(
                np.asarray(line.get_xdata()), rows["standardised_difference"].abs()
            )


def test_an_endless_difference_is_a_cross_at_the_edge(sets: MatchedSets) -> None:
    table = sets.balance(["x"]).query("population == 'a'").copy()
    table.loc[table["stage"] == "after", "standardised_difference"] = np.inf
    ax = plot.love(table).axes[0]
    crosses = [line for line in ax.get_lines() if line.get_marker() == "X"]
    cross = [line for line in crosses if len(np.atleast_1d(line.get_xdata()))]
    assert len(cross) == 1


def test_distribution_functions_are_drawn_as_they_stand(sets: MatchedSets) -> None:
    table = sets.distributions(["x"])
    figure = plot.distributions(table, "a")
    before, after = figure.axes
    for ax, stage in ((before, "before"), (after, "after")):
        for label, role in (("cases", "case"), ("a", "control")):
            line = next(line for line in ax.get_lines() if line.get_label() == label)
            mine = (table["stage"] == stage) & (table["role"] == role)
            rows = table[mine & (table["population"] == "a")]
            np.testing.assert_array_equal(line.get_xdata(), rows["value"])
            np.testing.assert_array_equal(line.get_ydata(), rows["share"])
            assert rows["share"].iloc[-1] == pytest.approx(1.0)
    with pytest.raises(InputError, match="several populations"):
        plot.distributions(table)


TABLE = pd.DataFrame(
    {
        "label": ["one", "two", "three", "four"],
        "estimate": [2.0, 0.5, np.inf, np.nan],
        "lower": [1.0, 0.2, 3.0, np.nan],
        "upper": [4.0, 1.5, np.inf, np.nan],
    }
)


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_the_forest_plot_draws_estimates_and_limits(scale: str) -> None:
    ax = plot.forest(TABLE, scale=scale).axes[0]
    assert ax.get_xscale() == scale
    dots = next(line for line in ax.get_lines() if line.get_label() == "estimate")
    np.testing.assert_array_equal(dots.get_xdata(), [2.0, 0.5, np.nan, np.nan])
    bars = [path for one in ax.collections[1:] for path in one.get_paths()]
    ends = {tuple(path.vertices[:, 0]) for path in bars}
    assert {(1.0, 4.0), (0.2, 1.5)} <= ends
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["2.00 (1.00 to 4.00)", "0.50 (0.20 to 1.50)", "∞ (3.00 to ∞)", "no estimate"]
    reference = {"log": 1.0, "linear": 0.0}[scale]
    assert any(list(line.get_xdata()) == [reference, reference] for line in ax.get_lines())


def test_series_of_a_forest_plot_differ_in_marker_and_colour() -> None:
    table = pd.concat([TABLE.assign(group=name) for name in ("a", "b", "c")])
    figure = plot.forest(table, series="group")
    lines = [line for line in figure.axes[0].get_lines() if line.get_label() in ("a", "b", "c")]
    assert len({(line.get_marker(), line.get_color()) for line in lines}) == 3
    heights = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in lines])
    assert len(np.unique(heights)) == len(table)  # no two on one another


def test_a_forest_plot_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no rows"):
        plot.forest(TABLE.iloc[:0])
    with pytest.raises(InputError, match="columns missing"):
        plot.forest(TABLE.drop(columns="lower"))
    with pytest.raises(InputError, match="scale="):
        plot.forest(TABLE, scale="cubic")  # type: ignore[arg-type]
