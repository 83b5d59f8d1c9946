"""Figures of validation show the numbers of their frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError


@pytest.fixture(scope="module")
def found() -> tr.profiles.Validation:
    rng = np.random.default_rng(1)
    score = rng.uniform(0.05, 0.95, 400)
    by = pd.DataFrame({"sex": np.where(rng.random(400) < 0.5, "women", "men")})
    return tr.profiles.validate(score, (rng.random(400) < score).astype(int), by=by)


def test_calibration_is_drawn_as_it_stands_in_the_frame(found) -> None:
    frame = found.calibration_curve
    ax = tr.plot.calibration(frame.sample(frac=1, random_state=1), by="sex").axes[0]
    lines = {line.get_label(): line for line in ax.get_lines()}
    for level in ("men", "women"):
        part = frame[(frame["by"] == "sex") & (frame["level"] == level)]
        np.testing.assert_array_equal(lines[level].get_xdata(), part["predicted"])
        np.testing.assert_array_equal(lines[level].get_ydata(), part["observed"])
    segments = np.concatenate([c.get_segments() for c in ax.collections])
    shown = frame[frame["by"] == "sex"]
    np.testing.assert_allclose(np.sort(segments[:, 0, 1]), np.sort(shown["lower"]))
    np.testing.assert_allclose(np.sort(segments[:, 1, 1]), np.sort(shown["upper"]))


def test_the_decision_curve_is_drawn_as_it_stands_in_the_frame(found) -> None:
    frame = found.decision_curve
    ax = tr.plot.decision_curve(frame).axes[0]
    lines = {line.get_label(): line for line in ax.get_lines()}
    for strategy, part in frame[frame["by"] == "everybody"].groupby("strategy"):
        np.testing.assert_array_equal(lines[strategy].get_xdata(), part["threshold"])
        np.testing.assert_array_equal(lines[strategy].get_ydata(), part["net_benefit"])


def test_what_is_not_there_is_not_drawn(found) -> None:
    with pytest.raises(InputError, match="no division 'origin'"):
        tr.plot.calibration(found.calibration_curve, by="origin")
    with pytest.raises(InputError, match="no subgroup"):
        tr.plot.decision_curve(found.decision_curve, by="sex", level="x")
