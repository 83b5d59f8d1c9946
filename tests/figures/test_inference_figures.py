"""The figure of uncertainty shows the frames that it is given, and nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError

AGES = np.arange(12.0, 19.0)


def frame(width: float) -> pd.DataFrame:
    parts = []
    for group, level in ((1, 0.4), (2, 2.0)):
        mean = level * np.exp(-0.02 * (AGES - 15) ** 2)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "age": AGES,
                    "mean": mean,
                    "lower": mean - width * level,
                    "upper": mean + width * level,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def replicates() -> pd.DataFrame:
    parts = [
        frame(0.1).assign(replicate=number, mean=lambda table, n=number: table["mean"] + 0.01 * n)
        for number in (1, 2, 4)
    ]
    return pd.concat(parts)[["replicate", "group", "age", "mean"]]


@pytest.fixture
def peaks() -> pd.DataFrame:
    return pd.DataFrame(
        {"peak_age": [15.0, np.nan], "lower": [14.0, np.nan], "upper": [16.5, np.nan]},
        index=pd.Index([1, 2], name="group"),
    )


def test_every_group_has_its_bands_replicates_and_peak(replicates, peaks) -> None:
    figure = tr.plot.uncertainty(
        frame(0.1), simultaneous=frame(0.2), replicates=replicates, peaks=peaks, shares={1: 0.7}
    )
    assert len(figure.axes) == 2
    for group, ax in enumerate(figure.axes, start=1):
        bands = [one for one in ax.collections if one.get_label() in ("whole curve", "each age")]
        for band, width in zip(bands, (0.2, 0.1), strict=True):
            table = frame(width)
            own = table[table["group"] == group]
            drawn = band.get_paths()[0].vertices[:, 1]
            assert drawn.max() == pytest.approx(own["upper"].max())
            assert drawn.min() == pytest.approx(own["lower"].min())
        thin = next(one for one in ax.collections if one.get_label() == "_replicates")
        assert len(thin.get_segments()) == 3
        values = replicates[(replicates["group"] == group) & (replicates["replicate"] == 4)]
        np.testing.assert_allclose(thin.get_segments()[2][:, 1], values["mean"])
    dots = [line for line in figure.axes[0].get_lines() if line.get_label() == "peak"]
    assert dots[0].get_xdata() == [15.0]
    assert not [line for line in figure.axes[1].get_lines() if line.get_label() == "peak"]
    assert "70 %" in figure.axes[0].get_title(loc="left")


def test_bands_alone_are_enough_and_other_tables_are_refused(replicates) -> None:
    assert len(tr.plot.uncertainty(frame(0.1)).axes) == 2
    with pytest.raises(InputError, match=r"pointwise bands: columns missing .*: lower"):
        tr.plot.uncertainty(frame(0.1).drop(columns="lower"))
    with pytest.raises(InputError, match=r"the replicates: columns missing .*: replicate"):
        tr.plot.uncertainty(frame(0.1), replicates=frame(0.1))
