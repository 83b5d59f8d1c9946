"""The command line end to end: what it writes, what it refuses, and how it says so."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli import fit, main
from trajectories.cli.output import MARKER
from trajectories.simulate import panel_from_groups

FILES = {
    "model.json",
    "report.html",
    "fit.csv",
    "parameters.csv",
    "groups.csv",
    "trajectories.csv",
    "typology.csv",
    "observed.csv",
    "audit.csv",
    "trajectories.png",
    "trajectories.svg",
    "observed.png",
    "observed.svg",
    MARKER,
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data() -> Path:
    """Eighty persons in two groups far apart, eight ages, ids that are easy to search for."""
    rng = np.random.default_rng(8)
    counts = np.vstack([rng.poisson(0.2, (50, 8)), rng.poisson(3.0, (30, 8))])
    frame = pd.DataFrame(counts, columns=[f"y{age}" for age in range(14, 22)])
    frame.insert(0, "id", [f"PERSON{i:03d}" for i in range(80)])
    frame.to_csv("data.csv", index=False)
    return Path("data.csv")


def files_in(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_help_teaches_every_command_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("replicate", "coverage", "simulate", "panel", "fit", "select"):
        with pytest.raises(SystemExit) as stopped:
            main([command, "--help"])
        assert stopped.value.code == 0
        text = capsys.readouterr().out
        assert "examples:" in text
        assert text.count(f"trajectories {command}") >= 3
    with pytest.raises(SystemExit):
        main(["--version"])
    assert tr.__version__ in capsys.readouterr().out


def test_help_and_usage_errors_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom trajectories.cli import main\n"
        "assert main(['fit']) == 2\n"
        "heavy = {'numpy', 'pandas', 'scipy', 'matplotlib', 'sklearn', 'tqdm'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_fit_writes_model_tables_figures_and_report(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(data), "--groups", "2", "--degree", "1"]) == 0
    out = Path("data-fit")
    assert files_in(out) == FILES
    assert [p.name for p in Path().iterdir() if p.name.startswith(".")] == []
    said = capsys.readouterr()
    assert "80 persons, ages 14 to 21" in said.out
    assert "report: data-fit/report.html" in said.out
    model = tr.load(out / "model.json")
    shares = pd.read_csv(out / "groups.csv")["share"].to_numpy()
    np.testing.assert_allclose(shares, model.group_probabilities.to_numpy())
    curves = pd.read_csv(out / "trajectories.csv")
    np.testing.assert_allclose(curves["mean"], model.trajectories()["mean"])


def test_no_person_is_in_any_file_unless_asked_for_by_name(data: Path) -> None:
    assert main(["fit", str(data), "--groups", "2", "--degree", "0", "--quiet"]) == 0
    for file in files_in(Path("data-fit")):
        assert b"PERSON0" not in (Path("data-fit") / file).read_bytes(), file
    options = ["--posterior", "--out", "with", "--quiet"]
    assert main(["fit", str(data), "--groups", "2", "--degree", "0", *options]) == 0
    assert files_in(Path("with")) == FILES | {"posterior.csv"}
    posterior = pd.read_csv("with/posterior.csv", index_col="id")
    assert posterior.index[0] == "PERSON000"
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


def test_the_posterior_keeps_ids_and_the_name_of_their_column() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.poisson(1.0, (40, 4)), columns=[f"y{age}" for age in range(4)])
    ids = ["NA", "2E5", "007", *(f"{number:05d}" for number in range(37))]
    frame.insert(0, "code", ids)
    frame.to_csv("data.csv", index=False)
    command = ["fit", "data.csv", "--id", "code", "--groups", "1", "--degree", "0", "--quiet"]
    assert main([*command, "--posterior"]) == 0
    lines = Path("data-fit/posterior.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",")[0] == "code"
    assert [line.split(",")[0] for line in lines[1:]] == ids


def test_doubtful_exposure_is_warned_of_and_stands_at_the_head_of_the_report(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_csv(data)
    free = pd.DataFrame(1.0, frame.index, [f"free{age}" for age in range(14, 22)])
    frame["y14"] = frame["y14"].clip(lower=1)
    free.loc[:2, "free14"] = 1e-3
    pd.concat([frame, free], axis=1).to_csv(data, index=False)
    for command in ("fit", "select"):
        options = ["--groups", "1", "--degree", "0", "--exposure", "free*", "--counts", "y*"]
        assert main([command, str(data), *options, "--quiet"]) == 0
        said = capsys.readouterr().err
        assert "trajectories: warning: outcomes in 3 cells where exposure is below 0.01" in said
        page = Path(f"data-{command}/report.html").read_text("utf-8")
        assert page.index("Outcomes in 3 cells") < page.index("What groups are")


def test_without_a_number_of_groups_one_is_chosen_and_the_rule_said(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(data), "--groups", "1:3", "--degree", "0"]) == 0
    assert files_in(Path("data-fit")) == FILES | {
        "selection.csv",
        "selection.png",
        "selection.svg",
    }
    assert "lowest BIC" in capsys.readouterr().out
    assert tr.load("data-fit/model.json").n_groups == 2


def test_select_compares_and_writes_the_table(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--groups", "1,2", "--family", "poisson,zip", "--degree", "0"]
    assert main(["select", str(data), *options]) == 0
    table = pd.read_csv("data-select/selection.csv")
    assert list(table["family"]) == ["poisson", "poisson", "zip", "zip"]
    assert files_in(Path("data-select")) == {
        "selection.csv",
        "selection.png",
        "selection.svg",
        "report.html",
        MARKER,
    }
    assert "lowest BIC" in capsys.readouterr().out


def test_the_same_command_gives_the_same_bytes(data: Path) -> None:
    for out in ("one", "two"):
        command = ["fit", str(data), "--groups", "2", "--degree", "1", "--out", out, "--quiet"]
        assert main(command) == 0
    for file in files_in(Path("one")):
        assert (Path("one") / file).read_bytes() == (Path("two") / file).read_bytes(), file


def test_small_cells_are_suppressed_when_asked(data: Path) -> None:
    command = ["fit", str(data), "--groups", "2", "--degree", "0", "--quiet"]
    assert main([*command, "--minimum-cell", "31"]) == 0
    groups = pd.read_csv("data-fit/groups.csv")
    assert list(groups["assigned_persons"]) == ["not shown", "<31"]
    assert set(groups["share"]) == {"suppressed"}
    assert "from 1 to 30 are suppressed" in Path("data-fit/report.html").read_text("utf-8")
    assert main(["select", *command[1:], "--minimum-cell", "31"]) == 0
    table = pd.read_csv("data-select/selection.csv")
    assert list(table["smallest_share"]) == ["suppressed"]


BAD = {
    "no command": ([], "the following arguments are required: COMMAND"),
    "unknown command": (["guess"], "invalid choice"),
    "unknown option": (["fit", "data.csv", "--colour"], "trajectories fit --help"),
    "mistyped option": (["fit", "data.csv", "--famly=zip"], "did you mean '--family'"),
    "one file too many": (["fit", "data.csv", "more.csv"], "'more.csv' is one argument too many"),
    "missing file": (["fit", "none.csv"], "none.csv: No such file or directory"),
    "a folder": (["fit", "."], "directory"),
    "missing exposure": (["fit", "data.csv", "--exposure", "none.csv"], "none.csv: No such file"),
    "missing targets": (["simulate", "--targets", "none.json"], "none.json: No such file"),
    "unknown family": (["fit", "data.csv", "--family", "gauss"], "unknown family 'gauss'"),
    "no inflation": (["fit", "data.csv", "--inflation-degree", "1"], "poisson has no"),
    "unknown basis": (["fit", "data.csv", "--basis", "fourier"], "unknown basis 'fourier'"),
    "knots of no spline": (["fit", "data.csv", "--knots", "16,18"], "--knots are of a spline"),
    "limits of no scale": (["fit", "data.csv", "--limits", "0,"], "poisson has no --limits"),
    "one limit": (["fit", "data.csv", "--limits", "3"], "not two limits"),
    "degrees for others": (
        ["fit", "data.csv", "--groups", "3", "--degree=1,2"],
        "2 entries for 3 groups",
    ),
    "groups of nothing": (["fit", "data.csv", "--groups", "x"], "neither a number, a range"),
    "no groups": (["fit", "data.csv", "--groups", "0"], "n_groups must be 1 or more"),
    "a range backwards": (["select", "data.csv", "--groups", "4:2"], "neither a number, a range"),
    "a level of nothing": (["fit", "data.csv", "--level", "95"], "not between 0 and 1"),
    "a negative seed": (["simulate", "--seed", "-1"], "-1 is below 0"),
    "fractional counts": (["fit", "half.csv", "--groups", "1", "--degree", "0"], "1 cell"),
    "ids twice": (["fit", "twice.csv"], "1 row with an id seen before"),
    "no numbers": (["fit", "words.csv"], "2 cells not numeric in column 'y1' (2), lines 2, 3;"),
    "too few persons": (["fit", "twice.csv", "--id", "y1", "--groups", "9"], ""),
    "too high a degree": (["fit", "data.csv", "--groups", "1", "--degree", "8"], "degree 8"),
    "a file in the way": (["fit", "data.csv", "--out", "half.csv"], "half.csv is a file"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_on_stderr_exit_status_2_and_nothing_written(
    data: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("half.csv").write_text("id,y1,y2\n1,0.5,1\n2,0,1\n3,1,1\n", encoding="utf-8")
    Path("twice.csv").write_text("id,y1,y2\n1,0,1\n1,1,1\n", encoding="utf-8")
    Path("words.csv").write_text("id,y1,y2\n1,a,1\n2,b,1\n3,1,1\n", encoding="utf-8")
    before = files_in(Path())
    command, message = BAD[case]
    assert main(command) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("trajectories: error: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert files_in(Path()) == before


def test_targets_that_are_no_object_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for text, message in (
        ("{", "not JSON"),
        ("[1]", "must hold an object"),
        ('{"onset": [1]}', "onset is neither"),
    ):
        Path("targets.json").write_text(text, encoding="utf-8")
        assert main(["simulate", "--targets", "targets.json"]) == 2
        assert message in capsys.readouterr().err


def test_a_folder_of_someone_elses_files_is_refused_before_any_work(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep", encoding="utf-8")
    monkeypatch.setattr(fit, "read_panel", None)
    assert main(["fit", str(data), "--out", "mine"]) == 2
    assert "--force" in capsys.readouterr().err
    assert files_in(Path("mine")) == {"notes.txt"}


def test_force_writes_beside_files_that_stay(data: Path) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep", encoding="utf-8")
    command = ["fit", str(data), "--groups", "2", "--degree", "0", "--quiet", "--out", "mine"]
    assert main([*command, "--force"]) == 0
    assert files_in(Path("mine")) == FILES | {"notes.txt"}
    assert Path("mine/notes.txt").read_text(encoding="utf-8") == "keep"


def test_a_second_run_replaces_its_own_files_and_leaves_others(data: Path) -> None:
    command = ["fit", str(data), "--groups", "2", "--degree", "0", "--quiet"]
    assert main([*command, "--posterior"]) == 0
    Path("data-fit/notes.txt").write_text("keep", encoding="utf-8")
    assert main(command) == 0
    assert files_in(Path("data-fit")) == FILES | {"notes.txt"}


def test_an_edited_list_of_files_reaches_nothing_outside_the_folder(data: Path) -> None:
    command = ["fit", str(data), "--groups", "2", "--degree", "0", "--quiet"]
    assert main(command) == 0
    Path("data-fit", MARKER).write_text(json.dumps({"files": ["../data.csv"]}), encoding="utf-8")
    assert main(command) == 0
    assert data.is_file()


def test_a_failure_half_way_leaves_the_earlier_output_as_it_was(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", str(data), "--groups", "2", "--degree", "0", "--quiet"]
    assert main(command) == 0
    before = {file: Path("data-fit", file).read_bytes() for file in files_in(Path("data-fit"))}

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device", "figures")

    monkeypatch.setattr(fit, "write_figures", full)
    assert main([*command, "--seed", "3"]) == 2
    assert "No space left" in capsys.readouterr().err
    after = {file: Path("data-fit", file).read_bytes() for file in files_in(Path("data-fit"))}
    assert after == before
    assert [p.name for p in Path().iterdir() if p.name.startswith(".")] == []


def test_fit_and_select_take_any_family_basis_and_degrees_per_group(data: Path) -> None:
    fitted = {
        "zero": ["--degree=-1,0", "--groups", "2", "--family", "negbin"],
        "spline": ["--basis", "bspline", "--knots", "17", "--groups", "2", "--degree", "1"],
        "scale": ["--family", "censored_normal", "--limits", "0,", "--groups", "2"],
    }
    for name, options in fitted.items():
        assert main(["fit", "data.csv", *options, "--starts", "5", "--out", name, "--quiet"]) == 0
    zero, spline, scale = (tr.load(f"{name}/model.json") for name in fitted)
    assert (zero.family.name, zero.degree) == ("negbin", (-1, 0))
    assert spline.model.bases[0].knots == (17.0,)
    assert scale.family == tr.families.CensoredNormal(lower=0.0)
    several = ["--family", "poisson,negbin", "--groups", "1,2", "--basis", "natural_spline"]
    assert main(["select", "data.csv", *several, "--starts", "5", "--quiet"]) == 0
    table = pd.read_csv("data-select/selection.csv")
    assert set(table["family"]) == {"poisson", "negbin"}
    assert (table["degree"] == 3).all()
    folds = ["--groups", "1,2", "--folds", "3", "--cutoff-age", "17", "--out", "folds"]
    assert main(["select", "data.csv", *folds, "--starts", "5", "--quiet"]) == 0
    table = pd.read_csv("folds/selection.csv")
    assert table[["heldout_llf", "forecast_squared_error"]].notna().all().all()


def test_a_solution_that_is_no_maximum_is_a_warning_of_one_line_and_is_in_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = 1 + np.random.default_rng(2).binomial(2, 0.4, (60, 6))
    counts[0, 0] = 0  # without any zero there would be a second warning
    frame = pd.DataFrame(counts, columns=[f"y{age}" for age in range(14, 20)])
    frame.to_csv("plain.csv", index=False)
    command = ["fit", "plain.csv", "--groups", "1", "--degree", "0", "--family", "zip"]
    status = main([*command, "--inflation-degree", "0", "--quiet"])
    said = capsys.readouterr().err
    assert status == 0
    assert not tr.load("plain-fit/model.json").converged
    assert said.startswith("trajectories: warning: ")
    assert said.count("\n") == 1
    assert "The fit did not converge." in Path("plain-fit/report.html").read_text("utf-8")


def test_the_toronto_fit_is_the_one_that_other_software_finds(reference: Path) -> None:
    command = ["fit", str(reference / "TO1.csv"), "--exposure", str(reference / "TO1Risk.csv")]
    options = ["--family", "zip_tau", "--groups", "3", "--degree", "2", "--quiet"]
    assert main([*command, *options]) == 0
    values = pd.read_csv("TO1-fit/fit.csv", index_col="quantity")["value"]
    llf = float(values["log-likelihood (full, with factorials)"])
    assert llf == pytest.approx(-9351.3964, abs=1e-3)
    shares = pd.read_csv("TO1-fit/groups.csv")["share"]
    np.testing.assert_allclose(sorted(shares), [0.1889, 0.3578, 0.4533], atol=1e-4)


def test_replicate_writes_report_tables_figures_and_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = np.arange(12.0, 25.0)
    curves = np.stack([np.full(13, 0.1), 2.0 * np.exp(-(((ages - 18.0) / 4.0) ** 2))])
    panel = panel_from_groups([0.6, 0.4], curves, 120, ages, rng=1).panel
    planted = pd.DataFrame(
        {"group": np.repeat(["a", "b"], 13), "age": np.tile(ages, 2), "mean": curves.ravel()}
    )
    row = {"key": "share_low_rate", "quantity": "share", "population": "p", "group": "low_rate"}
    row |= {"published": "0.36", "planted": 0.6, "estimate": 0.61, "lower": 0.5, "upper": 0.7}
    asked: dict[str, object] = {}

    def replicate(**kwargs: object) -> SimpleNamespace:
        asked.update(kwargs)
        return SimpleNamespace(
            table=pd.DataFrame([row | {"recovered": True, "status": "estimated"}]),
            results=tr.GroupTrajectories(2).fit(panel, n_starts=5),
            panel=panel,
            rule="lowest bic",
            register=SimpleNamespace(truth=SimpleNamespace(curves=planted)),
            tables={"onset": pd.DataFrame({"group": ["a"], "mean": [15.0]})},
        )

    monkeypatch.setattr(tr.rapporteur, "replicate", replicate, raising=False)
    command = ["replicate", "--seed", "7", "--n-general-offenders", "30", "--out", "here"]
    assert main(command) == 0
    assert asked == {
        "seed": 7,
        "targets": None,
        "truth": "published",
        "progress": True,
        "n_general_offenders": 30,
    }
    tables = (
        "grolts",
        "recovery",
        "fit",
        "parameters",
        "groups",
        "trajectories",
        "typology",
        "onset",
    )
    expected = {f"tables/{name}.csv" for name in (*tables, "observed", "audit")}
    for name in ("trajectories", "observed", "planted", "recovery"):
        expected |= {f"figures/{name}.png", f"figures/{name}.svg"}
    assert files_in(Path("here")) == expected | {"report.html", "model.json", MARKER}
    assert tr.load("here/model.json").n_groups == 2
    said = capsys.readouterr().out
    assert "1 of the 1 figure that was estimated was recovered" in said
    assert "report: here/report.html" in said


def test_the_command_passes_what_replicate_takes() -> None:
    taken = set(inspect.signature(tr.rapporteur.replicate).parameters)
    options = {"seed", "targets", "truth", "progress", "n_general_offenders", "n_non_offenders"}
    assert options <= taken
    fields = {field.name for field in dataclasses.fields(tr.rapporteur.Replication)}
    assert {"table", "results", "panel", "register", "rule", "tables"} <= fields


def test_the_truths_of_the_command_line_are_those_of_the_library() -> None:
    from trajectories.cli.study_options import TRUTHS

    assert list(TRUTHS) == list(tr.rapporteur.truths().index)


def test_coverage_writes_its_table_and_every_interval(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, object] = {}

    def coverage(seeds: int, **kwargs: object) -> SimpleNamespace:
        asked.update(kwargs, seeds=seeds)
        frame = pd.DataFrame({"key": ["share_low_rate"], "coverage": [0.95]})
        return SimpleNamespace(table=frame, rows=frame, summary=lambda: "all well")

    monkeypatch.setattr(tr.rapporteur, "coverage", coverage)
    assert main(["coverage", "--seeds", "3", "--truth", "equal,other", "--out", "here"]) == 0
    assert asked == {
        "seeds": 3,
        "truths": ["equal", "other"],
        "n_jobs": 1,
        "progress": False,
    }
    assert files_in(Path("here")) == {"coverage.csv", "intervals.csv", MARKER}
    assert capsys.readouterr().out == "all well\ntable: here/coverage.csv\n"


def test_simulate_writes_the_register_and_its_truth(capsys: pytest.CaptureFixture[str]) -> None:
    pools = ["--n-general-offenders", "20", "--n-non-offenders", "20"]
    assert main(["simulate", "--seed", "3", *pools]) == 0
    register = tr.rapporteur.read_register("register")
    assert f"{len(register.persons):,} synthetic persons" in capsys.readouterr().out
    assert {"truth_groups.csv", "truth_curves.csv", MARKER} <= files_in(Path("register"))


def test_select_without_any_usable_solution_still_writes_its_table(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # eight ages do not determine a curve of degree 8
    assert main(["select", str(data), "--groups", "1,2", "--degree", "8"]) == 0
    assert (
        "No candidate reached a usable solution; see why in the table." in capsys.readouterr().out
    )
    table = pd.read_csv("data-select/selection.csv")
    assert len(table) == 2
    assert not set(table["stop_reason"]) & {"converged", "boundary"}
    assert table["llf"].isna().all()


def test_one_of_a_thing_is_singular_and_one_age_is_drawn_as_a_point(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["fit", str(data), "--counts", "y14", "--groups", "1", "--degree", "0"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "80 persons, age 14\n" in said
    assert "Counts from 1 column, y14;" in said
    assert "1 group, poisson" in said
    assert "one start" in said


def test_the_fit_is_named_with_the_settings_of_its_family(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--groups", "1", "--degree", "0", "--family", "zip", "--inflation-degree", "1"]
    assert main(["fit", str(data), *options]) == 0
    name = "zip (inflation_degree 1)"
    assert f"1 group, {name}, degree 0" in capsys.readouterr().out
    values = pd.read_csv("data-fit/fit.csv", index_col="quantity")["value"]
    assert values["family"] == name
    page = Path("data-fit/report.html").read_text("utf-8")
    assert f"1 group, {name}, degree 0" in page
    assert "offences per age step" in page
    assert "per year free" not in page


def test_a_full_disk_names_the_users_folder_not_the_temporary_one(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(folder: Path, *_: object) -> None:
        raise OSError(28, "No space left on device", str(folder / "trajectories.png"))

    monkeypatch.setattr(fit, "write_figures", full)
    command = ["fit", str(data), "--groups", "1", "--degree", "0", "--quiet"]
    assert main(command) == 2
    assert "error: data-fit/trajectories.png: No space" in capsys.readouterr().err


def test_a_fit_chosen_among_none_that_is_usable_says_what_to_do(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(data), "--groups", "1:2", "--degree", "8", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "'trajectories select'" in said
    assert "table[" not in said
