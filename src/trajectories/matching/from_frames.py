"""Populations of controls given as frames, one row a person."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError, MatchingWarning
from trajectories.matching.calipers import caliper_table, width_of
from trajectories.matching.columns import (
    as_float,
    digits,
    missing_rows,
    need_columns,
    numbers,
    refuse_missing,
)
from trajectories.matching.design import Design
from trajectories.matching.metric import Metric, make_metric
from trajectories.matching.population import Population
from trajectories.matching.propensity import propensity_score
from trajectories.numerics.candidate_supply import Candidates, CandidateSupply
from trajectories.numerics.exact_cells import CellCodes, Cells, exact_cells
from trajectories.numerics.nearest_in_strata import SortedSupply
from trajectories.numerics.supply import Persons, Supply, widened
from trajectories.numerics.thin_pool import near_some_case
from trajectories.panel.arrays import BoolArray, FloatArray, IntArray, counted, where_rows

Arrays = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class FrameColumns:
    """Matching columns of the cases and of one pool as arrays, scores included."""

    case: Arrays
    pool: Arrays


def read_ids(frame: pd.DataFrame, unit: str | None, what: str) -> pd.Index[Any] | None:
    """Return the column of person ids, or None where persons are told apart by row.

    Raises
    ------
    InputError
        If ids are missing, or the column that was named is absent.
    """
    if unit is None:
        return None
    need_columns(frame, [unit], what)
    ids: pd.Index[Any] = pd.Index(frame[unit])
    bad = np.asarray(ids.isna())
    if bad.any():
        raise InputError(
            f"{what}: {counted(int(bad.sum()), 'row')} without an id in {unit!r} "
            f"({where_rows(bad)}): one row a person"
        )
    return ids


def refuse_repeated(ids: pd.Index[Any] | None, what: str) -> None:
    """Raise an InputError where a person has two rows."""
    if ids is not None and not ids.is_unique:
        bad = np.asarray(ids.duplicated())
        raise InputError(
            f"{what}: {counted(int(bad.sum()), 'row')} of a person seen in an earlier row "
            f"({where_rows(bad)}): one row a person"
        )


def number_persons(
    ids: Mapping[str, pd.Index[Any] | None], sizes: Mapping[str, int]
) -> dict[str, Persons]:
    """Give persons numbers so that who is in two pools has one."""
    known = [index for index in ids.values() if index is not None]
    shared = len(known) == len(ids) > 1 and any(
        bool(a.isin(b).any()) for i, a in enumerate(known) for b in known[i + 1 :]
    )
    ends = np.cumsum(list(sizes.values()))
    if shared:
        codes, _ = pd.factorize(known[0].append(known[1:]))
        parts = np.split(codes.astype(np.int64), ends[:-1])
        return {name: Persons(codes=part) for name, part in zip(sizes, parts, strict=True)}
    return {
        name: Persons(first=int(end) - size, n_populations=len(sizes))
        for (name, size), end in zip(sizes.items(), ends, strict=True)
    }


def frame_populations(
    cases: pd.DataFrame, pools: Mapping[str, pd.DataFrame], design: Design, unit: str | None
) -> tuple[list[Population], IntArray]:
    """Return the populations, and the exact cell of every case."""
    need_columns(cases, design.columns, "cases")
    for name, pool in pools.items():
        need_columns(pool, design.columns, f"pool {name!r}")
    case_ids = read_ids(cases, unit, "cases")
    refuse_repeated(case_ids, "cases")
    ids = {name: read_ids(pool, unit, f"pool {name!r}") for name, pool in pools.items()}
    persons = number_persons(ids, {name: len(pool) for name, pool in pools.items()})
    complete = _complete(cases, design, "cases")
    built = []
    for name, pool in pools.items():
        usable = _usable(pool, name, ids[name], case_ids, design)
        built.append(
            _population(cases, pool, name, design, complete, usable, persons[name], ids[name])
        )
    return [population for population, _ in built], built[0][1].case_cell


def _complete(frame: pd.DataFrame, design: Design, what: str) -> BoolArray:
    if design.missing == "raise":
        refuse_missing(frame, design.columns, what)
        return np.ones(len(frame), dtype=bool)
    complete: BoolArray = ~missing_rows(frame, design.columns)
    if not complete.any():
        raise InputError(f"{what}: every row lacks a value in a matching column")
    return complete


def _usable(
    pool: pd.DataFrame,
    name: str,
    ids: pd.Index[Any] | None,
    case_ids: pd.Index[Any] | None,
    design: Design,
) -> BoolArray | None:
    """Return who of a pool may serve, None for everybody; say how many are cases."""
    what = f"pool {name!r}"
    usable = _complete(pool, design, what)
    if ids is not None and case_ids is not None:
        is_case = np.asarray(ids.isin(case_ids), dtype=bool)
        if is_case.any():
            warnings.warn(
                f"{what} holds {counted(int(is_case.sum()), 'person')} who are cases "
                f"({where_rows(is_case)}): they are left out, and cannot serve as controls",
                MatchingWarning,
                stacklevel=5,
            )
            usable &= ~is_case
            if not usable.any():
                raise InputError(f"{what}: everybody in it is a case; give other persons")
    return None if usable.all() else usable


def _population(
    cases: pd.DataFrame,
    pool: pd.DataFrame,
    name: str,
    design: Design,
    complete: BoolArray,
    usable: BoolArray | None,
    persons: Persons,
    ids: pd.Index[Any] | None,
) -> tuple[Population, Cells]:
    coded = [digits(cases[c], pool[c], c, f"pool {name!r}") for c in design.exact]
    codes = exact_cells([a for a, _ in coded], [b for _, b in coded], len(cases), len(pool))
    if usable is not None:
        codes = codes.without(~usable)
    columns = _columns(cases, pool, name, design, complete, usable)
    metric = _metric(design, columns)
    calipers = caliper_table(design, name, columns.case, columns.pool)
    supply, cells = _supply(codes, columns, metric, calipers, persons, design)
    if ids is not None:
        refuse_repeated(ids.take(np.sort(cells.rows)), f"pool {name!r} (rows that may serve)")
    return Population(name, supply, metric, calipers, complete), cells


def _columns(
    cases: pd.DataFrame,
    pool: pd.DataFrame,
    name: str,
    design: Design,
    complete: BoolArray,
    usable: BoolArray | None,
) -> FrameColumns:
    """Read the columns of distances and calipers, and work out propensity scores."""
    inexact = [c for c in design.columns if c not in design.exact or c in dict(design.caliper)]
    fitted = design.distance == "propensity"
    wanted = [c for c in inexact if not (fitted and c in design.nearest)]
    wanted += [c for c in design.nearest if c in dict(design.caliper) and c not in wanted]
    case: Arrays = {c: numbers(cases[c], f"cases column {c!r}") for c in wanted}
    theirs: Arrays = {c: numbers(pool[c], f"pool {name!r} column {c!r}") for c in wanted}
    if fitted:
        keep = slice(None) if usable is None else usable
        used = list(design.nearest)
        scores = propensity_score(cases.loc[complete, used], pool.loc[keep, used], used)
        for target, mask, score in ((case, complete, scores[0]), (theirs, usable, scores[1])):
            filled = np.full(len(cases) if target is case else len(pool), np.nan)
            filled[slice(None) if mask is None else mask] = score.to_numpy()
            target["propensity"] = filled
    return FrameColumns(case, theirs)


def _metric(design: Design, columns: FrameColumns) -> Metric:
    names = ("propensity",) if design.distance == "propensity" else design.nearest
    return make_metric(
        design.distance, names, [columns.case[c] for c in names], [columns.pool[c] for c in names]
    )


def _supply(
    codes: CellCodes,
    columns: FrameColumns,
    metric: Metric,
    calipers: pd.DataFrame,
    persons: Persons,
    design: Design,
) -> tuple[Supply, Cells]:
    """Return the fast supply for at most one score, the general one for everything else."""
    bounded = [c for c in calipers["column"] if c != "distance"]
    width = width_of(calipers, "distance")
    plain = design.distance in ("plain", "propensity") and len(metric.columns) <= 1
    if not plain or bounded:
        cells = codes.arrange()
        find = _Finder(cells, columns, metric, calipers)
        n_cases = len(codes.case_cell)
        return CandidateSupply(find, n_cases, persons, 4 * design.wish.most), cells
    if not metric.columns:
        cells = codes.arrange()
        same = np.broadcast_to(np.float64(0.0), len(codes.pool_cell))
        return SortedSupply(cells, np.zeros(len(codes.case_cell)), same, width, persons), cells
    case = as_float(columns.case[metric.columns[0]])
    score = columns.pool[metric.columns[0]]
    near = None
    if np.isinf(width) and persons.codes is None and not np.isnan(case).any():
        near = near_some_case(codes, case, score, _places(codes, design, persons))
    cells = codes.arrange(near)
    n_exact = None if near is None else codes.sizes()[codes.case_cell]
    return SortedSupply(cells, case, score, width, persons, n_exact), cells


def _places(codes: CellCodes, design: Design, persons: Persons) -> IntArray:
    """Return how many controls may be taken in each case's cell: nobody need look farther."""
    places = np.bincount(codes.case_cell, minlength=codes.n_cells) * design.wish.most
    return np.asarray(places[codes.case_cell] * persons.n_populations)


