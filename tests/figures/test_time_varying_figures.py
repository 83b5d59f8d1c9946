"""Figures of time-varying covariates show the frames that they are given, on one scale."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError

AGES = np.arange(15.0, 21.0)


def curves(factor: float, low: float = 0.0) -> pd.DataFrame:
    parts = []
    for group, level in ((1, 0.5), (2, 2.0)):
        mean = low + factor * level * np.ones(len(AGES))
        limits = {"lower": mean - 0.1, "upper": mean + 0.1}
        parts.append(pd.DataFrame({"group": group, "age": AGES, "mean": mean, **limits}))
    return pd.concat(parts, ignore_index=True)


def effects(measure: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "covariate": ["job", "job", "partner"],
            "group": [1, 2, 0],
            "measure": measure,
            "estimate": [0.6, 0.9, 0.8],
            "lower": [0.5, 0.7, np.nan],
            "upper": [0.7, 1.1, np.nan],
        }
    )


def test_paths_are_side_by_side_on_one_scale() -> None:
    tables = {"no job": curves(1.0), "a job": curves(0.4), "both": curves(0.2), "x": curves(0.1)}
    figure = tr.plot.curves_at(tables, shares={1: 0.7, 2: 0.3})
    assert [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes] == list(tables)
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    for ax, table in zip(figure.axes, tables.values(), strict=True):
        drawn = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
        for group, share in ((1, 70), (2, 30)):
            own = table.loc[table["group"] == group, "mean"].to_numpy()
            assert drawn[f"group {group} ({share} %)"] == pytest.approx(own)
    with pytest.raises(InputError, match="at least one path"):
        tr.plot.curves_at({})


def test_curves_below_zero_are_within_the_axes() -> None:
    low = curves(1.0, low=-12.0)
    figure = tr.plot.trajectories(low, unit="mean outcome")
    bottom, top = figure.axes[0].get_ylim()
    assert bottom < low["lower"].min()
    assert top > 0
    both = tr.plot.curves_at({"low": low, "high": curves(1.0)})
    assert both.axes[1].get_ylim()[0] < low["lower"].min()


@pytest.mark.parametrize(
    ("measure", "scale"),
    [("rate ratio", "log"), ("odds ratio", "log"), ("difference", "linear")],
)
def test_effects_stand_by_covariate_and_group(measure: str, scale: str) -> None:
    figure = tr.plot.effects_by_group(effects(measure))
    assert [ax.get_title(loc="left") or ax.get_title() for ax in figure.axes] == ["job", "partner"]
    job, partner = figure.axes
    assert [text.get_text() for text in job.get_yticklabels()] == ["group 1", "group 2"]
    assert [text.get_text() for text in partner.get_yticklabels()] == ["all groups"]
    assert {ax.get_xscale() for ax in figure.axes} == {scale}
    assert figure.axes[-1].get_xlabel().startswith(measure)
    assert "no interval" in " ".join(text.get_text() for text in partner.texts)


def test_results_draw_themselves_at_paths() -> None:
    rng = np.random.default_rng(0)
    job = (rng.random((200, 6)) < 0.5).astype(float)
    high = np.arange(200)[:, None] < 60
    counts = rng.poisson(np.exp(np.where(high, 1.0, -1.0) - 0.5 * job))
    panel = tr.Panel.from_wide(counts.astype(float), ages=AGES, covariates={"job": job})
    results = tr.GroupTrajectories(2, degree=1, time_varying=["job"]).fit(panel, n_starts=4)
    assert "job at its average" in results.plot().axes[0].get_title(loc="left")
    assert results.plot(at={"job": 1}).axes[0].get_title(loc="left") == "job = 1"
    figure = results.plot_at({"none": {"job": 0}, "some": {"job": 1}})
    table = results.trajectories(at={"job": 1})
    drawn = [line.get_ydata() for line in figure.axes[1].get_lines() if len(line.get_ydata()) == 6]
    assert drawn[1] == pytest.approx(table.loc[table["group"] == 2, "mean"].to_numpy())
    assert len(results.plot_effects().axes) == 1
