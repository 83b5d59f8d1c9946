"""Under the switch the audit of a panel and the times of a follow-up tell of no few persons."""

from __future__ import annotations

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import recidivism, report


def panel_with_few_active_always() -> tr.Panel:
    """Return 60 units of which three have no zero, four are observed to 16 only."""
    rng = np.random.default_rng(4)
    counts = rng.poisson(0.4, (60, 5)).astype(float)
    counts[:57, 0] = 0.0
    counts[57:] = 2.0
    counts[:4, 3:] = np.nan
    return tr.Panel.from_wide(counts, ages=range(14, 19))


def test_checks_of_few_units_or_of_all_but_few_are_hidden() -> None:
    panel = panel_with_few_active_always()
    plain = panel.audit().set_index("check")
    with tr.disclosure(minimum_cell=10):
        shown = panel.audit().set_index("check")
    assert plain.loc["zeros", "units"] == 57
    assert shown.loc["zeros", ["cells", "units", "value"]].isna().all()
    assert shown.loc["follow-up ended before age 17", ["cells", "units", "value"]].isna().all()
    assert not shown.loc["variance over mean", "suppressed"]
    assert "suppressed" not in plain.columns


def test_the_report_hides_what_the_switch_hides() -> None:
    panel = panel_with_few_active_always()
    table = report.fit_tables(
        tr.GroupTrajectories(1, degree=0).fit(panel, seed=0), panel, minimum_cell=10
    )["audit"].set_index("check")
    assert table.loc["zeros", "units"] == "not shown"
    assert table.loc["zeros", "value"] == "suppressed"


def follow_up() -> tr.FollowUp:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "person": np.arange(60),
            "stop": rng.exponential(5.0, 60) + 0.1,
            "event": np.where(rng.random(60) < 0.8, True, False),
            "place": np.repeat(["a", "b", "c"], [30, 26, 4]),
        }
    )
    return tr.FollowUp.from_frame(frame, covariates=["place"])


def test_times_of_few_persons_are_hidden_and_count_them_otherwise() -> None:
    times = follow_up()
    for estimate in (
        lambda: recidivism.survival_quantile(times, by="place"),
        lambda: recidivism.restricted_mean(times, 1.0, by="place"),
    ):
        plain = estimate()
        assert plain["persons"].tolist() == [30, 26, 4]
        with tr.disclosure(minimum_cell=10):
            shown = estimate()
        small = shown[shown["stratum"] == "c"]
        assert small["suppressed"].all()
        assert small[["lower", "upper", "persons"]].isna().all(axis=None)
        assert shown["suppressed"].sum() == 2  # the next one too, for all add up
