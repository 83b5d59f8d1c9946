"""Work on the parts of something, done where the parts lie; only answers travel.

What a part is turned into stays on the worker that made it (:mod:`trajectories.scale.held`). Where
it was lost, because its worker died or Dask moved it, it is made again from its source. So a dead
worker costs time and changes nothing.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from trajectories.errors import InputError
from trajectories.scale.held import Held, size_of

LOOK_AGAIN = 2.0
"""Seconds after which it is asked anew where the parts lie."""

MOST_ATTEMPTS = 20
"""Passes that are tried before losing parts again and again is an error."""

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
