"""Under the switch no method of results, printed text or bootstrap table tells of a small group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import trajectories as tr
from trajectories.disclosure_control import protect
from trajectories.groups import Control, GroupTrajectoriesResults

SMALL = 3


@pytest.fixture(scope="module")
def fitted() -> tuple[GroupTrajectoriesResults, tr.Panel]:
    """Return a fit whose third group holds six persons."""
    rng = np.random.default_rng(2)
    ages = np.arange(14, 20)
    curves = [np.full(6, 0.3), 2.5 * np.exp(-(((ages - 16) / 2.0) ** 2)), np.full(6, 14.0)]
    counts = [rng.poisson(m, (n, 6)) for n, m in zip((120, 80, 6), curves, strict=True)]
    panel = tr.Panel.from_wide(np.concatenate(counts).astype(float), ages=ages)
    control = Control(n_starts=6, n_finish=2)
    results = tr.GroupTrajectories(3).fit(panel, seed=0, control=control)
    assert results.assignments["group"].value_counts()[SMALL] == 6
    return results, panel


def tables(results: GroupTrajectoriesResults, panel: tr.Panel) -> dict[str, pd.DataFrame]:
    boot = results.bootstrap(panel, n_replicates=40, seed=0, n_starts=1)
    return {
        "peak_age": results.peak_age(),
        "expected_outcome": results.expected_outcome(),
        "residuals": results.residuals(panel),
        "dispersion": results.dispersion(panel, n_simulated=19),
        "posterior_distribution": results.posterior_distribution(panel),
        "typology": results.typology(),
        "bootstrap shares": boot.group_probability_intervals(),
        "bootstrap trajectories": boot.trajectories(),
        "bootstrap curves": boot.curves(),
        "stability": boot.stability(),
    }


def test_no_table_by_group_has_a_number_of_a_small_group(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    with tr.disclosure(minimum_cell=10):
        shown = tables(*fitted)
    for name, table in shown.items():
        flat = table.reset_index() if table.index.name == "group" else table
        rows = flat[flat["group"] == SMALL]
        assert len(rows), name
        assert rows["suppressed"].all(), name
        keys = ["group", "age", "lower", "upper", "replicate"]
        if name != "posterior_distribution":
            keys = ["group", "age", "replicate"]
        numbers = rows.select_dtypes("number").drop(columns=keys, errors="ignore")
        assert numbers.isna().all(axis=None), name


def test_sizes_of_groups_cannot_be_subtracted(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    with tr.disclosure(minimum_cell=10):
        shown = tables(*fitted)
    for name in ("residuals", "posterior_distribution", "bootstrap shares", "dispersion"):
        table = shown[name].reset_index()
        hidden = set(table.loc[table["suppressed"], "group"]) - {"all"}
        assert len(hidden) >= 2, name


def test_the_summary_prints_neither_curve_nor_logit_of_a_small_group(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    results, _ = fitted
    with tr.disclosure(minimum_cell=10):
        text = results.summary()
    for value in (*results.params["membership"], *results.params["mean"][SMALL]):
        assert f"{value:.6g}" not in text
    assert f"{results.params['mean'][2].iloc[0]:.6g}" in text
    assert f"{results.params['mean'][SMALL].iloc[0]:.6g}" in results.summary()


def test_a_selection_does_not_give_the_share_of_a_small_group(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    _, panel = fitted
    with tr.disclosure(minimum_cell=10):
        table = tr.select(panel, n_groups=(1, 3), n_starts=6).table
    assert table["smallest_share"].isna().tolist() == [False, True]
    assert "too few persons" in table["notes"].iloc[1]


def test_the_overview_of_adequacy_is_drawn_under_the_switch(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    results, panel = fitted
    with tr.disclosure(minimum_cell=10):
        assert results.plot_adequacy(panel).axes


def test_the_checklist_gives_no_average_posterior_of_a_small_group(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    results, panel = fitted
    assert "withheld" not in results.grolts(panel).table.set_index("item").loc["13", "content"]
    with tr.disclosure(minimum_cell=10):
        words = results.grolts(panel).table.set_index("item").loc["13", "content"]
    assert words.count("withheld") == 2


def test_titles_of_a_figure_do_not_tell_the_share_of_the_group_left_out(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    results, _ = fitted
    with tr.disclosure(minimum_cell=10):
        own = results.plot()
        given = tr.plot.trajectories(results.trajectories(), shares=results.group_probabilities)
    for figure in (own, given):
        texts = [text.get_text() for text in figure.findobj(Text)]
        assert any("group" in text or "2" in text for text in texts)
        assert not any("%" in text for text in texts)
    assert any("%" in text.get_text() for text in results.plot().findobj(Text))


def test_infinite_odds_have_a_limit_and_no_missing_one(
    fitted: tuple[GroupTrajectoriesResults, tr.Panel],
) -> None:
    results, panel = fitted
    table = results.adequacy(panel=panel)
    assert np.isposinf(table.loc[SMALL, "occ_upper"])
    assert not table[["occ_lower", "occ_upper"]].isna().any(axis=None)


def test_rows_of_nobody_do_not_tell_how_few_the_others_are() -> None:
    table = pd.DataFrame(
        {
            "group": ["a"] * 3,
            "to": ["x", "y", "z"],
            "persons": [3, 0, 0],
            "estimate": [1.0, 0.0, 0.0],
            "upper": [1.0, 0.5615, 0.5615],
        }
    )
    with tr.disclosure(minimum_cell=10):
        shown = protect(table, persons="persons", parts=("to",))
    assert shown["upper"].isna().all()
