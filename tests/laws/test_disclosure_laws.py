"""No suppressed count can be worked out, whatever sums a reader forms, and no more is said of it.

The attacker here is a search by hand: every table of whole numbers that agrees with what is shown.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trajectories as tr
from trajectories.disclosure_control import Relation, protect, relations_of, withhold
from trajectories.disclosure_control.feasible import feasible_width
from trajectories.disclosure_control.steps import honest_decimals

MINIMUM = 5


def two_way(cells: np.ndarray) -> pd.DataFrame:
    """Return a table with all its margins, tidy."""
    frame = pd.DataFrame(cells).reset_index().melt(id_vars="index")
    frame.columns = ["group", "type", "persons"]
    frame = frame.astype({"group": object, "type": object})
    rows = frame.groupby("group", as_index=False)["persons"].sum().assign(type="all")
    columns = frame.groupby("type", as_index=False)["persons"].sum().assign(group="all")
    whole = pd.DataFrame({"group": ["all"], "type": ["all"], "persons": [cells.sum()]})
    return pd.concat([frame, rows, columns, whole], ignore_index=True)


def hide(frame: pd.DataFrame) -> tuple[np.ndarray, list[Relation], np.ndarray]:
    counts = frame["persons"].to_numpy(dtype=float)
    relations = relations_of(frame, ["group", "type"], ["group", "type"])
    small = (counts > 0) & (counts < MINIMUM)
    return withhold(counts[:, None], small, relations, MINIMUM), relations, small


TABLES = st.lists(st.integers(0, 30), min_size=12, max_size=12).map(
    lambda cells: np.array(cells).reshape(3, 4)
)


@given(TABLES)
def test_every_small_cell_is_hidden_and_can_be_placed_no_closer_than_the_minimum(
    cells: np.ndarray,
) -> None:
    frame = two_way(cells)
    hidden, relations, small = hide(frame)
    assert hidden[small].all()
    counts = frame["persons"].to_numpy(dtype=float)
    width = feasible_width(counts, np.flatnonzero(small), hidden, relations)
    everything = hidden[counts > 0].all()
    assert (width >= MINIMUM - 1 - 1e-6).all() or everything


@given(TABLES)
def test_nothing_is_hidden_where_nothing_is_small(cells: np.ndarray) -> None:
    frame = two_way(np.where((cells > 0) & (cells < MINIMUM), MINIMUM, cells))
    assert not hide(frame)[0].any()


@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
@settings(max_examples=15)
def test_the_linear_program_finds_what_a_search_finds(cells: list[int]) -> None:
    # a 2 × 2 table with all margins shown: x00 = t says the rest
    frame = two_way(np.array(cells).reshape(2, 2))
    counts = frame["persons"].to_numpy(dtype=float)
    relations = relations_of(frame, ["group", "type"], ["group", "type"])
    hidden = np.zeros(len(frame), dtype=bool)
    hidden[:4] = True
    fitting = [
        table[0]
        for table in product(range(19), repeat=4)
        if table[0] + table[1] == cells[0] + cells[1]
        and table[2] + table[3] == cells[2] + cells[3]
        and table[0] + table[2] == cells[0] + cells[2]
    ]
    width = feasible_width(counts, np.array([0]), hidden, relations)
    assert width[0] == pytest.approx(max(fitting) - min(fitting))


@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_make_a_table_unsafe(cells: np.ndarray, random: object) -> None:
    frame = two_way(cells)
    order = list(range(len(frame)))
    random.shuffle(order)
    mixed = frame.iloc[order].reset_index(drop=True)
    hidden, relations, small = hide(mixed)
    counts = mixed["persons"].to_numpy(dtype=float)
    width = feasible_width(counts, np.flatnonzero(small), hidden, relations)
    assert (width >= MINIMUM - 1 - 1e-6).all() or hidden[counts > 0].all()


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=6),
    st.integers(2, 12),
)
def test_no_share_shown_stands_for_few_or_leaves_out_few(
    groups: list[tuple[int, int]], minimum: int
) -> None:
    frame = pd.DataFrame(
        {
            "group": [f"g{k}" for k in range(len(groups))],
            "estimate": [a / max(a + b, 1) for a, b in groups],
            "persons": [a + b for a, b in groups],
            "unit": "proportion",
        }
    )
    with tr.disclosure(minimum_cell=minimum):
        shown = protect(frame)
    open_rows = shown[~shown["suppressed"]]
    for value, persons in zip(open_rows["estimate"], open_rows["persons"], strict=True):
        some, others = round(value * persons), round((1 - value) * persons)
        assert not 0 < some < minimum
        assert not 0 < others < minimum
    # what the hidden rows hold together is few only where everything is hidden
    hidden = frame[shown["suppressed"].to_numpy()]
    if len(hidden) and len(open_rows[open_rows["persons"] > 0]):
        assert hidden["persons"].sum() >= minimum
        assert len(hidden) >= 2


@given(st.lists(st.integers(0, 200), min_size=1, max_size=8), st.integers(2, 10))
def test_rounded_counts_are_multiples_and_near(counts: list[int], base: int) -> None:
    frame = pd.DataFrame({"group": range(len(counts)), "persons": counts})
    with tr.disclosure(minimum_cell=0, rounding=base):
        shown = protect(frame)["persons"].to_numpy()
    assert (shown % base == 0).all()
    assert (np.abs(shown - np.array(counts)) <= base / 2).all()


def survival(seed: int, left: bool) -> pd.DataFrame:
    """Return a product-limit curve with a row an event time, and with or without censoring."""
    rng = np.random.default_rng(seed)
    n = 120
    time = np.round(rng.exponential(1.0, n), 3)
    event = rng.random(n) < (0.7 if left else 1.1)
    times = np.unique(time[event])
    at_risk = np.array([(time >= t).sum() for t in times], dtype=float)
    events = np.array([(event & (time == t)).sum() for t in times], dtype=float)
    return pd.DataFrame(
        {
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "survival": np.cumprod(1 - events / at_risk),
        }
    )


@given(st.integers(0, 10_000), st.booleans(), st.integers(2, 15))
def test_no_step_of_a_curve_tells_of_few_and_the_curve_is_the_same_where_it_is_shown(
    seed: int, left: bool, minimum: int
) -> None:
    whole = survival(seed, left)
    with tr.disclosure(minimum_cell=minimum):
        shown = protect(whole)
    assert (shown["events"] >= minimum).all()
    assert (shown["at_risk"] >= minimum - 0.5).all()
    # nobody is lost: the events shown are those up to the last row shown
    last = whole["time"] <= shown["time"].max() if len(shown) else whole["time"] < 0
    assert shown["events"].sum() == whole.loc[last, "events"].sum()
    assert shown["merged"].sum() == last.sum()
    # to as many decimals as tell of no few who left, and no fewer
    same = whole.set_index("time")["survival"].loc[shown["time"]].to_numpy()
    at_risk = whole.set_index("time")["at_risk"].loc[shown["time"]].to_numpy()
    decimals = honest_decimals(at_risk, minimum)
    assert (np.abs(shown["survival"] - same) <= 0.5001 * 10.0**-decimals).all()
    told = minimum**2 / at_risk**2
    assert ((10.0**-decimals >= told) | (decimals == 1)).all()
    assert (10.0**-decimals <= 10.0001 * np.maximum(told, 0.01)).all()
    # who left between two rows without an event is nobody, or enough
    before = (whole["events"].cumsum() - whole["events"]).loc[shown.index]
    gone = -np.diff(shown["at_risk"]) - np.diff(before)
    assert not ((gone > 0.5) & (gone < minimum)).any()
