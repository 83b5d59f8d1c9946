"""Figures of joint models show the numbers of their frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import plot


def curves(outcomes: tuple[str, ...] = ("property", "violence")) -> pd.DataFrame:
    rows = [
        (outcome, group, age, group * 1.0, group * 0.8, group * 1.3)
        for outcome in outcomes
        for group in (1, 2)
        for age in (15.0, 16.0, 17.0)
    ]
    columns = ["outcome", "group", "age", "mean", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def test_small_multiples_have_a_row_an_outcome_and_a_column_a_group() -> None:
    figure = plot.multi_trajectories(
        curves(), shares={1: 0.7, 2: 0.3}, units={"property": "offences"}
    )
    axes = figure.get_axes()
    assert len(axes) == 4
    assert [ax.get_title(loc="left") for ax in axes[:2]] == ["group 1 (70 %)", "group 2 (30 %)"]
    assert axes[0].get_ylabel() == "property\noffences"
    np.testing.assert_allclose(axes[3].get_lines()[0].get_ydata(), 2.0)
    assert axes[0].get_ylim() == axes[1].get_ylim()


def test_the_heat_map_writes_the_conditional_probabilities() -> None:
    pairs = [("property", "violence"), ("violence", "property")]
    rows = [
        (given, j, other, k, 0.9 if j == k else 0.1)
        for given, other in pairs
        for j in (1, 2)
        for k in (1, 2)
    ]
    columns = ["given", "given_group", "outcome", "group", "probability"]
    figure = plot.dual_trajectories(curves(), pd.DataFrame(rows, columns=columns))
    heat = figure.get_axes()[2]
    assert [text.get_text() for text in heat.texts] == ["90", "10", "10", "90"]
    assert heat.get_ylabel() == "given group of property"


def test_who_stays_is_drawn_beside_the_curves() -> None:
    staying = pd.DataFrame(
        {"group": [1, 1, 2, 2], "age": [15.0, 16.0] * 2, "probability": [1.0, 0.9, 1.0, 0.4]}
    )
    figure = plot.dropout_trajectories(curves(("only",)), staying)
    lines = [line for line in figure.get_axes()[1].get_lines() if len(line.get_xdata()) == 2]
    drawn = [list(line.get_ydata()) for line in lines]
    assert [1.0, 0.9] in drawn
    assert [1.0, 0.4] in drawn
    with pytest.raises(tr.errors.InputError, match="probability"):
        plot.dropout_trajectories(curves(("only",)), staying.drop(columns="probability"))
