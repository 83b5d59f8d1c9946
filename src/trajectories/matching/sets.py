"""Matched sets: who was matched with whom, and what is done with them next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.disclosure_control import is_few
from trajectories.errors import InputError, TrajectoriesError
from trajectories.matching import names
from trajectories.matching.balance import balance
from trajectories.matching.compare import compare
from trajectories.matching.compare_by_group import compare_by_group
from trajectories.matching.design import Design
from trajectories.matching.distribution_functions import distributions
from trajectories.matching.leave_one_out import leave_one_out
from trajectories.matching.metric import Metric
from trajectories.matching.population import Population
from trajectories.matching.rosenbaum import rosenbaum_bounds
from trajectories.matching.sources import Source
from trajectories.numerics.greedy_assignment import Taken
from trajectories.panel.arrays import IntArray, counted


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MatchedSets:
    """Hold the result of a match; made by ``match`` and ``match_at_risk``.

    Attributes
    ----------
    members : DataFrame
        A row per person and set: set (number of the case's row), role ("case" or "control"),
        population, person (id), row (in the frame they came from), distance to the case, weight
        (1 for a case; controls of a set and population share 1), and the columns matched on, as of
        the index date. With an index date, index_date too.
    account : DataFrame
        A row per case and population: set, person, population, least, most, exact (who agree in
        the exact columns, and are at risk), eligible (within the calipers too), matched, reason.
    calipers : DataFrame
        population, column, asked, asked_in ("sd", "units"), sd, width (in the column's unit).
    distances : DataFrame
        population, columns, scale: what a distance of 1 means.
    design : Design
        The arguments.
    rows : dict of str → ndarray of int, shape (n_cases, most)
        By population and case the rows of its controls, nearest first, −1 where there is none:
        the same as ``members`` in another form.
    metrics : dict of str → Metric
    source : Source
        Where values come from; holds the user's frames or register.
    name : str
        Name of the population of the cases.
    """

    members: pd.DataFrame
    account: pd.DataFrame
    calipers: pd.DataFrame
    distances: pd.DataFrame
    design: Design
    rows: Mapping[str, IntArray]
    metrics: Mapping[str, Metric]
    source: Source
    name: str

    @classmethod
    def assemble(
        cls,
        populations: Sequence[Population],
        taken: Sequence[Taken],
        table: pd.DataFrame,
        design: Design,
        source: Source,
        name: str,
    ) -> MatchedSets:
        """Put an assignment into tables, and check every invariant of it."""
        from trajectories.matching.check import violations

        parts, rows = [], {}
        for population, found in zip(populations, taken, strict=True):
            rows[population.name] = _matrix(found, design.wish.most)
            parts.append(_controls(population.name, found, source, design))
        served = np.unique(np.concatenate([part["set"].to_numpy() for part in parts]))
        members = pd.concat([_cases(served, name, source, design), *parts], ignore_index=True)
        members = members.sort_values("set", kind="stable", ignore_index=True)
        sets = cls(
            members=members,
            account=table,
            calipers=pd.concat([p.calipers for p in populations], ignore_index=True),
            distances=pd.DataFrame(
                [(p.name, ", ".join(p.metric.columns), p.metric.scale) for p in populations],
                columns=["population", "columns", "scale"],
            ),
            design=design,
            rows=rows,
            metrics={p.name: p.metric for p in populations},
            source=source,
            name=name,
        )
        checked = violations(sets)
        broken = checked[(checked["violations"] > 0).to_numpy()]
        if len(broken):
            raise TrajectoriesError(
                f"matching broke its own promise ({broken['check'].iloc[0]}): please report this"
            )
        return sets

    @property
    def populations(self) -> tuple[str, ...]:
        """Names of the populations of controls."""
        return tuple(self.rows)

    @property
    def n_sets(self) -> int:
        """Sets with at least one control."""
        return int((self.members["role"] == names.CASE).sum())

    def wide(self, population: str | None = None) -> pd.DataFrame:
        """Return a row per matched case: its id and those of its controls, nearest first.

        Parameters
        ----------
        population : str, optional
            Needed where there are several.
        """
        name = self.one_population(population)
        matrix = self.rows[name]
        served = np.flatnonzero((matrix >= 0).any(axis=1))
        table: dict[str, Any] = {"case": self.source.case_persons()[served].to_numpy()}
        for j in range(matrix.shape[1]):
            rows = matrix[served, j]
            ids = pd.Series(self.source.persons(name, np.maximum(rows, 0)).to_numpy())
            if (rows < 0).any() and pd.api.types.is_integer_dtype(ids.dtype):
                ids = ids.astype("Int64")  # a gap must not make numbers of ids inexact
            table[f"control_{j + 1}"] = ids.where(rows >= 0).array
        return pd.DataFrame(table, index=pd.Index(served, name="set"))

    def weights(self, population: str | None = None) -> pd.Series[Any]:
        """Return the weight of every control who serves, by row of its pool.

        Controls of a set share the weight 1, so that the weights sum to the number of sets and
        the controls stand for the cases; who serves several cases has the sum.
        """
        name = self.one_population(population)
        controls = self.members[self.members["population"] == name]
        return controls.groupby("row", observed=True)["weight"].sum().rename(f"weight_{name}")

    def balance(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Compare covariates before and after matching; see ``matching.balance``."""
        return balance(self, columns)

    def distributions(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return distribution functions of covariates; see ``matching.distributions``."""
        return distributions(self, columns)

    def compare(self, factors: Sequence[str] | str, **options: Any) -> pd.DataFrame:
        """Compare risk factors between the populations; see ``matching.compare``."""
        return compare(self, factors, **options)

    def compare_by_group(
        self, factors: Sequence[str] | str, posterior: pd.DataFrame, **options: Any
    ) -> pd.DataFrame:
        """Compare risk factors by trajectory group; see ``matching.compare_by_group``."""
        return compare_by_group(self, factors, posterior, **options)

    def rosenbaum_bounds(self, factors: Sequence[str] | str, **options: Any) -> pd.DataFrame:
        """Return p-values under hidden bias; see ``matching.rosenbaum_bounds``."""
        return rosenbaum_bounds(self, factors, **options)

    def leave_one_out(self, factors: Sequence[str] | str, **options: Any) -> pd.DataFrame:
        """Leave one stratum out at a time; see ``matching.leave_one_out``."""
        return leave_one_out(self, factors, **options)

    def one_population(self, population: str | None) -> str:
        """Return the population named, or the only one.

        Raises
        ------
        InputError
            If there are several and none is named, or the name is unknown.
        """
        known = ", ".join(map(repr, self.populations))
        if population is None and len(self.rows) > 1:
            raise InputError(f"name one population of controls: {known}")
        chosen = self.populations[0] if population is None else population
        if chosen not in self.rows:
            raise InputError(f"no such population of controls; there are {known}")
        return chosen

    def __repr__(self) -> str:
        """Describe sizes only."""
        controls = self.members[self.members["role"] == names.CONTROL]
        sizes = controls["population"].value_counts()
        listed = ", ".join(f"{sizes.get(p, 0):,} {p}" for p in self.populations)
        n_cases = len(self.source.case_persons())
        if is_few(n_cases - self.n_sets, n_cases):
            return f"<MatchedSets: of {counted(n_cases, 'case')}, all but few or few matched>"
        return f"<MatchedSets: {self.n_sets:,} of {counted(n_cases, 'case')} with {listed}>"


def _matrix(found: Taken, most: int) -> IntArray:
    matrix = np.full((len(found), most), -1, dtype=np.int64)
    for case, controls in enumerate(found):
        for j, (row, _) in enumerate(controls):
            matrix[case, j] = row
    return matrix


def _controls(population: str, found: Taken, source: Source, design: Design) -> pd.DataFrame:
    sizes = np.array([len(controls) for controls in found], dtype=np.int64)
    case = np.repeat(np.arange(len(found)), sizes)
    flat = [control for controls in found for control in controls]
    rows = np.array([row for row, _ in flat], dtype=np.int64)
    table = {
        "set": case,
        "role": names.CONTROL,
        "population": population,
        "person": source.persons(population, rows).to_numpy(),
        "row": rows,
        "distance": np.array([distance for _, distance in flat], dtype=np.float64),
        "weight": 1.0 / sizes[case],
    }
    for column in shown_columns(source, design):
        table[column] = source.pool_values(column, population, rows, case).array
    return pd.DataFrame(table)


def _cases(served: IntArray, name: str, source: Source, design: Design) -> pd.DataFrame:
    table = {
        "set": served,
        "role": names.CASE,
        "population": name,
        "person": source.case_persons()[served].to_numpy(),
        "row": served,
        "distance": 0.0,
        "weight": 1.0,
    }
    for column in shown_columns(source, design):
        table[column] = source.case_values(column).iloc[served].array
    return pd.DataFrame(table)


def shown_columns(source: Source, design: Design) -> list[str]:
    """List the columns that the table of members shows beside its own."""
    own = {"set", "role", "population", "person", "row", "distance", "weight"}
    dated = ["index_date"] if "index_date" in source.columns() else []
    return [c for c in dict.fromkeys([*dated, *design.columns]) if c not in own]
