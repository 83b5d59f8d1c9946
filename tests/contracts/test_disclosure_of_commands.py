"""``select`` and ``replicate`` with ``--minimum-cell``: no file says a small number."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.cli import main

MINIMUM = 10


def texts(folder: Path) -> dict[str, str]:
    """Return every table, page, drawing and model that a command wrote."""
    kinds = (".csv", ".html", ".svg", ".json")
    files = [file for file in folder.rglob("*") if file.suffix in kinds]
    return {file.name: file.read_text("utf-8") for file in files}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the counts of 120 persons, of whom six are in a group far from the others."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(11)
    rates = np.repeat([0.3, 6.0], [114, 6])
    table = pd.DataFrame(rng.poisson(rates[:, None], (120, 8)), columns=range(15, 23))
    table.insert(0, "id", np.arange(len(table)))
    table.to_csv("data.csv", index=False)
    return Path("data.csv")


def test_select_says_no_share_of_few_in_table_page_figure_or_on_the_screen(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["select", str(data), "--groups", "1:2", "--degree", "0", "--starts", "6", "--force"]
    assert main(command) == 0
    plain, said = texts(Path("data-select")), capsys.readouterr().out
    share = float(pd.read_csv("data-select/selection.csv")["smallest_share"].min())
    assert round(share * 120) == 6
    known = (f"{share:.4f}", f"{share:.3f}", f"{100 * share:.1f}")
    assert any(word in plain["selection.csv"] + said for word in known)
    assert main([*command, "--minimum-cell", str(MINIMUM)]) == 0
    said = capsys.readouterr().out
    for name, text in (texts(Path("data-select")) | {"screen": said}).items():
        # drawings hold coordinates: of them only what is written
        words = " ".join(re.findall(r"<!--(.*?)-->", text)) if name.endswith(".svg") else text
        assert not any(re.search(rf"(?<![\d.]){re.escape(k)}", words) for k in known), name


def test_replicate_counts_no_few_persons_in_any_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    minimum = "100"  # so high that a group of the study is small
    assert (
        main(["replicate", "--seed", "2024", "--out", "r", "--quiet", "--minimum-cell", minimum])
        == 0
    )
    shares = []
    for file in Path("r/tables").glob("*.csv"):
        table = pd.read_csv(file)
        for column in {"persons", "assigned_persons", "at_risk", "n", "sets"} & set(table):
            numbers = pd.to_numeric(table[column], errors="coerce").dropna()
            assert not ((numbers > 0.5) & (numbers < int(minimum))).any(), f"{file.name}: {column}"
            shares.append(len(numbers))
    assert len(shares) > 3
    assert not Path("r/model.json").exists()
    with tr.disclosure(minimum_cell=0):
        planted = tr.rapporteur.replicate(seed=2024, progress=False).results
    sizes = planted.group_probabilities * float(planted.nobs)
    assert sizes.min() < int(minimum)
    small = f"{planted.group_probabilities.min():.4f}"
    for name, text in texts(Path("r")).items():
        if not name.endswith(".svg"):
            assert small not in text, name
