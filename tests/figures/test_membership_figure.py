"""The figure of group probabilities shows the frame that it is given, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError


def frame(values: list) -> pd.DataFrame:
    rows = []
    for i, value in enumerate(values):
        share = 0.2 + 0.5 * i / len(values)
        for group, one in ((1, 1 - share), (2, share)):
            rows.append((value, group, one, one - 0.1, one + 0.1))
    return pd.DataFrame(rows, columns=["x", "group", "probability", "lower", "upper"])


def test_numbers_make_a_line_and_a_band_per_group() -> None:
    given = frame([0.0, 1.0, 2.0])
    ax = tr.plot.membership(given, x="x", names={1: "low"}, label="problems").axes[0]
    lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    assert [line.get_label() for line in lines] == ["1 low", "group 2"]
    for group, line in enumerate(lines, start=1):
        expected = given[given["group"] == group]["probability"]
        np.testing.assert_allclose(line.get_ydata(), expected)
    assert len(ax.collections) == 2
    assert (ax.get_xlabel(), ax.get_ylim()) == ("problems", (0.0, 1.0))


def test_categories_make_dots_with_bars() -> None:
    ax = tr.plot.membership(frame(["man", "woman"]), x="x").axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["man", "woman"]
    np.testing.assert_allclose(ax.get_lines()[1].get_ydata(), [0.2, 0.45])
    assert len(ax.collections) == 2


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="probability"):
        tr.plot.membership(frame([0.0, 1.0]).drop(columns="probability"), x="x")
