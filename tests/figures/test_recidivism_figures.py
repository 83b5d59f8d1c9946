"""Figures of recidivism draw the numbers of the frames they are given."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import trajectories as tr
from trajectories.errors import InputError

R, plot = tr.recidivism, tr.plot


@pytest.fixture(scope="module")
def follow_up() -> tr.FollowUp:
    rng = np.random.default_rng(0)
    n = 80
    frame = pd.DataFrame(
        {
            "stop": rng.exponential(3, n) + 0.01,
            "event": rng.choice([0, 1, 1, 2], n),
            "sex": rng.choice(["female", "male"], n),
        }
    )
    return tr.FollowUp.from_frame(frame, causes=["again", "death"], covariates=["sex"])


def lines(figure: Figure) -> dict[str, np.ndarray]:
    """Label → (x, y) of the curves."""
    return {
        line.get_label(): np.array(line.get_xydata())
        for line in figure.axes[0].get_lines()
        if not line.get_label().startswith("_")
    }


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_survival_curves_draw_the_frame_and_write_the_numbers_at_risk(
    follow_up: tr.FollowUp,
) -> None:
    frame = R.kaplan_meier(follow_up, by="sex")
    numbers = R.numbers_at_risk(follow_up, [0, 2, 4], by="sex")
    figure = plot.survival_curves(frame, numbers, title="Free", origin="release")
    found = lines(figure)
    assert list(found) == ["female", "male"]
    for sex, drawn in found.items():
        own = frame[frame["stratum"] == sex]
        np.testing.assert_allclose(drawn, own[["time", "survival"]])
    written = texts(figure)
    assert {f"{count:,.0f}" for count in numbers["at_risk"]} <= set(written)
    assert figure.axes[0].get_xlabel() == "years since release"
    assert len(figure.axes[0].collections) == 2, "a band a curve"


def test_curves_differ_in_line_style_and_not_only_in_colour(follow_up: tr.FollowUp) -> None:
    figure = plot.survival_curves(R.kaplan_meier(follow_up, by="sex"))
    curves = [li for li in figure.axes[0].get_lines() if not li.get_label().startswith("_")]
    assert len({(str(li.get_linestyle()), li._dash_pattern[1] is None) for li in curves}) == 2


def test_numbers_at_risk_count_those_still_to_come(follow_up: tr.FollowUp) -> None:
    table = R.numbers_at_risk(follow_up, [0, 2])
    assert table["at_risk"].tolist() == [80, (follow_up.stop > 2).sum()]
    assert table["events"].tolist() == [0, ((follow_up.stop <= 2) & (follow_up.cause > 0)).sum()]


def test_incidences_are_stacked_up_to_one_minus_survival(follow_up: tr.FollowUp) -> None:
    frame = R.cumulative_incidence(follow_up)
    figure = plot.cumulative_incidence(frame, names={"again": "new case"})
    areas = figure.axes[0].collections
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in areas]
    last = frame.groupby("cause", observed=True)["incidence"].last()
    np.testing.assert_allclose(tops, np.cumsum(last[["again", "death"]]))
    assert [area.get_label() for area in areas] == ["new case", "death"]
    assert len({area.get_hatch() for area in areas}) == 2, "readable in grey"


def test_a_panel_a_stratum(follow_up: tr.FollowUp) -> None:
    figure = plot.cumulative_incidence(R.cumulative_incidence(follow_up, by="sex"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["female", "male"]


def test_mean_cumulative_count_starts_at_nothing() -> None:
    rows = pd.DataFrame(
        {"id": [1, 1, 2], "start": [0, 1, 0], "stop": [1, 4, 4], "event": [1, 0, 0]}
    )
    repeated = tr.FollowUp.from_frame(rows, start="start", person="id")
    frame = R.mean_cumulative_count(repeated)
    drawn = lines(plot.mean_cumulative_count(frame))["all"]
    np.testing.assert_allclose(drawn[0], [0, 0])
    np.testing.assert_allclose(drawn[1:], frame[["time", "mean"]])


def test_hazard_is_drawn_in_its_bands(follow_up: tr.FollowUp) -> None:
    frame = R.hazard(follow_up, 2.0)
    figure = plot.hazard(frame)
    (step,) = figure.axes[0].patches
    values, edges, _ = step.get_data()
    np.testing.assert_allclose(values, frame["hazard"])
    np.testing.assert_allclose(edges, [*frame["from"], frame["to"].iloc[-1]])


@pytest.mark.parametrize(
    "draw",
    [plot.survival_curves, plot.cumulative_incidence, plot.mean_cumulative_count, plot.hazard],
)
def test_a_frame_without_its_columns_is_refused(draw) -> None:
    with pytest.raises(InputError, match="columns missing"):
        draw(pd.DataFrame({"x": [1]}))


def test_the_python_of_the_how_to_page_runs(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs/how-to/estimate-recidivism.md").read_text(encoding="utf-8")
    script = tmp_path / "page.py"
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script.write_text("\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", script.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
