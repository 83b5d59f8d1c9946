"""``trajectories score`` and ``trajectories scorer``: what they write, refuse and log."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories import profiles
from trajectories.cli import main
from trajectories.simulate import panel_from_groups

AGES = np.arange(14, 24)
CARD = profiles.ModelCard(
    population="invented persons of a test",
    country="Nowhere",
    years=(2000, 2020),
    inclusion="everybody who was drawn",
    n_by_subgroup={"all": 400},
    fitted_by="the tests",
    intended_use="to test the command line",
    limits="not for any real person",
    valid_until="2099-12-31",
)
ROWS = """id,count_14,count_15,count_16,count_17
ALPHA,1,0,2,1
BRAVO,0,0,0,0
CHARLIE,x,1,0,0
DELTA,,,,
ECHO,0,1,,0
"""


@pytest.fixture(scope="module")
def model() -> profiles.ScoringModel:
    curves = np.stack([np.full(10, 0.3), 2.0 * np.exp(-(((AGES - 17) / 3.0) ** 2)) + 0.2])
    drawn = panel_from_groups(shares=[0.6, 0.4], curves=curves, n=400, ages=AGES, rng=2)
    results = tr.GroupTrajectories(n_groups=2).fit(drawn.panel, n_starts=6)
    return profiles.publish(results, drawn.panel, CARD)


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_model(
    model: profiles.ScoringModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model.save("model.json")
    Path("profiles.csv").write_text(ROWS, encoding="utf-8")


def test_good_rows_are_scored_and_bad_ones_are_listed_by_number(
    model: profiles.ScoringModel, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", "model.json", "profiles.csv", "--log", "runs.log"]) == 3
    said = capsys.readouterr()
    assert said.err == ""
    assert "3 rows scored, 2 refused" in said.out
    assert "a human decides" in said.out
    for name in ("ALPHA", "BRAVO", "CHARLIE"):
        assert name not in said.out
    scores = pd.read_csv("profiles-scores/scores.csv", index_col="id")
    refused = pd.read_csv("profiles-scores/refused.csv")
    assert list(refused["row"]) == [2, 3]
    assert "has not offended" in refused["reason"][0]
    assert "not a number (age 14)" in refused["reason"][1]
    assert scores.loc[["BRAVO", "CHARLIE"], "group_1"].isna().all()
    history = pd.DataFrame([[1, 0, 2, 1]], columns=[14, 15, 16, 17], index=["ALPHA"])
    alone = profiles.score(model, history)
    assert scores.loc["ALPHA", "group_2"] == pytest.approx(alone.loc["ALPHA", "group_2"], rel=1e-12)
    assert scores.loc["DELTA", "flags"] == "no_history"
    page = Path("profiles-scores/report.html").read_text(encoding="utf-8")
    assert "a probability is not a person" in page
    assert model.checksum in page
    record = json.loads(Path("runs.log").read_text(encoding="utf-8"))
    text = json.dumps(record)
    assert model.checksum in text
    for name in ("ALPHA", "BRAVO", "CHARLIE", "DELTA", "ECHO"):
        assert name not in text


def test_a_file_without_a_bad_row_ends_with_status_0_and_a_log_grows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("good.csv").write_text("nr;count_14;count_15\n7;1;0\n8;2;1\n", encoding="utf-8")
    command = ["score", "model.json", "good.csv", "--id", "nr", "--log", "runs.log", "--quiet"]
    assert main(command) == 0
    assert main([*command, "--out", "again"]) == 0
    assert capsys.readouterr().out == ""
    assert len(Path("runs.log").read_text(encoding="utf-8").splitlines()) == 2


def test_excel_is_read_like_csv(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    table = pd.read_csv("profiles.csv", dtype=str, keep_default_na=False)
    table.to_excel("profiles.xlsx", index=False)
    assert main(["score", "model.json", "profiles.csv", "--out", "a", "--quiet"]) == 3
    assert main(["score", "model.json", "profiles.xlsx", "--out", "b", "--quiet"]) == 3
    pd.testing.assert_frame_equal(pd.read_csv("a/scores.csv"), pd.read_csv("b/scores.csv"))
    assert capsys.readouterr().err == ""


BAD = {
    "no model": (["score", "none.json", "profiles.csv"], "none.json"),
    "no file": (["score", "model.json", "none.csv"], "none.csv: No such file"),
    "not a model": (["score", "profiles.csv", "profiles.csv"], "not a saved model"),
    "no ids": (["score", "model.json", "profiles.csv", "--id", "case"], "no column 'case'"),
    "no counts": (["score", "model.json", "words.csv"], "no column of counts"),
    "years free": (["score", "model.json", "free.csv"], "fitted without"),
    "no rows": (["score", "model.json", "empty.csv"], "no row"),
    "commas": (
        ["score", "model.json", "commas.csv"],
        "'count_14' are written with a decimal comma",
    ),
    "twice": (["score", "model.json", "twice.csv"], "twice"),
    "a page there": (["scorer", "model.json", "--out", "profiles.csv"], "exists"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_scored_is_one_line_and_nothing_is_written(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("words.csv").write_text("id,name\n1,a\n", encoding="utf-8")
    Path("free.csv").write_text("id,count_14,free_14\n1,1,1\n", encoding="utf-8")
    Path("empty.csv").write_text("id,count_14\n", encoding="utf-8")
    Path("twice.csv").write_text("id,count_14,count_14\n1,1,1\n", encoding="utf-8")
    Path("commas.csv").write_text("id;count_14;count_15\n1,5;1,0;2\n", encoding="utf-8")
    before = sorted(path.name for path in Path().iterdir())
    command, message = BAD[case]
    assert main(command) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("trajectories: error: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert sorted(path.name for path in Path().iterdir()) == before


def test_the_scorer_page_is_written_whole(
    model: profiles.ScoringModel, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scorer", "model.json", "-o", "page.html"]) == 0
    assert "page: page.html" in capsys.readouterr().out
    page = Path("page.html").read_text(encoding="utf-8")
    assert model.checksum in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert main(["scorer", "model.json", "-o", "page.html"]) == 2


def test_an_expired_model_is_refused_unless_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = json.loads(Path("model.json").read_text(encoding="utf-8"))
    content.pop("checksum")
    content["card"]["valid_until"] = "2020-01-01"
    from trajectories.groups.saving.storage import checksum

    content["checksum"] = checksum(content)
    Path("old.json").write_text(json.dumps(content), encoding="utf-8")
    assert main(["score", "old.json", "profiles.csv"]) == 2
    assert "until 2020-01-01" in capsys.readouterr().err
    assert main(["score", "old.json", "profiles.csv", "--allow-expired"]) == 3
    assert "past its last day" in capsys.readouterr().out
    flags = pd.read_csv("profiles-scores/scores.csv")["flags"].fillna("")
    assert flags[[0, 3, 4]].str.contains("expired").all()


def test_from_counts_and_a_card_to_a_score(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(np.where(rng.random((300, 1)) < 0.4, 2.0, 0.3) * np.ones((1, 6)))
    table = pd.DataFrame(counts, columns=[f"count_{age}" for age in range(14, 20)])
    table.to_csv("counts.csv", index_label="id")
    card = {key: value for key, value in vars_of(CARD).items() if key != "recalibrated_from"}
    card["n_by_subgroup"] = {"all": 300}
    Path("card.json").write_text(json.dumps(card), encoding="utf-8")
    fit = ["fit", "counts.csv", "--id", "id", "--groups", "2", "--starts", "3", "--quiet"]
    assert main([*fit, "--card", "card.json", "--out", "fitted"]) == 0
    assert main(["score", "fitted/scoring-model.json", "profiles.csv"]) == 3
    capsys.readouterr()
    assert main(["score", "fitted/model.json", "profiles.csv", "--out", "no"]) == 2
    assert "publish" in capsys.readouterr().err
    assert not Path("no").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "card.json is not JSON"),
        ("[]", "must hold an object with population, country"),
        ('{"country": "Nowhere", "colour": 1}', "lacks population, years, "),
        ('{"country": "Nowhere", "colour": 1}', "does not know colour"),
    ],
)
def test_an_unfinished_card_is_one_line_before_any_work(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("counts.csv").write_text("id,count_14,count_15\n1,0,1\n2,1,0\n", encoding="utf-8")
    Path("card.json").write_text(text, encoding="utf-8")
    assert main(["fit", "counts.csv", "--card", "card.json", "--out", "fitted"]) == 2
    assert words in capsys.readouterr().err
    assert not Path("fitted").exists()


def vars_of(card: profiles.ModelCard) -> dict[str, object]:
    return dataclasses.asdict(card)
