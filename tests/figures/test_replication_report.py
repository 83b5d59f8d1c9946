"""The report of the replication reads like the study, and needs nothing but itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from trajectories import report
from trajectories.report.recovery import recovery_by_stage
from trajectories.report.side_by_side import side_by_side

SECTIONS = [
    "What came back",
    "Criminal careers",
    "Trajectory groups",
    "Choice of the number of groups",
    "The groups described",
    "Matched comparison",
    "Work, partner and children",
    "Recidivism",
    "Scores",
    "Another truth",
    "The trajectory model",
    "Reporting checklist (GRoLTS)",
]


class _Words(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.text: list[str] = []
        self.loaded: list[str] = []
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.loaded += [str(v)[:30] for k, v in attrs if k in ("src", "href", "srcset")]

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._open == "h2":
            self.headings.append(data)


@pytest.fixture(scope="module")
def made(replicated):
    tables = report.replication_tables(replicated)
    figures = report.replication_figures(replicated, tables)
    page = report.replication_report(replicated, seed=2024, tables=tables, figures=figures)
    return tables, figures, _Words(page.html())


def test_every_section_of_the_study_is_there_in_its_order(made) -> None:
    assert made[2].headings == SECTIONS


def test_it_says_what_came_back_of_whom_and_with_what(made) -> None:
    text = re.sub(r"\s+", " ", " ".join(made[2].text))
    for expected in (
        *("of the 72 figures that were estimated were recovered", "4 by design; 2 context"),
        *("no new evidence", "calibrated to published figures", "Seed of the register: 2024"),
        *("numpy", "context: no estimator needed, not counted", "labels of persons"),
        *("In this run every figure was planted at its published value", "GRoLTS"),
    ):
        assert expected in text, expected


def test_nothing_is_loaded_and_every_figure_is_in_the_page(made) -> None:
    _, figures, page = made
    assert all(where.startswith(("data:", "#")) for where in page.loaded)
    shown = sum(where.startswith("data:image") for where in page.loaded)
    # all but the tall one of everything, the curves that "planted" repeats
    assert shown == len(figures) - 2
    assert {"careers", "balance", "within_person", "recidivism", "calibration"} <= set(figures)
    assert "followed" not in figures


def test_stages_add_up_to_the_table_of_figures(made) -> None:
    table = recovery_by_stage(made[0]["recovery"]).set_index("part_of_the_study")
    parts = table.drop(index="All")
    assert (parts.sum() == table.loc["All"]).all()
    assert table.loc["All", ["published_figures", "estimated"]].tolist() == [78, 72]
    assert table.loc["Context", "estimated"] == 0


def test_tables_hold_no_person(made, replicated) -> None:
    ids = set(replicated.register.persons["person"].astype(str))
    for name, table in made[0].items():
        cells = {str(cell) for cell in table.to_numpy(dtype=object).ravel()}
        assert not cells & ids, name


def test_small_cells_leave_no_stage_as_it_was(replicated) -> None:
    tables = report.replication_tables(replicated, minimum_cell=10)
    shares = tables["risk_factors"].set_index(["factor", "population"])
    hidden = shares["suppressed"].astype(bool)
    few = replicated.tables["risk_factors"].set_index(["factor", "population"])["persons_with"]
    assert hidden[few[(few > 0) & (few < 10)].index].all()
    assert hidden.any()
    rows = tables["recovery"].set_index("key")
    assert rows.loc["trafficking_siblings_controls", "estimate"] == 0.0  # nobody is nobody's data
    assert "followed" not in tables
    page = report.replication_report(replicated, minimum_cell=10, tables=tables, figures={}).html()
    assert "suppressed" in page


def test_side_by_side_puts_each_estimate_in_its_cell() -> None:
    table = pd.DataFrame(
        {
            "measure": ["a", "a", "b", "b"],
            "group": ["x", "y", "x", "z"],
            "estimate": [0.5, 12.25, np.nan, 3.0],
            "lower": [0.4, 10.0, np.nan, 1.0],
            "upper": [0.6, 14.0, np.nan, 5.0],
            "suppressed": [False, False, False, True],
        }
    )
    wide = side_by_side(table, ["measure"], "group")
    assert wide.columns.tolist() == ["measure", "x", "y", "z"]
    assert wide.to_numpy().tolist() == [
        ["a", "0.50 (0.40 to 0.60)", "12.2 (10.0 to 14.0)", ""],
        ["b", "–", "", "suppressed"],
    ]
