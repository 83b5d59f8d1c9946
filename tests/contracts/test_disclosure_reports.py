"""``--minimum-cell`` and the switch reach everything a command or report gives out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import trajectories as tr
from trajectories import report
from trajectories.cli import main
from trajectories.errors import InputError
from trajectories.plot.alt_text import alt_text

N_LOW, N_HIGH = 60, 6


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the counts of 60 persons of a low rate and 6 of a high one."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(11)
    rates = np.repeat([0.3, 6.0], [N_LOW, N_HIGH])
    counts = rng.poisson(rates[:, None], (N_LOW + N_HIGH, 8))
    table = pd.DataFrame(counts, columns=range(15, 23))
    table.insert(0, "id", np.arange(len(table)))
    path = tmp_path / "data.csv"
    table.to_csv(path, index=False)
    return path


FIT = ["--groups", "2", "--degree", "0", "--quiet"]


def test_a_group_of_few_leaves_no_curve_no_parameter_and_no_model(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(data), *FIT, "--minimum-cell", "10"]) == 0
    out = Path("data-fit")
    assert not (out / "model.json").exists()
    assert "model.json not written" in capsys.readouterr().err
    curves = pd.read_csv(out / "trajectories.csv")
    small = curves["mean"] == "suppressed"
    assert small.sum() == 8
    assert (pd.to_numeric(curves["mean"][~small]) < 1.0).all()
    parameters = pd.read_csv(out / "parameters.csv")
    group = curves.loc[small, "group"].iloc[0]
    assert set(parameters.loc[parameters["group"] == group, "estimate"]) == {"suppressed"}
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "1 group of few persons is in no figure" in page
    texts = [file.read_text("utf-8") for file in out.iterdir() if file.suffix in (".csv", ".html")]
    # the rate of the six, about 6, stands nowhere
    fitted = tr.GroupTrajectories(2, degree=0).fit(
        tr.Panel.from_wide(pd.read_csv(data, index_col=0)), seed=0
    )
    high = fitted.trajectories()["mean"].max()
    assert not any(f"{high:.2f}" in text for text in texts)


def test_a_run_without_it_still_writes_everything(data: Path) -> None:
    assert main(["fit", str(data), *FIT]) == 0
    assert Path("data-fit/model.json").exists()
    assert pd.read_csv("data-fit/trajectories.csv")["mean"].dtype != object


def test_the_switch_alone_does_what_the_option_does(data: Path) -> None:
    panel = tr.Panel.from_wide(pd.read_csv(data, index_col=0))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, seed=0)
    by_option = report.fit_tables(results, panel, minimum_cell=10)
    with tr.disclosure(minimum_cell=10):
        by_switch = report.fit_tables(results, panel)
        page = report.fit_report(results, by_switch).html()
    for name, table in by_option.items():
        pd.testing.assert_frame_equal(table, by_switch[name])
    assert "from 1 to 9 are suppressed" in page


def test_rounding_reaches_the_tables_of_a_report(data: Path) -> None:
    panel = tr.Panel.from_wide(pd.read_csv(data, index_col=0))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, seed=0)
    with tr.disclosure(minimum_cell=0, rounding=5):
        groups = report.fit_tables(results, panel)["groups"]
    assert sorted(groups["assigned_persons"]) == [5, 60]
    np.testing.assert_allclose(sorted(groups["assigned_share"]), [5 / 65, 60 / 65])


def test_results_and_their_figure_keep_quiet_about_a_group_of_few(data: Path) -> None:
    panel = tr.Panel.from_wide(pd.read_csv(data, index_col=0))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, seed=0)
    small = int(results.group_probabilities.idxmin())
    with tr.disclosure(minimum_cell=10):
        curves, adequacy, typology = (
            results.trajectories(),
            results.adequacy(),
            results.typology(),
        )
        figure = results.plot()
        assert results.summary()
    assert curves.loc[curves["group"] == small, "mean"].isna().all()
    assert curves.loc[curves["group"] != small, "mean"].notna().all()
    # of two shares that add up to one, one gives the other away
    assert adequacy["suppressed"].all()
    assert typology.loc[small, "reason"] == "too few persons to say"
    labels = [str(line.get_label()) for line in figure.axes[0].get_lines()]
    assert not any(label.startswith((f"{small} ", f"group {small}")) for label in labels)
    assert "suppressed" not in results.trajectories().columns


def test_recidivism_shows_no_step_and_no_cell_of_few() -> None:
    register = tr.rapporteur.simulate(seed=3, n_general_offenders=0, n_non_offenders=0)
    follow_up = tr.FollowUp.from_register(register, index="trafficking", event="any")
    whole = tr.recidivism.kaplan_meier(follow_up)
    with tr.disclosure(minimum_cell=10):
        curve = tr.recidivism.kaplan_meier(follow_up)
        windows = tr.recidivism.fixed_window(follow_up, years=(2, 5))
    assert len(curve) < len(whole) / 5
    assert ((curve["events"] == 0) | (curve["events"] >= 10)).all()
    assert not windows["suppressed"].any()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # beside just the minimum, a lone 1 would be 6 − 5
        ([1, 5, 40, 60], ["<5", "not shown", "not shown", 60]),
        # two of 4 are each 8 less at most 4
        ([4, 4, 40, 60], ["<5", "<5", "not shown", 60]),
        ([3, 12, 40], ["<5", "not shown", 40]),
    ],
)
def test_a_small_count_is_not_known_from_its_sum_and_the_minimum(
    counts: list[int], expected: list[object]
) -> None:
    frame = pd.DataFrame({"persons": counts})
    shown = report.suppress_small_cells(frame, ["persons"], minimum_cell=5, total_known=True)
    assert shown["persons"].tolist() == expected


def test_figures_of_a_report_leave_out_what_the_switch_hides_whatever_the_tables_say(
    data: Path,
) -> None:
    panel = tr.Panel.from_wide(pd.read_csv(data, index_col=0))
    results = tr.GroupTrajectories(2, degree=0).fit(panel, seed=0)
    small = int(results.group_probabilities.idxmin())
    before = report.fit_tables(results, panel)
    whole = report.group_figures(results, before, 0.95)["trajectories"]
    assert f"{100 * results.group_probabilities.min():.0f} %" in " ".join(_said(whole))
    with tr.disclosure(minimum_cell=10):
        drawn = report.group_figures(results, before, 0.95)
        for name, figure in drawn.items():
            said = " ".join(_said(figure))
            assert "%" not in said, name
            assert f"group {small}" not in said, name
        lines = drawn["trajectories"].axes[0].get_lines()
        assert sum(len(line.get_xdata()) == 8 for line in lines) == 1
        with pytest.raises(InputError, match="make them again"):
            report.fit_report(results, before)
        assert report.fit_report(results, panel).html()


def test_figures_of_a_replication_leave_out_what_the_switch_hides() -> None:
    replication = tr.rapporteur.replicate(
        seed=2024,
        n_general_offenders=0,
        n_non_offenders=0,
        n_groups=4,
        family="poisson",
        progress=False,
    )
    before = report.replication_tables(replication)
    sizes = replication.results.group_probabilities * float(replication.results.nobs)
    minimum = int(sizes.min()) + 30
    with tr.disclosure(minimum_cell=minimum):
        drawn = report.replication_figures(replication, before)
        with pytest.raises(InputError, match="make them again"):
            report.replication_report(replication, tables=before)
    whole = report.replication_figures(replication, before)
    for name in ("trajectories", "planted"):
        curves = [
            sum(len(line.get_xdata()) > 20 for line in figures[name].axes[0].get_lines())
            for figures in (whole, drawn)
        ]
        assert curves[1] < curves[0], name
        assert f"({100 * sizes.min() / sizes.sum():.0f} %)" not in " ".join(_said(drawn[name]))


def _said(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)] + [alt_text(figure)]
