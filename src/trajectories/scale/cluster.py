"""Work on the parts of something, done where the parts lie; only answers travel.

What a part is turned into stays on the worker that made it. It cannot be sent elsewhere: pickled,
it is an empty shell. Where it was lost, because its worker died or Dask moved it, it is made again
from its source. So a dead worker costs time and changes nothing.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
import time
import uuid
import weakref
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from trajectories.errors import InputError

LOOK_AGAIN = 2.0
"""Seconds after which it is asked anew where the parts lie."""

MOST_ATTEMPTS = 20
"""Passes that are tried before losing parts again and again is an error."""

MEMORY_SHARE = 0.5
"""Of a worker's memory limit: above it parts are kept on its disk."""

KEEP = ("auto", "memory", "disk")


def need_client(client: Any = None) -> Any:
    """Return a ``distributed`` client: the one given, or the one in force.

    Raises
    ------
    InputError
        If Dask is absent, or there is no client.
    """
    try:
        from distributed import Client, get_client
    except ImportError:
        raise InputError(
            "work on a cluster needs Dask: install trajectories[scale] (dask, distributed, pyarrow)"
        ) from None
    if client is None:
        try:
            client = get_client()
        except ValueError:
            raise InputError(
                "there is no Dask client: start one first, client = distributed.Client()"
            ) from None
    if not isinstance(client, Client):
        raise InputError(f"client must be a distributed.Client, not a {type(client).__name__}")
    return client


def later(function: Callable[..., Any], nout: int | None = None) -> Any:
    """Return a function whose calls are Dask tasks; no two calls are taken for the same."""
    delayed: Any = import_module("dask").delayed
    return delayed(function, pure=False, nout=nout)


class Held:
    """What a part was turned into, in the memory of its worker or on its disk.

    Attributes
    ----------
    n_bytes : int
        Size in memory.
    """

    def __init__(self, content: Any, keep: str) -> None:
        self.n_bytes = size_of(content)
        self._content: Any = content
        self._path: str | None = None
        if keep == "disk" or (keep == "auto" and not _fits(self.n_bytes)):
            self._path = _spooled(content)
            self._content = None
            weakref.finalize(self, _remove, self._path)

    def load(self) -> Any | None:
        """Return the content; None where it was lost."""
        if self._content is not None or self._path is None:
            return self._content
        try:
            with open(self._path, "rb") as file:
                return pickle.load(file)
        except OSError:
            return None

    def __sizeof__(self) -> int:
        return 200 if self._content is None else self.n_bytes

    def __reduce__(self) -> Any:
        # rows do not travel: who gets this elsewhere finds it empty
        return _shell, (self.n_bytes,)


def _shell(n_bytes: int) -> Held:
    held = Held.__new__(Held)
    held.n_bytes = n_bytes
    held._content = held._path = None
    return held


def size_of(content: Any, depth: int = 4) -> int:
    """Return the bytes of the arrays in an object, its attributes and theirs."""
    if isinstance(content, np.ndarray):
        return int(content.nbytes)
    if content is None or isinstance(content, str | int | float) or not depth:
        return sys.getsizeof(content)
    if isinstance(content, tuple | list):
        return sum(size_of(one, depth - 1) for one in content)
    if isinstance(content, dict):
        return sum(size_of(one, depth - 1) for one in content.values())
    names = {name for kind in type(content).__mro__ for name in getattr(kind, "__slots__", ())}
    attributes = {name: getattr(content, name, None) for name in names}
    attributes |= getattr(content, "__dict__", {})
    return sys.getsizeof(content) + sum(size_of(one, depth - 1) for one in attributes.values())


def _fits(n_bytes: int) -> bool:
    """Return whether a worker has room for so many bytes more."""
    worker = _worker()
    limit = None if worker is None else worker.memory_manager.memory_limit
    if not limit:
        return True
    used = int(worker.monitor.get_process_memory())
    return bool(used + n_bytes < MEMORY_SHARE * limit)


def _worker() -> Any:
    from distributed import get_worker

    try:
        return get_worker()
    except ValueError:
        return None


def _spooled(content: Any) -> str:
    """Write a part into the folder of its worker, readable by nobody else."""
    worker = _worker()
    folder = Path(worker.local_directory if worker is not None else tempfile.gettempdir())
    path = folder / f"part-{uuid.uuid4().hex}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        pickle.dump(content, file, protocol=5)
    return str(path)


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


def _held(make: Callable[[Any], Any], keep: str, source: Any) -> Held:
    """Turn a source into a part (a task of the cluster)."""
    return Held(make(source), keep)


def _size(held: Held) -> int:
    return held.n_bytes


def _ask(
    function: Callable[..., Any], parts: list[Held], arguments: list[tuple[Any, ...]]
) -> list[tuple[bool, Any]]:
    """Ask several parts of one worker; an answer comes with whether the part was there."""
    answers = []
    for part, own in zip(parts, arguments, strict=True):
        content = part.load()
        answers.append((False, None) if content is None else (True, function(content, *own)))
    return answers


@dataclass(slots=True)
class Traffic:
    """What went over the network between this process and the workers, in bytes of arrays."""

    passes: int = 0
    sent: int = 0
    received: int = 0
    rebuilt: int = 0


