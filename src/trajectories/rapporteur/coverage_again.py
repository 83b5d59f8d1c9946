"""Second look at coverages that were off: the same cells in registers drawn afresh.

Of many cells (a figure under one truth) a few are off by chance, and the first registers cannot
tell which. So every cell that they call off is drawn again, with registers of other seeds, and is
called off only if these, judged alone, are off as well. How many registers and which seeds is set
before anything is drawn; the second look is at the cells that the first named and at no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from trajectories.errors import InputError
from trajectories.rapporteur.coverage import STEP, coverage_table

AGAIN = 200
"""Fresh registers for a truth with a cell that is off."""
FRESH = STEP // 2
"""Their seeds begin so many after the first seed of the truth."""


def fresh_work(table: pd.DataFrame, truths: Sequence[str], n: int = AGAIN) -> list[tuple[int, str]]:
    """Return the runs of the second look: seed and truth, as ``coverage_rows`` takes them.

    Parameters
    ----------
    table : DataFrame
        Of the first registers, from ``coverage_table``.
    truths : sequence of str
        All truths, in the order that gave the first registers their seeds.
    n : int
        Fresh registers for every truth with a cell that is off.

    Raises
    ------
    InputError
        For more registers than there are seeds.
    """
    if not 0 <= n <= STEP - FRESH:
        raise InputError(f"fresh registers must be 0 to {STEP - FRESH:,} a truth, not {n!r}")
    off = set(table.loc[table["off"], "truth"])
    firsts = {name: STEP * (place + 1) + FRESH for place, name in enumerate(truths) if name in off}
    return [(first + number, name) for number in range(n) for name, first in firsts.items()]


def is_fresh(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say of rows of ``Coverage`` whether they are of a register of the second look."""
    return rows["seed"] % STEP >= FRESH


def judged_again(table: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Judge the cells that were off in registers drawn afresh, by these alone.

    Parameters
    ----------
    table : DataFrame
        Of the first registers, from ``coverage_table``.
    fresh : DataFrame
        Rows of the fresh registers; none where nothing was drawn again.

    Returns
    -------
    DataFrame
        truth, part, key, runs, coverage (of the first registers), runs_again, coverage_again,
        error_again (Monte-Carlo standard error, were the coverage exact), off_again (by more than
        three of them: the verdict); <NA> where a cell was not drawn again. A row for every cell
        that was off; figures over "all" truths together are judged by the first registers alone
        and have none.
    """
    cell = ["truth", "part", "key"]
    own = table[table["off"] & (table["truth"] != "all")]
    first = own[[*cell, "runs", "coverage"]].reset_index(drop=True)
    names = ["runs", "coverage", "error", "off"]
    if len(fresh):
        second = coverage_table(fresh)[[*cell, *names]]
    else:
        second = pd.DataFrame(columns=[*cell, *names])
    second = second.rename(columns={name: f"{name}_again" for name in names})
    found = first.merge(second, on=cell, how="left")
    numbers = ["runs_again", "coverage_again", "error_again"]
    return found.astype({**dict.fromkeys(numbers, float), "off_again": "boolean"})
