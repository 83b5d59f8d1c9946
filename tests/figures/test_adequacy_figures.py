"""Figures of adequacy draw the numbers of their frames, and only those."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from trajectories import plot
from trajectories.errors import InputError

AGES = np.arange(14.0, 20.0)


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "share": [0.6, 0.4],
            "assigned_share": [0.62, 0.38],
            "avepp": [0.95, 0.66],
            "avepp_lower": [0.93, 0.6],
            "avepp_upper": [0.97, 0.72],
            "occ": [12.0, np.inf],
            "occ_lower": [9.0, 3.0],
            "occ_upper": [15.0, np.inf],
        },
        index=pd.RangeIndex(1, 3, name="group"),
    )


def posterior() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "group": [1, 1, 2, 2],
            "lower": [0.5, 0.75] * 2,
            "upper": [0.75, 1.0] * 2,
            "share": [0.25, 0.75, np.nan, np.nan],
        }
    )


def residual() -> pd.DataFrame:
    values = [0.5, -1.0, 2.5, 0.0, 1.0, -3.0]
    return pd.DataFrame(
        {
            "group": np.repeat([1, 2], 6),
            "age": np.tile(AGES, 2),
            "standardised": [*values, *([np.nan] * 2), 0.1, 0.2, 0.3, 0.4],
        }
    )


def dispersion() -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "group": pd.Series([1, 2, "all"], dtype=object),
            "ratio": [1.0, 1.9, 1.4],
            "reference_lower": 0.9,
            "reference_upper": 1.1,
        }
    )
    return pd.concat(
        [rows.assign(measure="variance"), rows.assign(measure="pearson", ratio=9.0)],
        ignore_index=True,
    )


def by_title(figure: object, start: str) -> object:
    return next(ax for ax in figure.axes if ax.get_title("left").startswith(start))


def test_adequacy_has_four_summaries_and_two_panels_a_group() -> None:
    figure = plot.adequacy(table(), posterior(), residual(), dispersion(), names={1: "low_rate"})
    assert len(figure.axes) == 4 + 2 * 2
    titles = [ax.get_title("left") for ax in figure.axes]
    assert titles[0] == "share"
    assert "1 low rate (60 %)" in titles
    assert "group 2 (40 %)" in titles


def test_adequacy_draws_the_numbers_of_its_tables() -> None:
    figure = plot.adequacy(table(), posterior(), residual(), dispersion())
    share = by_title(figure, "share")
    drawn = {line.get_label(): line.get_xdata().tolist() for line in share.get_lines()}
    assert drawn["share"] == [0.6, 0.4]
    assert drawn["assigned"] == [0.62, 0.38]
    odds = by_title(figure, "odds")
    # odds without an upper bound are drawn at the edge of the scale
    assert [line.get_xdata()[0] for line in odds.get_lines()[:2]] == [12.0, 1e4]
    assert odds.get_xscale() == "log"
    ratio = by_title(figure, "variance")
    marks = np.concatenate([line.get_xdata() for line in ratio.get_lines()[:2]])
    assert sorted(marks) == [1.0, 1.4, 1.9]
    outside = next(line for line in ratio.get_lines() if line.get_marker() == "X")
    assert sorted(outside.get_xdata()) == [1.4, 1.9]


def test_bars_are_the_shares_and_an_empty_group_says_so() -> None:
    axes = plot.posteriors(posterior(), shares={1: 0.6, 2: 0.4}).axes
    assert [bar.get_height() for bar in axes[0].patches] == [0.25, 0.75]
    assert [text.get_text() for text in axes[1].texts] == ["nobody is assigned"]
    hatches = {axes[g].patches[0].get_hatch() for g in range(2)}
    assert len(hatches) == 2, "groups are told apart in grey"


def test_stems_are_the_residuals_and_those_outside_two_are_filled() -> None:
    axes = plot.residuals(residual()).axes
    marks = {line.get_label(): line for line in axes[0].get_lines()}
    assert marks["outside"].get_ydata().tolist() == [2.5, -3.0]
    assert marks["residual"].get_ydata().tolist() == [0.5, -1.0, 0.0, 1.0]
    low, high = axes[0].get_ylim()
    assert low < -3.0
    assert high > 3.0


def curves() -> pd.DataFrame:
    return pd.DataFrame(
        {"group": np.repeat([1, 2], 6), "age": np.tile(AGES, 2), "mean": np.linspace(0.2, 2, 12)}
    )


def histories() -> pd.DataFrame:
    rows = [
        {"group": 1, "history": h, "age": a, "value": float(h), "weight": w}
        for h, w in ((1, 0.9), (2, 0.3))
        for a in AGES
        if (h, a) != (2, 16.0)
    ]
    return pd.DataFrame(rows)


def test_individual_histories_are_drawn_only_where_they_are_given() -> None:
    observed = curves()
    without = plot.observed_means(curves(), observed)
    assert not any(isinstance(c, LineCollection) for ax in without.axes for c in ax.collections)
    figure = plot.observed_means(curves(), observed, histories=histories())
    lines = next(c for c in figure.axes[0].collections if isinstance(c, LineCollection))
    assert len(lines.get_segments()) == 2
    strong, weak = lines.get_colors()[:, 3]
    assert strong == pytest.approx(3 * weak), "as strong as the posterior probability"
    paths = [path.vertices[:, 1] for path in lines.get_paths()]
    assert np.isnan(paths[1][2]), "a cell that is not observed breaks the line"
    assert not [
        c
        for c in figure.axes[1].collections
        if isinstance(c, LineCollection) and len(c.get_segments())
    ]


def test_a_cross_validated_criterion_has_its_errors_and_the_naive_line() -> None:
    frame = pd.DataFrame(
        {
            "family": "poisson",
            "degree": 2,
            "n_groups": [1, 2, 3],
            "forecast_squared_error": [1.5, 1.1, 1.2],
            "forecast_squared_error_gap_error": [0.1, 0.0, 0.05],
            "naive_squared_error": 1.4,
            "heldout_llf": [-9.0, -7.0, -7.5],
        }
    )
    figure = plot.selection(frame, ("forecast_squared_error", "heldout_llf"))
    error, held = figure.axes
    bars = error.collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 1] for bar in bars], [[1.4, 1.6], [1.1, 1.1], [1.15, 1.25]])
    assert [1.4, 1.4] in [list(line.get_ydata()) for line in error.get_lines()]
    assert error.get_title("left").endswith("best: 2 groups")
    assert held.get_title("left").endswith("best: 2 groups"), "the highest likelihood is the best"


def test_families_with_another_basis_have_lines_of_their_own() -> None:
    frame = pd.DataFrame(
        {
            "family": "poisson",
            "settings": "",
            "basis": ["polynomial"] * 2 + ["bspline (n_knots 1)"] * 2,
            "degree": 3,
            "n_groups": [1, 2, 1, 2],
            "bic": [9.0, 8.0, 7.0, 6.0],
        }
    )
    ax = plot.selection(frame, ("bic",)).axes[0]
    shown = [str(line.get_label()) for line in ax.get_lines()]
    labels = [label for label in shown if not label.startswith("_")]
    assert labels == ["poisson, degree 3", "poisson, bspline (n_knots 1), degree 3"]


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: plot.posteriors(posterior().drop(columns="share")), "share"),
        (lambda: plot.residuals(residual().drop(columns="age")), "age"),
        (
            lambda: plot.adequacy(
                table().drop(columns="occ"), posterior(), residual(), dispersion()
            ),
            "occ",
        ),
        (lambda: plot.observed_means(curves(), curves(), histories=curves()), "histories"),
    ],
)
def test_frames_that_cannot_be_drawn_are_refused(draw: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        draw()


def test_every_figure_can_be_saved() -> None:
    figures = [
        plot.adequacy(table(), posterior(), residual(), dispersion()),
        plot.posteriors(posterior()),
        plot.residuals(residual()),
        plot.observed_means(curves(), curves(), histories=histories()),
    ]
    for figure in figures:
        assert plot.figure_bytes(figure, "svg")[:5] == b"<?xml"
