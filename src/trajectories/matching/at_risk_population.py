"""Populations of controls at risk on each case's index date, from a register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.matching.calipers import caliper_table
from trajectories.matching.columns import as_float, digits, missing_rows, numbers, refuse_missing
from trajectories.matching.design import Design
from trajectories.matching.metric import Metric, make_metric
from trajectories.matching.population import Population
from trajectories.matching.propensity import PropensityModel, fit_propensity
from trajectories.matching.register_source import RegisterSource
from trajectories.numerics.candidate_supply import Candidates, CandidateSupply
from trajectories.numerics.exact_cells import Cells, exact_cells
from trajectories.numerics.supply import Persons, widened
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray

Reader = Mapping[str, "pd.Series[Any]"]


def at_risk_population(
    source: RegisterSource, name: str, persons: IntArray, design: Design
) -> tuple[Population, IntArray]:
    """Return one population, and the exact cell of every case.

    Parameters
    ----------
    persons : ndarray of int
        Rows of the register of everybody who may be in it.
    """
    complete, persons = _complete(source, name, persons, design)
    cells = _cells(source, name, persons, design)
    case = {c: source.case_values(c) for c in design.columns}
    before = {c: source.before(c, name) for c in design.columns}
    if not len(source.sampled[name][0]):
        raise InputError(f"nobody is at risk for {name!r} on the index date of any case tried")
    columns, model = design.nearest, None
    if design.distance == "propensity":
        chosen = np.flatnonzero(complete)
        model = fit_propensity(
            {c: case[c].iloc[chosen] for c in design.nearest},
            {c: before[c] for c in design.nearest},
        )
        columns = ("propensity",)
    bounded = [c for c, _ in design.caliper if c != "distance"]
    needed = list(dict.fromkeys([*(columns if model is None else ()), *bounded]))
    mine = _arrays(case, needed, model, design)
    theirs = _arrays(before, needed, model, design)
    metric = make_metric(
        design.distance, columns, [mine[c] for c in columns], [theirs[c] for c in columns]
    )
    calipers = caliper_table(design, name, mine, theirs)
    finder = AtRiskFinder(source, name, cells, design, metric, calipers, mine, model)
    supply = CandidateSupply(finder, len(complete), Persons(), 4 * design.wish.most)
    return Population(name, supply, metric, calipers, complete), cells.case_cell


def _complete(
    source: RegisterSource, name: str, persons: IntArray, design: Design
) -> tuple[BoolArray, IntArray]:
    """Return who of the cases and of the persons has every value of the persons' table."""
    table = source.as_of.register.persons
    fixed = [c for c in design.columns if c in table.columns]
    if design.missing == "raise":
        refuse_missing(table.iloc[source.case_rows], fixed, "cases")
        refuse_missing(table.iloc[persons], fixed, f"persons of {name!r}")
    missing = missing_rows(table, fixed)
    return ~missing[source.case_rows], persons[~missing[persons]]


def _cells(source: RegisterSource, name: str, persons: IntArray, design: Design) -> Cells:
    """Find who agrees with each case in the exact columns that do not depend on the date."""
    as_of = source.as_of
    fixed = [c for c in design.exact if not as_of.is_dated(c)]
    never = np.full(len(persons), np.datetime64("NaT", "D"))
    coded = [
        digits(source.case_values(c), as_of.values(c, persons, never), c, f"persons of {name!r}")
        for c in fixed
    ]
    n_cases = len(source.case_rows)
    codes = exact_cells([a for a, _ in coded], [b for _, b in coded], n_cases, len(persons))
    cells = codes.arrange()
    return Cells(cells.case_cell, persons[cells.rows], cells.start)


def _arrays(
    values: Reader, columns: list[str], model: PropensityModel | None, design: Design
) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {c: numbers(values[c], f"column {c!r}") for c in columns}
    if model is not None:
        arrays["propensity"] = model.score({c: values[c] for c in design.nearest})
    return arrays


class AtRiskFinder:
    """List the candidates of a case: same cell, at risk on its date, within every caliper."""

    def __init__(
        self,
        source: RegisterSource,
        name: str,
        cells: Cells,
        design: Design,
        metric: Metric,
        calipers: pd.DataFrame,
        mine: Mapping[str, np.ndarray[Any, Any]],
        model: PropensityModel | None,
    ) -> None:
        self._source, self._cells, self._design = source, cells, design
        self._at_risk, self._metric, self._model = source.at_risk[name], metric, model
        widths = dict(zip(calipers["column"], calipers["width"], strict=True))
        self._limit = widths.pop("distance", np.inf)
        self._widths = {str(column): float(width) for column, width in widths.items()}
        self._mine = {column: as_float(values) for column, values in mine.items()}
        self._dated = [c for c in design.exact if source.as_of.is_dated(c)]
        self._exact = {c: source.case_values(c).to_numpy() for c in self._dated}

    def __call__(self, case: int) -> Candidates:
        """Return the candidates of a case."""
        date = self._source.index_date[case]
        rows = self._cells.of(case).astype(np.int64)
        rows = rows[self._at_risk.on(rows, np.full(len(rows), date))]
        for column in self._dated:
            values = self._read(column, rows, date).to_numpy()
            rows = rows[values == self._exact[column][case]]
        n_exact = len(rows)
        for column, width in self._widths.items():
            values = as_float(numbers(self._read(column, rows, date), column))
            centre = self._mine[column][case]
            near = np.abs(values - centre) <= widened(width, values, np.array([centre]))
            rows = rows[near]
        own = np.array([[self._mine[c][case] for c in self._metric.columns]])
        points = self._metric.points(self._values(rows, date))
        distance = self._metric.apart(self._metric.points(own)[0], points)
        near = distance <= widened(self._limit, distance)
        return Candidates(rows[near], distance[near], n_exact)

    def _values(self, rows: IntArray, date: Any) -> FloatArray:
        if self._model is not None:
            read = {c: self._read(c, rows, date) for c in self._design.nearest}
            return self._model.score(read)[:, None]
        columns = [as_float(numbers(self._read(c, rows, date), c)) for c in self._metric.columns]
        return np.stack(columns, axis=1) if columns else np.zeros((len(rows), 0))

    def _read(self, column: str, rows: IntArray, date: Any) -> pd.Series[Any]:
        return self._source.as_of.values(column, rows, np.full(len(rows), date))
