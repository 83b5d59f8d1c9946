"""Histories of small counts as a few patterns each: several ages are one entry of a sparse array.

A unit of a panel of counts holds T cells, one an age. Most cells hold one of a few small counts,
so the cells of five ages in a row, say, hold one of a few thousand combinations, and most of them
one of a few hundred. Such a combination is a pattern. A unit is a handful of patterns, and on their
own the cells that belong to none: large counts, and combinations that are too rare to pay.

With the units' entries A (N, C + W), of which column c < C is a cell and the others are patterns,
and ``parts`` (C + W, C), which cells each of these stands for, A @ parts says which cells a unit
holds, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from trajectories.numerics.types import AnyArray, BoolArray, FloatArray, IntArray

HIGHEST = 65_535
"""Counts above this are not looked up in a table."""

MOST_CODES = 8_192
"""Combinations of counts that the ages of one pattern may take: few enough to stay in cache."""

ROWS_PER_CODE = 4
"""With fewer rows than this a combination, few would pay."""

LARGEST_CAP = 16

BLOCK = 16_384
"""Rows handled at once."""

PATTERN_COST = 3.0
"""What a pattern costs in a block of rows, in entries of the sparse array."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The cells of N units, most of them several in one entry.

    Attributes
    ----------
    age, count : ndarrays, shape (C,)
        The distinct cells; sorted by age, then count.
    parts : csr_array, shape (C + W, C)
        Which cells an entry stands for: the first C for themselves, each pattern for several.
    entries : ndarray of int32, shape (E,)
        Those of the first unit, of the second, and so on.
    pointer : ndarray of int, shape (N + 1,)
        ``entries[pointer[i]:pointer[i + 1]]`` are those of unit i.
    """

    age: IntArray
    count: FloatArray
    parts: csr_array
    entries: AnyArray
    pointer: AnyArray

    @property
    def n_rows(self) -> int:
        """Return N."""
        return len(self.pointer) - 1

    def block(self, rows: slice, ones: FloatArray) -> csr_array:
        """Return the entries of a block of units, shape (n, C + W), without a copy.

        ``ones`` are at least as many as its entries, the same for all blocks.
        """
        pointer = self.pointer[rows.start : rows.stop + 1]
        low, high = pointer[0], pointer[-1]
        own = (pointer - low).astype(np.int32, copy=False)
        held = ones[: high - low], self.entries[low:high], own
        return csr_array(held, shape=(rows.stop - rows.start, self.parts.shape[0]))

    def longest(self, size: int) -> int:
        """Return the largest number of entries of ``size`` units in a row."""
        if self.n_rows <= size:
            return len(self.entries)
        return int((self.pointer[size:] - self.pointer[:-size]).max())

    def take(self, rows: AnyArray) -> Patterns:
        """Return the cells of some units, with the patterns that pay for these."""
        length = np.diff(self.pointer)[rows]
        pointer = np.concatenate([[0], np.cumsum(length)]).astype(self.pointer.dtype)
        place = np.arange(pointer[-1]) + np.repeat(self.pointer[:-1][rows] - pointer[:-1], length)
        taken = Patterns(self.age, self.count, self.parts, self.entries[place], pointer)
        n_entries, n_cells = self.parts.shape
        size = np.diff(self.parts.indptr)
        frequency = np.bincount(taken.entries, minlength=n_entries)
        kept = pays(frequency, size, len(rows))
        kept[:n_cells] = True
        return taken if bool(kept.all()) else taken._without(kept)

    def _without(self, kept: BoolArray) -> Patterns:
        """Return the same with the cells of some patterns on their own."""
        n_entries = self.parts.shape[0]
        label = np.cumsum(kept) - 1
        size = np.diff(self.parts.indptr)
        length = np.where(kept, 1, size)
        index = np.empty(int(length.sum()), dtype=np.int32)
        start = np.concatenate([[0], np.cumsum(length)])
        index[start[:-1][kept]] = label[kept]
        index[np.repeat(~kept, length)] = self.parts.indices[np.repeat(~kept, size)]
        renamed = csr_array(
            (np.ones(len(index), dtype=np.int8), index, start),
            shape=(n_entries, int(kept.sum())),
        )
        ones = np.ones(len(self.entries), dtype=np.int8)
        shape = (self.n_rows, n_entries)
        now = csr_array((ones, self.entries, self.pointer), shape=shape) @ renamed
        return Patterns(self.age, self.count, self.parts[kept], now.indices, now.indptr)


def pays(frequency: AnyArray, size: AnyArray, n_rows: int) -> BoolArray:
    """Return which patterns save more than they cost, from how many units hold them."""
    n_blocks = max(1.0, n_rows / BLOCK)
    return np.asarray(frequency * (size - 1.0) > PATTERN_COST * (n_blocks + size))


def patterns_of(counts: AnyArray, observed: BoolArray | None) -> Patterns | None:
    """Find the cells and patterns of counts (N, T); None if some count is above ``HIGHEST``.

    Two passes: one counts the combinations, the other writes the entries, which takes no more
    memory than they need.
    """
    if counts.max(initial=0) > HIGHEST:
        return None
    coded = _Coded(counts, observed)
    frequency = coded.frequency()
    kept = pays(frequency, coded.size, len(counts))
    parts, label = coded.parts(kept, frequency)
    n_entries = int(np.where(kept, frequency, frequency * coded.size).sum() + coded.n_large)
    entries = np.empty(n_entries, dtype=np.int32)
    wide = np.int32 if n_entries < 2**31 else np.int64
    pointer = np.zeros(len(counts) + 1, dtype=wide)
    done = 0
    for rows in _blocks(len(counts)):
        found, length = coded.entries(rows, label)
        entries[done : done + len(found)] = found
        pointer[rows.start + 1 : rows.stop + 1] = length
        done += len(found)
    np.cumsum(pointer, out=pointer)
    age, count = coded.cells()
    return Patterns(age, count, parts, entries, pointer)


class _Coded:
    """Counts (N, T) as digits: those below a cap stand for themselves, the cap for nothing.

    A missing cell, and a larger count, is nothing; a larger count is then an entry of its own. The
    digits of the ages of one pattern make its code.
    """

    def __init__(self, counts: AnyArray, observed: BoolArray | None) -> None:
        self.counts, self.observed = counts, observed
        n_rows, n_ages = counts.shape
        self.width = int(counts.max(initial=0)) + 1
        held = self._histogram()
        self.cell = np.where(held > 0, np.cumsum(held > 0) - 1, -1).astype(np.int32)
        by_count = held.reshape(n_ages, self.width)
        most = int(np.clip(n_rows // ROWS_PER_CODE, 2, MOST_CODES))
        self.cap, base, longest = _layout(by_count, n_rows, most)
        self.n_large = int(by_count[:, self.cap :].sum())
        n_patterns = -(-n_ages // longest)
        self.ages = np.array_split(np.arange(n_ages), n_patterns)
        self.radix = np.zeros((n_ages, n_patterns))
        self.first = np.zeros(n_patterns + 1)
        for g, ages in enumerate(self.ages):
            self.radix[ages, g] = float(base) ** np.arange(len(ages))
            self.first[g + 1] = self.first[g] + float(base) ** len(ages)
        self.digit = self._digits(base)
        self.size = (self.digit < self.cap).sum(axis=1)

    def _histogram(self) -> IntArray:
        """Return how often each (age, count) occurs, flat, shape (T * width,)."""
        n_ages = self.counts.shape[1]
        shift = np.arange(n_ages) * self.width
        total = np.zeros(n_ages * self.width, dtype=np.int64)
        for rows in _blocks(len(self.counts)):
            place = self.counts[rows].astype(np.int64) + shift
            seen = place.ravel() if self.observed is None else place[self.observed[rows]]
            total += np.bincount(seen, minlength=len(total))
        return total

    def _digits(self, base: int) -> AnyArray:
        """Return the digits of every code, the cap at ages that are not of its pattern."""
        n_codes = int(self.first[-1])
        digit = np.full((n_codes, self.counts.shape[1]), self.cap, dtype=np.uint8)
        for g, ages in enumerate(self.ages):
            code = np.arange(base ** len(ages))
            own = slice(int(self.first[g]), int(self.first[g + 1]))
            digit[own, ages] = code[:, None] // base ** np.arange(len(ages)) % base
        return digit

    def cells(self) -> tuple[IntArray, FloatArray]:
        """Return the age and the count of every cell."""
        place = np.flatnonzero(self.cell >= 0)
        return place // self.width, (place % self.width).astype(float)

    def _codes(self, rows: slice) -> tuple[IntArray, BoolArray]:
        """Return the code of every pattern (n, G), and which counts are large (n, T)."""
        counts = self.counts[rows]
        digits = np.minimum(counts, self.cap).astype(np.float64)
        large = counts >= self.cap
        if self.observed is not None:
            missing = ~self.observed[rows]
            digits[missing] = self.cap
            large &= ~missing
        # whole numbers far below 2^53: the product is exact
        code = digits @ self.radix
        code += self.first[:-1]
        return code.astype(np.int64), large

    def frequency(self) -> IntArray:
        """Return how many units hold each code."""
        total = np.zeros(int(self.first[-1]), dtype=np.int64)
        for rows in _blocks(len(self.counts)):
            total += np.bincount(self._codes(rows)[0].ravel(), minlength=len(total))
        return total

    def parts(self, kept: BoolArray, frequency: IntArray) -> tuple[csr_array, AnyArray]:
        """Return the cells of every entry, and the entry of every code: -1 for none, or not kept.

        Frequent patterns come first, so that what is used most lies close together.
        """
        n_cells = int(self.cell.max(initial=-1)) + 1
        code = np.flatnonzero(kept)
        code = code[np.argsort(-frequency[code], kind="stable")]
        label = np.full(len(kept), -1, dtype=np.int32)
        label[code] = n_cells + np.arange(len(code))
        digit = self.digit[code]
        row, age = np.nonzero(digit < self.cap)
        cell = self.cell[age * self.width + digit[row, age]]
        index = np.concatenate([np.arange(n_cells), cell])
        pointer = np.concatenate(
            [np.arange(n_cells), n_cells + np.searchsorted(row, np.arange(len(code) + 1))]
        )
        parts = csr_array(
            (np.ones(len(index)), index, pointer), shape=(n_cells + len(code), n_cells)
        )
        return parts, label

    def entries(self, rows: slice, label: AnyArray) -> tuple[AnyArray, IntArray]:
        """Return the entries of a block of units, one unit after the other, and how many each."""
        code, alone = self._codes(rows)
        n_patterns = len(self.ages)
        every = np.full((len(code), n_patterns + self.counts.shape[1]), -1, dtype=np.int32)
        every[:, :n_patterns] = label[code]
        split = np.repeat(every[:, :n_patterns] < 0, [len(ages) for ages in self.ages], axis=1)
        alone |= split if self.observed is None else split & self.observed[rows]
        unit, age = np.nonzero(alone)
        count = self.counts[rows][unit, age].astype(np.int64)
        every[unit, n_patterns + age] = self.cell[age * self.width + count]
        used = every >= 0
        return every[used], used.sum(axis=1)


def _layout(by_count: IntArray, n_rows: int, most: int) -> tuple[int, int, int]:
    """Return the cap, the number of digits and the ages of a pattern, for fewest entries a unit.

    Counts at or above the cap cost an entry each, and a lower cap leaves room for more ages.
    """
    n_ages, width = by_count.shape
    missing = n_rows * n_ages - int(by_count.sum())
    best = (np.inf, 1, 2, 1)
    for cap in range(1, min(width, LARGEST_CAP) + 1):
        large = int(by_count[:, cap:].sum())
        base = max(2, cap + (large + missing > 0))
        longest = max(1, min(n_ages, int(np.log(most) / np.log(base) + 1e-9)))
        cost = -(-n_ages // longest) + large / max(n_rows, 1)
        best = min(best, (cost, cap, base, longest))
    return best[1:]


def _blocks(n_rows: int) -> Iterator[slice]:
    for low in range(0, n_rows, BLOCK):
        yield slice(low, min(low + BLOCK, n_rows))
