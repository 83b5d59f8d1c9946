"""A reader who wants to know: what was hidden cannot be worked out from what is shown.

Each test first recovers the hidden number from the tables as they are without the switch, or from
the digits that they would have, so that it shows what the switch prevents.
"""

from __future__ import annotations

import re
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import recidivism, report
from trajectories.disclosure_control.steps import honest_decimals
from trajectories.errors import TrajectoriesWarning
from trajectories.groups import Control

MINIMUM = 10
SIZES = (7, 61, 95)
RATES = (150.0, 15.0, 0.4)
T = 6


@cache
def fitted() -> tuple[tr.GroupTrajectoriesResults, tr.Panel]:
    """Return a fit of three groups that everybody can be told apart in; one is of seven."""
    rng = np.random.default_rng(81)
    counts = rng.poisson(np.repeat(RATES, SIZES)[:, None], (sum(SIZES), T)).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(20, 20 + T))
    spec = tr.GroupTrajectories(3, "poisson", 0)
    return spec.fit(panel, control=Control(n_starts=6, n_finish=2)), panel


def size_told(curves: pd.DataFrame, group: int) -> float:
    """Return how many persons a band of a Poisson rate tells: n = 1 / (se² T m)."""
    own = curves[curves["group"] == group].iloc[0]
    error = (np.log(own["upper"]) - np.log(own["lower"])) / (2 * 1.959964)
    return float(1.0 / (error**2 * T * own["mean"]))


def test_the_width_of_a_band_does_not_tell_the_group_that_tells_the_small_one() -> None:
    results, panel = fitted()
    curves = results.trajectories()
    place = {int(size): int(g) for g, size in (results.group_probabilities * 163).round().items()}
    assert sorted(place) == sorted(SIZES)
    middle, small = place[61], place[7]
    told = size_told(curves, middle)
    assert sum(SIZES) - SIZES[2] - told == pytest.approx(7, abs=0.5)  # what was hidden
    with tr.disclosure(MINIMUM):
        shown, summary = results.trajectories(), results.summary()
        tables = report.fit_tables(results, panel)
        drawn = results.plot()
    own = shown[shown["group"] == middle]
    assert own["mean"].notna().all()
    assert own[["lower", "upper"]].isna().all(axis=None)
    assert shown.loc[shown["group"] == small, "mean"].isna().all()
    error = results.bse.xs(middle, level="group").iloc[-1]
    assert f"{error:.6g}" not in summary
    for name, column in (("trajectories", "lower"), ("parameters", "standard_error")):
        table = tables[name][tables[name]["group"] == middle]
        assert set(table[column]) == {"suppressed"}, name
    paths = [path for one in drawn.axes[0].collections for path in one.get_paths()]
    assert sum(len(path.vertices) > 3 for path in paths) == 1


def followed(n: int, leavers: int) -> tr.FollowUp:
    """Return n persons: an event at every whole time, a few who leave after the third one."""
    events = n // 2
    stop = np.concatenate(
        [np.arange(1, events + 1), np.full(leavers, 3.5), np.full(n - events - leavers, 1e3)]
    )
    event = np.concatenate([np.ones(events), np.zeros(n - events)]).astype(int)
    return tr.FollowUp.from_frame(pd.DataFrame({"stop": stop, "event": event}))


def leavers_that_fit(n: int, height: float, events: int, unit: float) -> set[int]:
    """Return how many leavers, all at one moment before some event, give the height of a curve."""
    found = set()
    for leavers in range(MINIMUM):
        for when in range(events):
            left = np.where(np.arange(events) < when, 0, leavers)
            curve = np.prod(1.0 - 1.0 / (n - np.arange(events) - left))
            if abs(curve - height) <= unit:
                found.add(leavers)
    return found


@pytest.mark.parametrize("n", [40, 100, 400, 2000])
def test_the_height_of_a_curve_does_not_tell_how_few_left(n: int) -> None:
    follow_up = followed(n, 4)
    plain = recidivism.kaplan_meier(follow_up).set_index("time")
    with tr.disclosure(MINIMUM):
        shown = recidivism.kaplan_meier(follow_up)
    row = shown[shown["events"] >= MINIMUM].iloc[0]
    events = int(row["events"])
    exact = float(plain.loc[row["time"], "survival"])
    assert 0 not in leavers_that_fit(n, exact, events, 1e-12)
    # the decimals that are shown are as true with nobody left as with four
    unit = 0.5 * 10.0 ** -int(honest_decimals(np.array([row["at_risk"]]), MINIMUM)[0])
    assert row["survival"] == pytest.approx(exact, abs=unit)
    assert {0, 4} <= leavers_that_fit(n, float(row["survival"]), events, 2 * unit)