class _Finder:
    """List the candidates of a case: same cell, within every caliper."""

    def __init__(
        self, cells: Cells, columns: FrameColumns, metric: Metric, calipers: pd.DataFrame
    ) -> None:
        self._cells, self._columns, self._metric = cells, columns, metric
        widths = dict(zip(calipers["column"], calipers["width"], strict=True))
        self._limit = float(widths.pop("distance", np.inf))
        self._widths = {str(column): float(width) for column, width in widths.items()}
        self._case = metric.points(_stacked(columns.case, metric, slice(None), cells.case_cell))
        # the pool's points lie as its rows do, cell by cell
        self._points = metric.points(_stacked(columns.pool, metric, cells.rows, cells.rows))

    def __call__(self, case: int) -> Candidates:
        cell = self._cells.case_cell[case]
        part = slice(self._cells.start[cell], self._cells.start[cell + 1])
        rows, points = self._cells.rows[part], self._points[part]
        n_exact = len(rows)
        for column, width in self._widths.items():
            centre = float(self._columns.case[column][case])
            values = as_float(self._columns.pool[column][rows])
            near = np.abs(values - centre) <= widened(width, values, np.array([centre]))
            rows, points = rows[near], points[near]
        distance = self._metric.apart(self._case[case], points)
        if np.isfinite(self._limit):
            near = distance <= widened(self._limit, distance)
            rows, distance = rows[near], distance[near]
        return Candidates(rows.astype(np.int64), distance, n_exact)


def _stacked(arrays: Arrays, metric: Metric, rows: Any, like: IntArray) -> FloatArray:
    """Return the metric's columns of some rows side by side, shape (n, P)."""
    columns = [as_float(arrays[column][rows]) for column in metric.columns]
    return np.stack(columns, axis=1) if columns else np.zeros((len(like), 0))
