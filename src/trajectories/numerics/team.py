"""Share work on a panel among processes that all see the same memory.

Threads would be simpler, but a block of rows takes NumPy some ten microseconds an operation, and
waiting for the interpreter's lock between two of them costs as much as the work. So the first work
that is worth it forks processes. They see the panel where it lies, without a copy; what travels is
the tables of a model one way and the sums of a chunk of rows the other.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import current_process, get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from trajectories.errors import TrajectoriesWarning
from trajectories.numerics.types import FloatArray

Sums = tuple[FloatArray, ...]

SMALLEST = 100_000
"""Rows from which a pass is worth a message to another process."""

PATIENCE = 1e-3
"""Seconds for which a process looks out for a message before it goes to sleep."""

GONE = (EOFError, BrokenPipeError, ConnectionResetError)
"""What talking to a process that was killed ends in."""


def can_share() -> bool:
    """Return whether processes of this machine can see each other's memory by a fork.

    macOS can fork, but its own libraries do not work in the child. A worker of a
    ``multiprocessing.Pool`` is a daemon, and may have no children.
    """
    return sys.platform == "linux" and not current_process().daemon


class Team:
    """Work on a panel together: one process and ``n_jobs - 1`` others forked from it.

    Parameters
    ----------
    holder : object
        What holds the panel. The others see it as it is now: it must not change any more.
    n_jobs : int

    Raises
    ------
    OSError
        If the system allows no more processes, or pipes to them.
    """

    def __init__(self, holder: object, n_jobs: int) -> None:
        self._holder = weakref.ref(holder)
        self.n_jobs = n_jobs
        self._owner = os.getpid()
        self._taken = threading.Lock()
        self._turns = _Turns()
        self._ends: list[Connection] = []
        processes: list[Any] = []
        self._dismiss = weakref.finalize(
            holder, _dismiss, self._owner, self._turns, self._ends, processes
        )
        context = get_context("fork")
        try:
            for _ in range(n_jobs - 1):
                ours, theirs = context.Pipe()
                self._ends.append(ours)
                arguments = holder, theirs, self._turns, list(self._ends)
                process = context.Process(target=_serve, args=arguments, daemon=True)
                with theirs, warnings.catch_warnings():
                    # a fork among threads may deadlock where the child needs a lock that one of
                    # them holds; these children compute, and take none
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
                processes.append(process)
        except OSError:
            self._dismiss()
            raise

    def serves(self, holder: object, n_jobs: int) -> bool:
        """Return whether this is a team for that holder, of that size, and still at work.

        A process forked from the team's own inherits the object, and must not talk to the team.
        """
        if self._owner != os.getpid() or self._holder() is not holder:
            return False
        return self._dismiss.alive and self.n_jobs == n_jobs

    @classmethod
    def of(cls, holder: object, n_jobs: int) -> Team | None:
        """Return a team, or None, with a warning, if the system allows no more processes."""
        try:
            return cls(holder, n_jobs)
        except OSError as error:
            warnings.warn(
                f"the system gives no more processes ({error.strerror}): the fit goes on without, "
                "which takes longer and gives the same; n_jobs=1 asks for none",
                TrajectoriesWarning,
                stacklevel=2,
            )
            return None

    def compute(
        self,
        work: Callable[..., Sums],
        tasks: Sequence[Any],
        arguments: tuple[Any, ...],
    ) -> list[Sums]:
        """Return ``work(holder, task, *arguments)`` for every task, in their order.

        Whoever is free takes the next task. What a process that was killed owed is computed here,
        and the team is dismissed. While it is at work for one thread, another computes alone.

        Parameters
        ----------
        work : callable
            Of a module or class, so that it has a name. Its sums have the same shapes every time.
        tasks : sequence
            At most 10,000.
        arguments : tuple
        """
        holder, complete = self._holder(), False
        if not self._taken.acquire(blocking=False):
            return [work(holder, task, *arguments) for task in tasks]
        try:
            self._turns.give(len(tasks))
            for end in self._ends:
                with suppress(*GONE):
                    end.send((work, tasks, arguments))
            done = _compute(holder, self._turns, work, tasks, arguments)
            answered = [_received(end, done) for end in self._ends]
            complete = all(answered)
        finally:
            if not complete:  # answers may be on their way, and would be taken for the next
                self._dismiss()
            self._taken.release()
        owed = (i for i in range(len(tasks)) if i not in done)
        done |= {i: work(holder, tasks[i], *arguments) for i in owed}
        return [done[i] for i in range(len(tasks))]


class _Turns:
    """Numbers that several processes draw from, each of them once: four bytes each in a pipe."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)

    def give(self, n_turns: int) -> None:
        os.write(self._in, np.arange(n_turns, dtype=np.uint32).tobytes())

    def take(self) -> int | None:
        try:
            return int.from_bytes(os.read(self._out, 4), sys.byteorder)
        except BlockingIOError:
            return None

    def close(self) -> None:
        os.close(self._out)
        os.close(self._in)


def _compute(
    holder: object,
    turns: _Turns,
    work: Callable[..., Sums],
    tasks: Sequence[Any],
    arguments: tuple[Any, ...],
) -> dict[int, Sums]:
    done = {}
    while (i := turns.take()) is not None:
        done[i] = work(holder, tasks[i], *arguments)
    return done


def _awaited(end: Connection) -> Any:
    """Return the next message; look out for it for a moment before going to sleep.

    To wake a core takes a tenth of a millisecond or more, and passes follow each other.
    """
    waiting = select.poll()
    waiting.register(end.fileno(), select.POLLIN)
    until = time.perf_counter() + PATIENCE
    while not waiting.poll(0) and time.perf_counter() < until:
        pass
    return end.recv()


def _received(end: Connection, done: dict[int, Sums]) -> bool:
    """Add the answer of another process to what is done; False if it is gone."""
    try:
        answer = _awaited(end)
    except GONE:
        return False
    if isinstance(answer, Exception):
        raise answer
    places, stacked = answer
    done |= dict(zip(places, zip(*stacked, strict=True), strict=True))
    return True


def _packed(done: dict[int, Sums]) -> tuple[list[int], list[FloatArray]]:
    """Stack sums: a few large arrays travel faster than many small ones."""
    return list(done), [np.stack(column) for column in zip(*done.values(), strict=True)]


def _serve(
    holder: object, end: Connection, turns: _Turns, ends_of_parent: list[Connection]
) -> None:
    """Compute what is asked for, until nobody is there to ask."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    gc.disable()  # it would write to, and so copy, memory that is shared
    for other in ends_of_parent:
        other.close()
    with suppress(*GONE):
        while True:
            order = _awaited(end)
            if order is None:
                return
            answer: object
            try:
                answer = _packed(_compute(holder, turns, *order))
            except Exception as error:
                answer = error
            end.send(answer)


def _dismiss(owner: int, turns: _Turns, ends: list[Connection], processes: list[Any]) -> None:
    own = owner == os.getpid()  # a process forked from the owner has copies to close, no children
    for end in ends:
        if own:
            with suppress(*GONE):
                end.send(None)  # others may hold a copy of our end, so that closing it says nothing
        end.close()
    for process in processes if own else ():
        process.join(1.0)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
    turns.close()
