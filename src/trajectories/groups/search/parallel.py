"""Run independent fits one after another or in processes, with the same answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO, TypeVar

from trajectories.numerics.threads import n_threads

Result = TypeVar("Result")


def run_jobs(
    function: Callable[..., Result],
    arguments: Sequence[tuple[Any, ...]],
    n_jobs: int = 1,
    progress: bool = False,
    what: str = "fits",
    unit: str = "fit",
    noted: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Return ``function(*a)`` for every ``a``, in the order given, whatever ``n_jobs``.

    Parameters
    ----------
    function : callable
        Of a module, so that another process can find it.
    arguments : sequence of tuple
    n_jobs : int
        Processes; 1 stays in this one, -1 takes every core.
    progress : bool
        Whether to show a progress bar, where ``bar_stream`` says; tqdm is loaded only for it.
    what, unit : str
        What the bar says.
    noted : callable, optional
        Called with every result as it comes, in the order given.

    Raises
    ------
    InputError
        If ``n_jobs`` is 0 or no whole number.
    """
    n_threads(n_jobs)  # refuses what is no number of jobs
    if n_jobs == 1 or len(arguments) < 2:
        done: Iterable[Result] = (function(*one) for one in arguments)
        return _taken(_watched(done, len(arguments), progress, what, unit), noted)
    from joblib import Parallel, delayed, parallel_config

    with parallel_config("loky", n_jobs=int(n_jobs), inner_max_num_threads=1):
        done = Parallel(return_as="generator")(delayed(function)(*one) for one in arguments)
        return _taken(_watched(done, len(arguments), progress, what, unit), noted)


def _taken(done: Iterable[Result], noted: Callable[[Result], None] | None) -> list[Result]:
    taken = []
    for one in done:
        taken.append(one)
        if noted is not None:
            noted(one)
    return taken


def _watched(
    done: Iterable[Result], total: int, progress: bool, what: str, unit: str
) -> Iterable[Result]:
    if not progress:
        return done
    from tqdm import tqdm

    return tqdm(done, total=total, desc=what, unit=unit, leave=False, file=bar_stream())


def bar_stream() -> TextIO:
    """Return where a progress bar is written: standard error, but standard output in a notebook.

    A notebook shows what stands on standard error on red, as if something had gone wrong.
    """
    return sys.stdout if "ipykernel" in sys.modules else sys.stderr
