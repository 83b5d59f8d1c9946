"""Many independent fits whose results are kept as they come: killed work goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from trajectories.errors import CheckpointError
from trajectories.groups.search.checkpoint import (
    INTERVAL,
    Checkpoint,
    as_checkpoint,
    keep,
    read_state,
    write_state,
)
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.search.plain_values import decode, encode

Result = TypeVar("Result")


def run_kept(
    function: Callable[..., Result],
    arguments: Sequence[tuple[Any, ...]],
    kind: type[Result],
    of: Callable[[], dict[str, str]],
    checkpoint: str | Path | Checkpoint | None,
    n_jobs: int = 1,
    progress: bool = False,
    what: str = "fits",
    unit: str = "fit",
) -> list[Result]:
    """Return ``function(*a)`` for every ``a``, as :func:`run_jobs` does, keeping what is done.

    Parameters
    ----------
    function, arguments, n_jobs, progress, what, unit
        As for ``run_jobs``.
    kind : type
        Dataclass of the results; it must hold no person.
    of : callable
        Returns the digests of data and settings by which the file is known.
    checkpoint : path, optional
        Without it nothing is kept.

    Raises
    ------
    CheckpointError
        If the file is of other work.
    """
    held = as_checkpoint(checkpoint)
    if held is None:
        return run_jobs(function, arguments, n_jobs, progress, what, unit)
    digests, path = of(), held.path
    done: list[Result] = []
    if path.exists():
        try:
            done = decode(read_state(path, digests)["done"], {kind.__name__: kind})
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(f"{path} lacks or garbles an entry: delete it") from error
    del done[len(arguments) :]  # fewer are asked for than were kept
    written = time.monotonic()

    def write(kept: bool = True) -> None:
        keep(lambda: write_state(path, digests, {"done": encode(done)}), kept)

    def noted(result: Result) -> None:
        nonlocal written
        done.append(result)
        if time.monotonic() - written >= min(held.interval, INTERVAL):
            write()
            written = time.monotonic()

    write(kept=False)
    try:
        run_jobs(function, arguments[len(done) :], n_jobs, progress, what, unit, noted)
    except KeyboardInterrupt:
        write()
        raise
    path.unlink(missing_ok=True)
    return done