def test_numbers_at_risk_do_not_tell_the_steps_that_a_curve_merges() -> None:
    rng = np.random.default_rng(82)
    n = 300
    frame = pd.DataFrame({"stop": rng.exponential(4.0, n), "event": rng.random(n) < 0.6})
    follow_up = tr.FollowUp.from_frame(frame)
    times = np.linspace(0.0, 6.0, 121)
    plain = recidivism.numbers_at_risk(follow_up, times)
    assert plain["events"].diff().between(1, MINIMUM - 1).sum() > 20
    with tr.disclosure(MINIMUM):
        shown = recidivism.numbers_at_risk(follow_up, times)
        curve = recidivism.kaplan_meier(follow_up)
        drawn = tr.plot.survival_curves(curve, shown)
    told = shown.dropna(subset=["at_risk"])
    assert 5 < len(told) < len(shown)
    happened = told["events"].diff().dropna()
    left = -told["at_risk"].diff().dropna() - happened
    for number in (happened, left):
        assert not number.between(1, MINIMUM - 1).any()
    assert drawn.axes


def test_a_share_and_the_persons_behind_it_tell_no_few() -> None:
    """Counts are hidden with shares: no fraction of few persons fits the digits of one shown."""
    register = tr.rapporteur.simulate(seed=5, n_general_offenders=0, n_non_offenders=0)
    groups = register.truth.groups
    with warnings.catch_warnings(), tr.disclosure(MINIMUM):
        warnings.simplefilter("ignore", TrajectoriesWarning)
        tables = [
            tr.careers.participation(register, by=groups),
            tr.careers.cumulative_prevalence(register, by=groups),
            tr.careers.onset_distribution(register, by=groups),
            tr.careers.desistance(register, by=groups),
        ]
    seen = 0
    for table in tables:
        base = "offenders" if "offenders" in table.columns else "persons"
        shares = table[table["unit"].eq("proportion") & table["estimate"].notna()]
        seen += len(shares)
        for row in shares.to_dict("records"):
            some = row["estimate"] * row[base]
            for number in (some, row[base] - some):
                assert number < 0.5 or number > MINIMUM - 0.5, row
    assert seen > 30


def test_the_number_of_cells_does_not_tell_how_few_left_before_the_last_age() -> None:
    _, panel = fitted()
    counts = panel.outcomes.astype(float).copy()
    counts[40:47, -1] = np.nan
    gone = tr.Panel.from_wide(counts, ages=panel.ages)
    results = tr.GroupTrajectories(2, "poisson", 0).fit(gone, control=Control(n_starts=4))

    def told(criterion: float) -> float:
        """Return how many cells lack, by a criterion that weighs them: -2 llf + p log(cells)."""
        cells = np.exp(min((criterion + 2 * results.llf) / results.n_params, 99.0))
        return float(panel.outcomes.size - cells)

    assert told(results.bic_cells) == pytest.approx(7.0)
    assert "971 observed cells" in results.summary()
    plain = tr.select(gone, n_groups=(1, 2), degree=0, control=Control(n_starts=2))
    with tr.disclosure(MINIMUM):
        summary, checklist = results.summary(), repr(results.grolts(gone))
        tables = report.fit_tables(results, gone)
        chosen = tr.select(gone, n_groups=(1, 2), degree=0, control=Control(n_starts=2))
        assert tr.plot.selection(chosen.table).axes
        assert plain.table["bic_cells"].isna().all()
        assert plain.table["bic"].notna().all()
    for text in (summary, checklist, tables["fit"].to_string(), chosen.table.to_string()):
        assert not re.search(r"\b(971|978 cells)\b", text)
        for number in map(float, re.findall(r"-?\d+\.\d{3,}", text)):
            assert told(number) != pytest.approx(7.0, abs=0.01)
            assert told(-2 * number) != pytest.approx(7.0, abs=0.01)
