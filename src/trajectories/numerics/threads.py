"""Work on blocks of rows in threads, with the same bits whatever the number of threads.

NumPy lets go of the interpreter while it computes, so threads can share the work on the blocks of
a pass without a copy of the panel. They do where processes cannot see each other's memory (see
:mod:`~trajectories.numerics.team`), and where each writes results of its own. Two things keep the
answer the same, for processes as well: the rows are cut into chunks in a way that does not depend
on their number, and the chunks' sums are added in the order of the rows. The linear algebra library
keeps to one thread meanwhile, or two layers of threads would fight for the same cores.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import numpy as np

from trajectories.errors import InputError
from trajectories.numerics.types import AnyArray

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNKS = 32
"""A pass is cut into at most so many chunks."""

_local = threading.local()


def n_threads(n_jobs: int) -> int:
    """Return the number of threads that ``n_jobs`` stands for; -1 takes every core.

    Raises
    ------
    InputError
        If ``n_jobs`` is 0 or no whole number.
    """
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise InputError(f"n_jobs must be a whole number other than 0, not {n_jobs!r}")
    return int(n_jobs) if n_jobs > 0 else max(1, _cores() + 1 + int(n_jobs))


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # the cores that this process may use, where it is known
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    function: Callable[[Item], Result], items: Sequence[Item], n_jobs: int
) -> Iterator[Result]:
    """Yield ``function(item)`` in the order of the items, computed by ``n_jobs`` threads."""
    if n_jobs == 1 or len(items) < 2:
        return map(function, items)
    return _pool(n_jobs).map(function, items)


def chunks(blocks: Sequence[slice]) -> list[Sequence[slice]]:
    """Cut a pass's blocks into at most ``CHUNKS`` runs of neighbours."""
    size = max(1, -(-len(blocks) // CHUNKS))
    return [blocks[low : low + size] for low in range(0, len(blocks), size)]


def buffer(name: str, *shape: int, dtype: Any = np.float64) -> AnyArray:
    """Return this thread's reused array of a name and shape.

    What an earlier pass left stands in it. Two arrays in use at once need two names.
    """
    held: dict[str, AnyArray] = _local.__dict__.setdefault("held", {})
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    flat = held.get(name)
    if flat is None or flat.nbytes < size:
        flat = held[name] = np.empty(max(size, 8), dtype=np.uint8)
    return np.asarray(flat[:size].view(dtype).reshape(shape))


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep the linear algebra library to one thread, for the same bits from any number of ours."""
    with _blas().limit(limits=1, user_api="blas"):
        yield


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@cache
def _pool(n_jobs: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n_jobs, thread_name_prefix="trajectories")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
