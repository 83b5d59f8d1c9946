"""A small group cannot be worked out from rows of other measures, of other ages or tables."""

from __future__ import annotations

import pandas as pd
import pytest

import trajectories as tr
from trajectories import careers


@pytest.fixture(scope="module")
def study() -> tuple[tr.Register, pd.Series]:
    """Return a register and groups of which one has four persons."""
    register = tr.rapporteur.simulate(seed=3, n_general_offenders=0, n_non_offenders=0)
    groups = register.truth.groups.copy().astype(object)
    groups.loc[groups.index[:4]] = "tiny"
    return register, groups


def test_one_table_of_all_measures_does_not_tell_the_sizes_of_all_other_groups(
    study: tuple[tr.Register, pd.Series],
) -> None:
    register, groups = study
    with tr.disclosure(minimum_cell=10):
        table = careers.describe(register, by=groups)
    shown = table[~table["suppressed"]]
    largest = shown.groupby("group")["persons"].max()
    others = largest.drop(["all", "tiny"], errors="ignore")
    sizes = groups.value_counts().drop("tiny")
    told = [name for name in sizes.index if others.get(name, 0.0) >= 0.9 * sizes[name]]
    assert len(told) <= len(sizes) - 1
    assert largest["all"] > 600


def test_tables_of_several_functions_withhold_one_and_the_same_group(
    study: tuple[tr.Register, pd.Series],
) -> None:
    register, groups = study
    with tr.disclosure(minimum_cell=10):
        tables = [
            careers.participation(register, by=groups),
            careers.cumulative_prevalence(register, by=groups),
            careers.onset(register, by=groups),
            careers.desistance(register, by=groups),
        ]
    shown = pd.concat([table[~table["suppressed"]] for table in tables])
    largest = shown.groupby("group")["persons"].max()
    sizes = groups.value_counts().drop("tiny")
    assert largest.get("tiny", 0.0) == 0.0
    # at the last ages nobody of the small group is left, and the others are fewer than they were
    assert (largest.reindex(sizes.index).fillna(0.0) < 0.9 * sizes).any()
