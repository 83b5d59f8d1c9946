"""Cells that the first registers call off are judged again, by registers of other seeds alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from trajectories.errors import InputError
from trajectories.rapporteur.coverage import STEP, coverage_table
from trajectories.rapporteur.coverage_again import FRESH, fresh_work, is_fresh, judged_again

TRUTHS = ["one", "two", "three"]
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def rows(truth: str, hits: dict[str, int], runs: int, fresh: bool = False) -> pd.DataFrame:
    """Make intervals of each key, of which so many cover."""
    first = STEP * (TRUTHS.index(truth) + 1) + (FRESH if fresh else 0)
    frames = []
    for key, covered in hits.items():
        estimate = 0.5 + np.where(np.arange(runs) < covered, 0.0, 0.2)
        frames.append(
            pd.DataFrame(
                {
                    "truth": truth,
                    "seed": first + np.arange(runs),
                    "part": "figures",
                    "key": key,
                    "planted": 0.5,
                    "estimate": estimate,
                    "lower": estimate - 0.1,
                    "upper": estimate + 0.1,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def first_registers() -> pd.DataFrame:
    """Under truth one a and b are off, under two nothing, under three b."""
    return pd.concat(
        [
            rows("one", {"a": 88, "b": 87, "c": 95}, 100),
            rows("two", {"a": 95, "b": 95, "c": 95}, 100),
            rows("three", {"a": 95, "b": 86, "c": 95}, 100),
        ]
    )


def test_only_truths_with_a_cell_that_is_off_are_drawn_again_with_seeds_of_their_own() -> None:
    found = first_registers()
    work = fresh_work(coverage_table(found), TRUTHS, 3)
    assert work == [
        *((15_000, "one"), (35_000, "three")),
        *((15_001, "one"), (35_001, "three")),
        *((15_002, "one"), (35_002, "three")),
    ]
    assert not set(found["seed"]) & {seed for seed, _ in work}
    assert not is_fresh(found).any()
    assert is_fresh(rows("three", {"a": 1}, 2, fresh=True)).all()
    assert fresh_work(coverage_table(found[found["truth"] == "two"]), TRUTHS) == []
    with pytest.raises(InputError, match="fresh registers must be 0 to 5,000 a truth"):
        fresh_work(coverage_table(found), TRUTHS, 5_001)


def test_a_cell_is_called_off_only_if_fresh_registers_alone_are_off_too() -> None:
    """Of 200 registers three standard errors are 0.0462: 180 covering are off, 181 are not."""
    table = coverage_table(first_registers())
    fresh = pd.concat(
        [
            rows("one", {"a": 181, "b": 180, "c": 150}, 200, fresh=True),
            rows("three", {"a": 150, "b": 200}, 200, fresh=True),
        ]
    )
    found = judged_again(table, fresh).set_index(["truth", "key"])
    # c under one and a under three were not off at first: they are not asked again
    assert list(found.index) == [("one", "a"), ("one", "b"), ("three", "b")]
    assert found["coverage"].tolist() == [0.88, 0.87, 0.86]
    assert found["coverage_again"].tolist() == [0.905, 0.9, 1.0]
    assert found["off_again"].tolist() == [False, True, True]
    np.testing.assert_allclose(found["error_again"], np.sqrt(0.95 * 0.05 / 200))
    # two hundred alone: with the first hundred, a under one would be at (88 + 181) / 300 = 0.897
    assert (found["runs_again"] == 200).all()


def test_without_fresh_registers_there_is_no_verdict() -> None:
    found = judged_again(coverage_table(first_registers()), pd.DataFrame(columns=["seed"]))
    assert len(found) == 3
    assert found["off_again"].isna().all()
    assert found["runs_again"].isna().all()


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load benchmarks/coverage_replication.py, which is no module of the package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # the script sets them; back to what they were afterwards
    path = BENCHMARKS / "coverage_replication.py"
    spec = importlib.util.spec_from_file_location("coverage_replication", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "coverage_replication", module)
    spec.loader.exec_module(module)
    return module


def test_the_script_draws_both_looks_keeps_them_and_goes_on_where_it_was_cut_off(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[tuple[int, str]] = []

    def one_run(seed: int, truth: str) -> pd.DataFrame:
        made.append((seed, truth))
        covered = int(not (truth == "one" and seed < 10_005))
        return rows(truth, {"a": covered, "b": 1}, 1).assign(seed=seed)

    monkeypatch.setattr(script, "coverage_rows", one_run)
    keep = tmp_path / "rows.csv"
    found, again = script.both_looks(20, TRUTHS, 30, 1, keep)
    assert len(made) == len(set(made)) == 3 * 20 + 30
    assert found.table.set_index(["truth", "key"]).loc[("one", "a"), "coverage"] == 0.75
    assert again[["truth", "key", "off_again"]].values.tolist() == [["one", "a", False]]
    text = script.report(found, again)
    assert "1 cells (a figure under one truth) were off in the first registers" in text
    assert "judged by these alone: **0 off**." in text
    assert "| a | one | 20 | 0.750 |" in text
    assert "| 30 | 1.000 | no |" in text
    # nothing is drawn twice, and a job cut off in the second look goes on there
    whole = pd.read_csv(keep)
    whole[whole["seed"] % STEP < FRESH + 20].to_csv(keep, index=False)
    made.clear()
    same, second = script.both_looks(20, TRUTHS, 30, 1, keep)
    assert len(made) == 10
    pd.testing.assert_frame_equal(same.table, found.table)
    pd.testing.assert_frame_equal(second, again)
    # what is there is reported without drawing
    made.clear()
    _, third = script.both_looks(0, TRUTHS, 30, 1, keep)
    assert not made
    pd.testing.assert_frame_equal(third, again)
