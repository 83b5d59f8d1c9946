"""``trajectories panel``: a register becomes the files that ``trajectories fit`` reads."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli import main, panel
from trajectories.cli.output import MARKER
from trajectories.cli.parser import build_parser
from trajectories.cli.reading import read_panel

FILES = {"counts.csv", "years_free.csv", "audit.csv", MARKER}
TABLES = ("persons", "offences", "spells", "relations")
SMALL = ["--n-non-offenders", "200", "--n-general-offenders", "200"]


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "register"
    assert main(["simulate", *SMALL, "--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(autouse=True)
def _in_an_empty_folder(simulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(simulated, "register")


def files_in(folder: str | Path) -> dict[str, bytes]:
    root = Path(folder)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def next_command(said: str) -> list[str]:
    """Return the arguments of the command that the summary says to type."""
    program, *arguments = shlex.split(said.strip().splitlines()[-1])
    assert program == "trajectories"
    return arguments


def change(table: str, **columns: Any) -> None:
    """Put values into the first row of a table of the register."""
    path = Path("register", f"{table}.csv")
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name, value in columns.items():
        frame.loc[0, name] = value
    frame.to_csv(path, index=False)


def assert_same(read: tr.Panel, made: tr.Panel) -> None:
    assert list(read.units.astype(str)) == list(made.units.astype(str))
    np.testing.assert_array_equal(read.ages, made.ages)
    np.testing.assert_array_equal(read.outcomes, made.outcomes)
    assert (read.observed is None) == (made.observed is None)
    if read.observed is not None:
        np.testing.assert_array_equal(read.observed, made.observed)
        seen = made.observed
    else:
        seen = np.ones(made.outcomes.shape, bool)
    # 15 digits are written, and the reader of pandas 2 is off by a few units of the last
    np.testing.assert_allclose(read.exposure[seen], made.exposure[seen], rtol=1e-13, atol=0)


ASKED: dict[str, tuple[list[str], dict[str, Any]]] = {
    "nothing": ([], {}),
    "ages": (["--ages", "15:30"], {"ages": range(15, 31)}),
    "some ages": (["--ages", "20,14,16"], {"ages": np.array([14, 16, 20])}),
    "a group": (["--event", "violent"], {"event": "violent"}),
    "several": (["--event", "violent,property"], {"event": ["violent", "property"]}),
    "serious": (["--event", "serious"], {"event": "serious"}),
    "everybody": (["--persons", "all"], {"persons": "all"}),
    "an earlier end": (["--until", "2012-06-30", "--countable"], {"until": "2012-06-30"}),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_fit_reads_back_is_the_panel_of_the_register(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options, wanted = ASKED[case]
    assert main(["panel", "register", *options]) == 0
    assert set(files_in("panel")) == FILES
    read = read_panel(build_parser().parse_args(next_command(capsys.readouterr().out)))
    register = tr.Register.read("register")
    if "--countable" in options:
        wanted = {**wanted, "event": register.countable(wanted["until"])}
    made = tr.Panel.from_register(register, **wanted)
    assert made.observed is not None
    assert_same(read.panel, made)


def test_fit_on_the_files_has_the_likelihood_of_python(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["panel", "register", "--ages", "14:24", "--out", "my panel"]) == 0
    command = next_command(capsys.readouterr().out)
    assert command[:2] == ["fit", "my panel/counts.csv"]
    assert main([*command, "--groups", "2", "--degree", "1", "--starts", "4", "--quiet"]) == 0
    made = tr.Panel.from_register(tr.Register.read("register"), ages=range(14, 25))
    fitted = tr.GroupTrajectories(n_groups=2, degree=1).fit(made, seed=0, n_starts=4)
    assert tr.load("counts-fit/model.json").llf == pytest.approx(fitted.llf, rel=1e-12)


def test_cells_not_observed_are_empty_and_the_summary_counts_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["panel", "register"]) == 0
    said = capsys.readouterr().out
    made = tr.Panel.from_register(tr.Register.read("register"))
    assert made.observed is not None
    empty = int((~made.observed).sum())
    for name in ("counts", "years_free"):
        table = pd.read_csv(f"panel/{name}.csv", dtype=str, index_col="person")
        assert int(table.isna().sum().sum()) == empty
    assert f"{made.n_units:,} persons with {made.outcomes.sum():,.0f} offences" in said
    assert "at ages 12 to 40" in said
    assert f"{empty:,} cells not observed, of {made.outcomes.size:,}" in said
    assert not set(re.findall(r"\d{6,}", said.replace(",", ""))) & set(made.units.astype(str))


def test_the_classification_is_ones_own_or_none() -> None:
    own = tr.OffenceClassification.default().table
    own.loc[own["offence_type"] == "property", "offence_group"] = "violent"
    own.to_csv("types.csv", index=False)
    asked = ["panel", "register", "--event", "violent", "--quiet"]
    assert main([*asked, "--classification", "types.csv", "--out", "own"]) == 0
    assert main([*asked, "--out", "default"]) == 0
    totals = [
        pd.read_csv(f"{name}/counts.csv", index_col="person").sum().sum()
        for name in ("own", "default")
    ]
    assert totals[0] > totals[1] > 0
    change("offences", offence_type="unheard of")
    assert main(["panel", "register", "--quiet"]) == 2
    assert main(["panel", "register", "--quiet", "--classification", "none"]) == 0


def test_a_register_in_another_form_gives_the_same_bytes() -> None:
    assert main(["panel", "register", "--quiet"]) == 0
    known = files_in("panel")
    Path("extract").mkdir()
    for table in TABLES[:3]:
        frame = pd.read_csv(f"register/{table}.csv", dtype=str, keep_default_na=False)
        for column in frame.columns[frame.columns.str.endswith("_date")]:
            parts = frame[column].str.split("-").str[::-1].str.join("-")
            frame[column] = parts
        if table == "spells":
            frame["spell_type"] = frame["spell_type"].replace("detention", "detentie")
        frame = frame.rename(columns={"person": "rinpersoon"})
        frame.to_csv(f"extract/{table}.csv", index=False, sep=";")
    Path("names.json").write_text('{"rinpersoon": "person"}', encoding="utf-8")
    about = json.loads(Path("register/register.json").read_text("utf-8"))
    options = ["--separator", ";", "--date-format", "%d-%m-%Y", "--columns", "names.json"]
    options += ["--spell-types", "detentie=detention", "--study", about["study"]]
    options += ["--reference-date", about["reference_date"], "--out", "other", "--quiet"]
    assert main(["panel", "extract", *options]) == 0
    assert files_in("other") == known


def test_what_is_repaired_is_said_and_written(capsys: pytest.CaptureFixture[str]) -> None:
    change("offences", person="nobody")
    assert main(["panel", "register"]) == 2
    error = capsys.readouterr().err
    assert "--lenient" in error
    assert "strict" not in error
    assert not Path("panel").exists()
    assert main(["panel", "register", "--lenient"]) == 0
    said = capsys.readouterr().out
    assert "repaired: offences, not among persons: 1 row; row left out" in said
    assert pd.read_csv("panel/repairs.csv")["rows"].tolist() == [1]
    assert main(["panel", "register", "--lenient", "--minimum-cell", "10"]) == 0
    assert "not among persons: few rows; " in capsys.readouterr().out
    hidden = pd.read_csv("panel/repairs.csv")
    assert hidden["rows"].isna().all()
    assert hidden["where"].tolist() == ["few rows"]


def test_offences_that_cannot_be_counted_are_refused_or_left_out_and_numbered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    persons = pd.read_csv("register/persons.csv", dtype=str, keep_default_na=False)
    stayed = (persons["death_date"] == "") & (persons["emigration_date"] == "")
    first, birth = persons.loc[
        stayed & (persons["birth_date"] < "1995"), ["person", "birth_date"]
    ].iloc[0]
    day = pd.Timestamp(birth) + pd.DateOffset(years=20)
    after = day + pd.DateOffset(years=1)
    spells = pd.read_csv("register/spells.csv", dtype=str, keep_default_na=False)
    spells = spells[spells["person"] != first]
    jailed = dict.fromkeys(spells.columns, "") | {
        "person": first,
        "spell_type": "detention",
        "start_date": f"{day:%Y-%m-%d}",
        "end_date": f"{after:%Y-%m-%d}",
    }
    pd.concat([spells, pd.DataFrame([jailed])]).to_csv("register/spells.csv", index=False)
    change("offences", person=first, offence_date=f"{day + pd.Timedelta(days=99):%Y-%m-%d}")
    assert main(["panel", "register", "--persons", "all"]) == 2
    error = capsys.readouterr().err
    assert "leave them out with --countable" in error
    assert first not in error
    assert main(["panel", "register", "--persons", "all", "--countable"]) == 0
    assert re.search(r"^\d+ offences? left out: before birth", capsys.readouterr().out, re.M)


def test_small_numbers_are_not_said_under_disclosure_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    persons = pd.read_csv("register/persons.csv", dtype=str, keep_default_na=False)
    few = persons["population"].unique()[0]
    keep = persons.index[persons["population"] == few][:4]
    persons.loc[keep, "population"] = "few"
    persons.to_csv("register/persons.csv", index=False)
    asked = ["panel", "register", "--persons", "few"]
    assert main(asked) == 0
    assert capsys.readouterr().out.startswith("4 persons with ")
    assert main([*asked, "--minimum-cell", "10"]) == 0
    assert capsys.readouterr().out.startswith("fewer than 10 persons with ")
    units = pd.to_numeric(pd.read_csv("panel/audit.csv")["units"], errors="coerce").dropna()
    assert not ((units > 0) & (units < 10)).any()


BAD: dict[str, tuple[list[str], str]] = {
    "no folder": (["nowhere"], "no folder 'nowhere' there"),
    "a file": (["words.json"], "give the folder that holds them"),
    "an empty folder": (["empty"], "--no-spells"),
    "no date": (["undated"], "--reference-date"),
    "a date that is none": (["register", "--until", "soon"], "until is no date"),
    "an unknown event": (["register", "--event", "violant"], "violent"),
    "an unknown population": (["register", "--persons", "p1"], "--persons is no population"),
    "an unknown study": (["register", "--study", "p1"], "--study"),
    "one age": (["register", "--ages", "20"], "--ages is one age"),
    "two ages": (["register", "--ages", "12,40"], "give 12:40 for all of them"),
    "ages of nobody": (["register", "--ages", "120:125"], "check --ages, --until"),
    "spells that are there": (["register", "--no-spells"], "--spell-types none"),
    "no pair": (["register", "--spell-types", "detentie"], "detentie=detention"),
    "columns in no object": (["register", "--columns", "words.json"], "must hold an object"),
    "no file of columns": (["register", "--columns", "absent.json"], "absent.json"),
    "no classification": (["register", "--classification", "absent.csv"], "absent.csv"),
    "another separator": (["register", "--separator", ";"], "--separator ','"),
    "its own folder": (["register", "--out", "register"], "the register's own folder"),
    "a folder of others": (["register", "--out", "empty/.."], "or --force to write"),
    "an unknown option": (["register", "--unitl", "2012-01-01"], "--until"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_line_in_words_of_the_command_and_nothing_is_written(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("words.json").write_text("[1]", encoding="utf-8")
    shutil.copytree("register", "undated")
    Path("undated/register.json").unlink()
    before = files_in(".")
    options, message = BAD[case]
    assert main(["panel", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("trajectories: error: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert not re.search(r"\b[a-z_]+=", said.err.replace("detentie=", ""))  # no Python
    assert files_in(".") == before


def test_a_failure_half_way_leaves_the_earlier_output_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["panel", "register", "--quiet"]) == 0
    before = files_in("panel")

    def full(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
        (folder / "counts.csv").write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(panel, "write_tables", full)
    assert main(["panel", "register", "--ages", "12:20"]) == 2
    assert "No space left" in capsys.readouterr().err
    assert files_in("panel") == before
    assert not list(Path().glob(".panel-*"))


def test_force_writes_beside_files_that_stay() -> None:
    Path("panel").mkdir()
    Path("panel/mine.txt").write_text("mine", encoding="utf-8")
    assert main(["panel", "register", "--quiet"]) == 2
    assert set(files_in("panel")) == {"mine.txt"}
    assert main(["panel", "register", "--quiet", "--force"]) == 0
    assert set(files_in("panel")) == FILES | {"mine.txt"}


def test_quiet_says_nothing_and_the_help_says_what_the_files_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["panel", "register", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    with pytest.raises(SystemExit):
        main(["panel", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert "a row a person" in text
    assert "handle them as you do the data" in text
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "trajectories panel" in capsys.readouterr().out