class Parts:
    """Parts that lie on the workers of a cluster.

    Parameters
    ----------
    sources : sequence
        What each part is made of: Dask ``Delayed`` objects, or anything that can be sent.
    make : callable
        Can be pickled: turns a (computed) source into a part.
    client : distributed.Client
    keep : {"auto", "memory", "disk"}
        "auto": in a worker's memory while half of its limit is not used.
    """

    def __init__(
        self,
        sources: Sequence[Any],
        make: Callable[[Any], Any],
        client: Any,
        keep: str = "auto",
    ) -> None:
        if keep not in KEEP:
            raise InputError(f"keep must be one of {', '.join(KEEP)}, not {keep!r}")
        self.client = client
        self.traffic = Traffic()
        self._sources, self._make, self._keep = sources, make, keep
        self._futures = [self._built(place) for place in range(len(sources))]
        self._where: dict[str, tuple[str, ...]] = {}
        self._threads: dict[str, int] = {}
        self._looked = -np.inf

    def __len__(self) -> int:
        return len(self._futures)

    @property
    def n_bytes(self) -> int:
        """What all parts together take, in memory or on disk."""
        sizes: list[int] = self.client.gather(self.client.map(_size, self._futures, pure=False))
        return sum(sizes)

    def ask(
        self, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]] | None = None
    ) -> list[Any]:
        """Return ``function(part, *own arguments)`` for every part, in order of the parts.

        Raises
        ------
        InputError
            If parts are lost again and again.
        """
        own = [()] * len(self) if arguments is None else list(arguments)
        answers: list[Any] = [None] * len(self)
        missing = list(range(len(self)))
        for _ in range(MOST_ATTEMPTS):
            lost = self._try(function, own, answers, missing)
            if not lost:
                self.traffic.passes += 1
                return answers
            for place in lost:
                self.traffic.rebuilt += 1
                self._futures[place] = self._built(place)
            self._looked = -np.inf
            missing = lost
        raise InputError(
            f"{len(missing)} of {len(self)} parts were lost {MOST_ATTEMPTS} times: the workers "
            "have too little memory; make smaller parts, or keep='disk'"
        )

    def _try(
        self,
        function: Callable[..., Any],
        own: list[tuple[Any, ...]],
        answers: list[Any],
        wanted: list[int],
    ) -> list[int]:
        """Ask parts, one task a worker and thread; return those that were lost."""
        tasks, futures = self._shared(wanted), []
        for places, where in tasks:
            given = [own[place] for place in places]
            self.traffic.sent += sum(size_of(one) for one in given)
            futures.append(
                self.client.submit(
                    _ask,
                    function,
                    [self._futures[place] for place in places],
                    given,
                    workers=where,
                    allow_other_workers=where is not None,
                    pure=False,
                )
            )
        try:
            found = self.client.gather(futures)
        except BaseException:
            self.client.cancel(futures)
            raise
        lost = []
        for (places, _), parts in zip(tasks, found, strict=True):
            for place, (there, answer) in zip(places, parts, strict=True):
                if there:
                    answers[place] = answer
                    self.traffic.received += _array_bytes(answer)
                else:
                    lost.append(place)
        return sorted(lost)

    def _shared(self, wanted: list[int]) -> list[tuple[list[int], list[str] | None]]:
        """Group parts by the worker they lie on, and share them over its threads."""
        threads = self._look()
        by_worker: dict[str | None, list[int]] = defaultdict(list)
        for place in wanted:
            where = self._where.get(self._futures[place].key, ())
            by_worker[where[0] if where else None].append(place)
        tasks: list[tuple[list[int], list[str] | None]] = []
        for worker, places in by_worker.items():
            # a part that is not made yet is waited for on its own
            n = len(places) if worker is None else min(threads.get(worker, 1), len(places))
            for first in range(n):
                tasks.append((places[first::n], None if worker is None else [worker]))
        return tasks

    def _look(self) -> dict[str, int]:
        """Ask where parts lie, unless that was done a moment ago."""
        if time.monotonic() - self._looked > LOOK_AGAIN:
            wait: Any = import_module("distributed").wait
            wait(self._futures)
            self._where = dict(self.client.who_has(self._futures))
            self._threads = dict(self.client.nthreads())
            self._looked = time.monotonic()
        return self._threads

    def _built(self, place: int) -> Any:
        # another key each time: what was lost may still be known under its old one
        task = later(partial(_held, self._make, self._keep))(
            self._sources[place], dask_key_name=f"part-{place}-{uuid.uuid4().hex}"
        )
        return self.client.compute(task)


def _array_bytes(answer: Any) -> int:
    if isinstance(answer, np.ndarray):
        return int(answer.nbytes)
    if isinstance(answer, tuple | list):
        return sum(_array_bytes(one) for one in answer)
    if isinstance(answer, int | float | bool | str) or answer is None:
        return 8
    if isinstance(answer, dict):
        return sum(_array_bytes(one) for one in answer.values())
    if hasattr(answer, "__dataclass_fields__"):
        names = answer.__dataclass_fields__
        return sum(_array_bytes(getattr(answer, name)) for name in names)
    return sys.getsizeof(answer)
