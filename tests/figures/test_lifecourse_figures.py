"""Figures of within-person effects show the numbers of their frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trajectories import lifecourse, plot
from trajectories.errors import InputError


@pytest.fixture(scope="module")
def years() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    person = np.repeat(np.arange(300), 10)
    level = rng.normal(size=300)[person]
    job = (rng.random(3000) < 0.5).astype(float)
    return pd.DataFrame(
        {
            "person": person,
            "population": np.where(person < 150, "traffickers", "general_offenders"),
            "age": np.tile(np.arange(18, 28), 300),
            "job": job,
            "offended": (rng.random(3000) < 1 / (1 + np.exp(-(level - 0.5 * job)))).astype(int),
        }
    )


def test_an_event_study_is_drawn_as_it_stands_in_the_frame(years):
    table = lifecourse.event_study(
        years, "job", by="population", before=3, after=2, age_df=2
    ).estimates
    figure = plot.event_study(table.sample(frac=1.0, random_state=2))
    ax = figure.axes[0]
    points = [line for line in ax.get_lines() if not str(line.get_label()).startswith("_")]
    assert {line.get_label() for line in points} == {"traffickers", "general offenders"}
    for line in points:
        part = table[table["population"].str.replace("_", " ") == line.get_label()]
        shown = part[part["lower"] < part["upper"]]
        np.testing.assert_array_equal(line.get_ydata(), shown["estimate"])
        assert np.abs(line.get_xdata() - shown["relative_year"]).max() < 0.2
    segments = np.concatenate([c.get_segments() for c in ax.collections])
    np.testing.assert_allclose(np.sort(segments[:, 0, 1]), np.sort(table["lower"]))
    np.testing.assert_allclose(np.sort(segments[:, 1, 1]), np.sort(table["upper"]))
    ticks = [text.get_text() for text in ax.get_xticklabels()]
    assert ticks == ["−3\nor earlier", "−2", "−1", "0", "+1", "+2\nor later"]


def test_effects_and_estimators_fit_the_forest_plot(years):
    results = lifecourse.within_person(years, exposures=["job"], by="population", age_df=2)
    figure = plot.forest(results.effects, label="exposure", series="population")
    texts = [text.get_text() for text in figure.axes[0].texts]
    row = results.effects.iloc[0]
    assert texts[0].startswith(f"{row['estimate']:.2f} (")
    table = lifecourse.compare_estimators(years, exposures=["job"], by="population", age_df=2)
    figure = plot.forest(table, label="estimator", series="population", panel="exposure")
    assert len(figure.axes[0].get_yticks()) == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.drop(columns="label"), "label"),
        (lambda t: t.iloc[:0], "no rows"),
        (lambda t: t.assign(lower=0.0), "ratios above 0"),
    ],
)
def test_frames_that_cannot_be_drawn_are_refused(years, change, says):
    table = lifecourse.event_study(years, "job", before=2, after=1, age_df=2).estimates
    with pytest.raises(InputError, match=says):
        plot.event_study(change(table))
