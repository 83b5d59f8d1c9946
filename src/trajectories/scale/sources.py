"""From Dask collections and files to parts, and from parts to Panels."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.scale.cluster import later
from trajectories.scale.panel_part import Nobody


def of_array(
    counts: Any, ages: Any, exposure: Any, weights: Any
) -> tuple[tuple[Any, ...], FloatArray]:
    """Return the chunks of an array as delayed Panels, and the ages."""
    import dask.array as da

    if not isinstance(counts, da.Array) or counts.ndim != 2:
        raise InputError("counts must be a Dask array with a row a unit and a column an age")
    grid = grid_of(np.arange(counts.shape[1]) if ages is None else ages)
    counts = _rechunked(counts, {1: -1})
    if np.isnan(counts.shape[0]):
        counts = counts.compute_chunk_sizes()
    sizes = counts.chunks[0]
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    beside: list[list[Any]] = []
    for name, other, n_columns in (
        ("exposure", exposure, counts.shape[1]),
        ("weights", weights, 0),
    ):
        if other is None:
            beside.append([None] * len(sizes))
            continue
        shape = counts.shape if n_columns else counts.shape[:1]
        if not isinstance(other, da.Array) or other.shape != shape:
            raise InputError(f"{name} must be a Dask array of shape {shape}")
        chunks = (sizes, (n_columns,)) if n_columns else (sizes,)
        beside.append(list(_rechunked(other, chunks).to_delayed().ravel()))
    make = later(wide_part)
    blocks = counts.to_delayed().ravel()
    parts = tuple(
        make(block, grid, exposed, weight, int(start))
        for block, exposed, weight, start in zip(blocks, *beside, first, strict=True)
    )
    return parts, grid


def grid_of(ages: Any) -> FloatArray:
    """Return ages as an array, or raise an InputError."""
    try:
        grid = np.asarray(list(ages), dtype=float)
    except (TypeError, ValueError):
        grid = np.empty(0)
    if grid.ndim != 1 or not len(grid) or not (np.diff(grid) > 0).all():
        raise InputError("ages must be numbers, strictly increasing: those of every part")
    return grid


def _rechunked(array: Any, chunks: Any) -> Any:
    return array.rechunk(chunks)


def wide_part(counts: Any, ages: FloatArray, exposure: Any, weights: Any, first: int) -> Panel:
    """Return a chunk of an array as a Panel; units are numbered through."""
    units = pd.RangeIndex(first, first + len(counts))
    return Panel.from_wide(counts, ages=ages, exposure=exposure, units=units, weights=weights)


def of_frame(frame: Any, unit: Any, by_unit: bool) -> tuple[Any, ...]:
    """Return the partitions of a Dask frame, or as many parts with all rows of a unit in one."""
    import dask.dataframe as dd

    if not isinstance(frame, dd.DataFrame):
        raise InputError(
            f"frame must be a Dask DataFrame, not a {type(frame).__name__}; dask.dataframe.from_"
            "pandas makes one"
        )
    if unit not in frame.columns:
        raise InputError(f"the frame has no column {unit!r}")
    pieces = list(_delayed_parts(frame))
    return tuple(pieces) if by_unit else together(pieces, unit, len(pieces))


def _delayed_parts(frame: Any) -> Any:
    return frame.to_delayed()


def together(pieces: Any, unit: Any, n_parts: int) -> tuple[Any, ...]:
    """Sort the rows of delayed frames into parts by unit: all rows of a unit in one part."""
    split = later(split_by_unit, nout=n_parts)
    shares = [list(split(piece, unit, n_parts)) for piece in pieces]
    join = later(joined)
    return tuple(join([share[place] for share in shares]) for place in range(n_parts))


def split_by_unit(frame: pd.DataFrame, unit: Any, n_parts: int) -> list[pd.DataFrame]:
    """Return a frame's rows by part; which one depends on the id of the unit only."""
    ids = frame[unit]
    if ids.isna().any():
        raise InputError(
            f"{int(ids.isna().sum()):,} rows without an id in {unit!r}: leave them out"
        )
    codes, distinct = pd.factorize(ids)
    if pd.api.types.is_float_dtype(distinct) and (distinct == np.floor(distinct)).all():
        distinct = distinct.astype(np.int64)  # 7.0, where ids were missing once, is person 7
    # by the text of the id, so that 7 in one table and 7 in another go together
    of_unit = np.array([zlib.crc32(str(one).encode()) % n_parts for one in distinct], dtype=int)
    place = of_unit[codes]
    return [frame[place == part] for part in range(n_parts)]


def joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Put frames below each other."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled or frames[:1], ignore_index=True)


def read_long_part(
    frame: pd.DataFrame,
    ages: FloatArray,
    unit: Any,
    age: Any,
    count: Any,
    exposure: Any,
    weight: Any,
) -> Panel | Nobody:
    """Return a partition of a long frame as a Panel of all ages."""
    if not len(frame):
        return Nobody()
    panel = Panel.from_long(frame, unit, age, count, exposure, weight, ages)
    return all_ages(panel, ages)


def read_parquet_part(path: str, ages: FloatArray, **columns: Any) -> Panel | Nobody:
    """Return a Parquet file as a Panel of all ages."""
    wanted = [name for name in columns.values() if name is not None]
    try:
        frame = pd.read_parquet(path, columns=wanted)
    except FileNotFoundError:
        raise InputError(
            f"no file {path} where a worker looks for it: paths must mean the same on workers"
        ) from None
    return read_long_part(frame, ages, **columns)


def all_ages(panel: Panel, ages: FloatArray) -> Panel:
    """Return a panel of these ages; those that it lacks are not observed."""
    if np.array_equal(panel.ages, ages):
        return panel
    place = np.searchsorted(ages, panel.ages)
    shape = (panel.n_units, len(ages))
    observed = np.zeros(shape, dtype=bool)
    observed[:, place] = True if panel.observed is None else panel.observed
    outcomes = np.zeros(shape)
    outcomes[:, place] = panel.outcomes
    exposure = None
    if panel.exposure is not None:
        exposure = np.zeros(shape)
        exposure[:, place] = panel.exposure
    return Panel(
        outcomes=outcomes,
        ages=ages,
        exposure=exposure,
        observed=observed,
        weights=panel.weights,
        units=panel.units,
        clock=panel.clock,
    )


def files_of(files: str | Path | Iterable[str | Path], pattern: str) -> tuple[str, ...]:
    """Return paths as text, those of a folder in order of their names."""
    if isinstance(files, str | Path):
        folder = Path(files)
        found = sorted(folder.glob(pattern)) if folder.is_dir() else [folder]
        if not found:
            raise InputError(f"{folder} holds no file {pattern}")
        return tuple(str(path) for path in found)
    return tuple(str(path) for path in files)
