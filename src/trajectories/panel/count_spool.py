"""A temporary file of counts that grows piece by piece, and is then a memory-mapped array."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import OutcomeArray, counted

LARGEST: dict[np.dtype[Any], int] = {
    np.dtype(np.uint8): 255,
    np.dtype(np.uint16): 65_535,
    np.dtype(np.uint32): 4_294_967_295,
}
MOST = 65_535
"""Largest count; one more needs 32 bits while a long table is read, see ``CountSpool.add``."""

SPOOLED_ROWS = 131_072
"""Rows that are widened, checked and written at once."""


class CountSpool:
    """A file of counts that grows row by row, in a temporary file that goes when nobody uses it."""

    def __init__(self, n_ages: int, folder: Any) -> None:
        self.n_ages, self.n_rows = n_ages, 0
        self.folder = folder
        self.dtype: np.dtype[Any] = np.dtype(np.uint8)
        self.file = _temporary(folder)

    def close(self) -> None:
        """Close the file; maps of it stay, and the file goes with the last of them."""
        with suppress(OSError):  # what a full disk did not take was said before
            self.file.close()

    def append(self, frame: pd.DataFrame) -> None:
        """Write rows of a wide table."""
        values = _counts(plain(frame))
        self._widen_for(values)
        with _room():
            self.file.seek(0, 2)
            self.file.write(np.ascontiguousarray(values, dtype=self.dtype).tobytes())
            self.file.flush()
        self.n_rows += len(values)

    def extend_to(self, n_rows: int) -> None:
        """Make the file longer by rows of zeros."""
        before, size = (n * self.n_ages * self.dtype.itemsize for n in (self.n_rows, n_rows))
        with _room():
            self.file.truncate(size)
            if size > before and hasattr(os, "posix_fallocate"):
                # a hole that finds no room when a map is written to would end the process
                os.posix_fallocate(self.file.fileno(), before, size - before)
        self.n_rows = n_rows

    def add(self, rows: Any, columns: Any, counts: Any) -> None:
        """Write counts, each one too high, to cells that hold none yet."""
        values = _counts(counts).astype(np.int64) + 1
        if not len(values):
            return
        cells = rows * self.n_ages + columns
        if len(np.unique(cells)) < len(cells) or self._map("r").reshape(-1)[cells].any():
            raise InputError("a unit and age is given twice: add the counts up, or drop a row")
        self._widen_for(values)
        self._map("r+").reshape(-1)[cells] = values

    def array(self) -> OutcomeArray:
        """Return the counts as a memory map of the file."""
        held: OutcomeArray = self._map("r")
        return held

    def settled(self, absent: int | None) -> OutcomeArray:
        """Take the 1 off that says that a cell had a row, and return the counts."""
        held = self._map("r+")
        for low in range(0, self.n_rows, SPOOLED_ROWS):
            block = held[low : low + SPOOLED_ROWS]
            missing = block == 0
            if absent is None and missing.any():
                raise InputError(
                    "some units have no row at some ages: with absent=0 these cells are counts of "
                    "zero; panels with missing cells are read with Panel.from_long"
                )
            block -= ~missing
        if held.dtype == np.uint32:
            self._rewrite(np.dtype(np.uint16))
        return self.array()

    def _map(self, mode: Any) -> Any:
        self.file.flush()
        shape = (self.n_rows, self.n_ages)
        return np.memmap(self.file, dtype=self.dtype, mode=mode, shape=shape)

    def _widen_for(self, values: Any) -> None:
        """Go over to 16 bits, or 32, where a number does not fit."""
        highest = float(values.max(initial=0))
        if highest > LARGEST[self.dtype]:
            self._rewrite(next(kind for kind, most in LARGEST.items() if highest <= most))

    def _rewrite(self, dtype: np.dtype[Any]) -> None:
        """Write the file anew in another type."""
        old = self._map("r") if self.n_rows else None
        self.dtype = dtype
        other = _temporary(self.folder)
        with _room():
            for low in range(0, self.n_rows, SPOOLED_ROWS):
                other.write(old[low : low + SPOOLED_ROWS].astype(dtype).tobytes())  # type: ignore[index]
            other.flush()
        self.file.close()
        self.file = other


@contextmanager
def _room() -> Iterator[None]:
    """Say in one line that the temporary file cannot be made, or cannot grow."""
    try:
        yield
    except OSError as problem:
        raise InputError(
            f"the temporary file of counts cannot be written ({problem.strerror}): give folder= "
            "one that exists, that you may write to, and that has room for a byte or two a cell"
        ) from None


def _temporary(folder: Any) -> Any:
    """Return a file without a name, so that nobody else can open it and no crash leaves it."""
    with _room():
        return tempfile.TemporaryFile(dir=folder)


def plain(frame: pd.DataFrame) -> Any:
    """Return a table's numbers, NaN where pandas' own types (``Int64``) have a missing value."""
    special = any(isinstance(kind, pd.api.extensions.ExtensionDtype) for kind in frame.dtypes)
    if special and all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
        return frame.to_numpy(dtype=np.float64, na_value=np.nan)
    return frame.to_numpy()


def _counts(values: Any) -> Any:
    """Return counts, refused where one is no whole number or does not fit into 16 bits."""
    values = _whole_numbers(values)
    beyond = int((values > MOST).sum())
    if beyond:
        raise InputError(
            f"{counted(beyond, 'count')} in a row group above {MOST:,}, the most that is read "
            "from Parquet: is the column of counts the right one?"
        )
    return values


def _whole_numbers(values: Any) -> Any:
    if values.dtype.kind not in "biuf":
        raise InputError("counts in the Parquet source are not numeric; convert the columns")
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise InputError(
            f"{counted(int(np.isnan(values).sum()), 'count')} missing in a row group: panels with "
            "missing cells are read with pandas.read_parquet and Panel.from_wide"
        )
    wrong = (values < 0) | (values % 1 != 0) if values.dtype.kind in "if" else values < 0
    if wrong.any():
        raise InputError(
            f"{counted(int(wrong.sum()), 'cell')} of a row group negative or fractional: "
            "from_parquet is for counts"
        )
    return values
