"""A team of processes: every run once, nothing lost when one is killed, nobody left behind."""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkProcess

import numpy as np
import pytest

import trajectories as tr
import trajectories.numerics.shared_rows as sharing
import trajectories.numerics.team as processes
from trajectories.numerics.team import Team, can_share

pytestmark = pytest.mark.skipif(not can_share(), reason="processes here see no common memory")

PARENT = os.getpid()
RUNS = [[slice(low, low + 10)] for low in range(0, 300, 10)]


def children() -> list[ForkProcess]:
    """Return the processes of teams; a pool that an earlier test left is none."""
    return [one for one in multiprocessing.active_children() if isinstance(one, ForkProcess)]


class Numbers:
    """Some rows to sum up."""

    def __init__(self) -> None:
        self.values = np.arange(300.0)

    def total(self, blocks: Sequence[slice], factor: float) -> tuple[np.ndarray, ...]:
        """Sum a run of blocks, slowly enough that everybody gets some."""
        time.sleep(0.001)
        return np.array([factor * self.values[b].sum() for b in blocks]), np.array([os.getpid()])

    def die(self, blocks: Sequence[slice]) -> tuple[np.ndarray, ...]:
        """Kill the process that computes, unless it is the parent."""
        if os.getpid() != PARENT:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.01)
        return (np.array([self.values[b].sum() for b in blocks]),)

    def fail(self, blocks: Sequence[slice]) -> tuple[np.ndarray, ...]:
        """Fail in the other process only."""
        if os.getpid() != PARENT:
            raise ZeroDivisionError("on purpose")
        time.sleep(0.01)
        return (np.zeros(1),)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_every_run_is_computed_once_and_in_order_by_several_processes(n_jobs: int) -> None:
    numbers = Numbers()
    team = Team(numbers, n_jobs)
    at_work: set[float] = set()
    for factor in range(1, 101):  # where others keep the cores busy, one may come late now and then
        answers = team.compute(Numbers.total, RUNS, (factor,))
        expected = [factor * numbers.values[run[0]].sum() for run in RUNS]
        assert [one[0][0] for one in answers] == expected
        at_work |= {one[1][0] for one in answers}
        if len(at_work) == n_jobs and factor > 1:
            break
    assert len(at_work) == n_jobs


def test_what_a_killed_process_owed_is_computed_and_the_team_dismissed() -> None:
    numbers = Numbers()
    team = Team(numbers, 3)
    answers = team.compute(Numbers.die, RUNS, ())
    assert [one[0][0] for one in answers] == [numbers.values[run[0]].sum() for run in RUNS]
    assert not team.serves(numbers, 3)
    assert not children()


def test_an_error_in_another_process_is_raised_here() -> None:
    numbers = Numbers()
    team = Team(numbers, 2)
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        team.compute(Numbers.fail, RUNS, ())
    assert not team.serves(numbers, 2)


def test_an_interruption_leaves_no_process_and_no_wrong_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = Numbers()
    team = Team(numbers, 2)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[Team.__module__], "_compute", interrupt)
        with pytest.raises(KeyboardInterrupt):
            team.compute(Numbers.total, RUNS, (1.0,))
    assert not team.serves(numbers, 2)
    assert not children()


def totals_of_many_passes(numbers: Numbers, team: Team) -> bool:
    """Return whether every pass gives the sums of its own factor, also by those it may not use."""
    for factor in np.arange(20.0):
        if not team.serves(numbers, team.n_jobs):
            team = Team(numbers, team.n_jobs)
        answers = team.compute(Numbers.total, RUNS, (factor,))
        expected = [factor * numbers.values[run[0]].sum() for run in RUNS]
        if [one[0][0] for one in answers] != expected:
            return False
    return True


def test_a_process_forked_beside_a_team_does_not_talk_to_it() -> None:
    numbers = Numbers()
    team = Team(numbers, 2)
    ours, theirs = multiprocessing.Pipe()

    def child() -> None:
        theirs.send(totals_of_many_passes(numbers, team))

    other = multiprocessing.get_context("fork").Process(target=child)
    other.start()
    assert totals_of_many_passes(numbers, team)
    assert ours.poll(30)
    assert ours.recv()
    other.join()
    assert other.exitcode == 0
    assert totals_of_many_passes(numbers, team)


def test_threads_that_use_one_team_at_once_get_their_own_answers() -> None:
    numbers = Numbers()
    team = Team(numbers, 2)
    with ThreadPoolExecutor(3) as pool:
        found = [pool.submit(totals_of_many_passes, numbers, team) for _ in range(3)]
    assert all(one.result() for one in found)


def small_fit(n_jobs: int) -> tuple[float, bytes]:
    """Return what a fit with processes or without gives, to the bit."""
    sharing.SMALLEST = 1
    counts = np.random.default_rng(1).poisson(0.7, (500, 6))
    panel = tr.Panel.from_wide(counts, ages=np.arange(6) + 15)
    found = tr.GroupTrajectories(1, "poisson", 1).fit(panel, n_jobs=n_jobs)
    return found.llf, found.params.to_numpy().tobytes()


def test_a_worker_of_a_pool_who_may_have_no_children_fits_all_the_same() -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        alone, together = pool.map(small_fit, [1, 2])
    assert alone == together


def test_processes_end_with_what_they_hold() -> None:
    numbers = Numbers()
    Team(numbers, 3)
    assert len(children()) == 2
    del numbers
    gc.collect()
    assert not children()


def test_a_killed_process_costs_a_fit_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SMALLEST", 1)
    counts = np.random.default_rng(1).poisson(0.7, (2_000, 8))
    panel = tr.Panel.from_wide(counts, ages=np.arange(8) + 15)
    spec = tr.GroupTrajectories(2, "poisson", 1)
    alone = spec.fit(panel, n_starts=2)
    passes = 0
    compute = Team.compute

    def sometimes_killed(team: Team, *arguments: object) -> object:
        nonlocal passes
        passes += 1
        if passes % 5 == 3:
            for process in children():
                process.kill()
        return compute(team, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Team, "compute", sometimes_killed)
    together = spec.fit(panel, n_starts=2, n_jobs=2)
    assert passes > 5
    assert np.array_equal(alone.params, together.params)
    assert alone.llf == together.llf


def test_a_fit_leaves_no_process_behind_without_waiting_for_garbage_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "SMALLEST", 1)
    counts = np.random.default_rng(1).poisson(0.7, (2_000, 8))
    panel = tr.Panel.from_wide(counts, ages=np.arange(8) + 15)
    gc.collect()
    gc.disable()
    try:
        tr.GroupTrajectories(1, "poisson", 1).fit(panel, n_jobs=2)
        assert not children()
    finally:
        gc.enable()


def test_a_copy_has_no_part_in_the_team(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "SMALLEST", 1)
    counts = np.random.default_rng(2).poisson(0.7, (9_000, 4))
    panel = tr.Panel.from_wide(counts, ages=np.arange(4) + 15)
    statistics = sharing_statistics(panel)
    statistics.n_jobs = 2
    totals = statistics.feature_sums()
    assert statistics._team is not None
    assert copy(statistics)._team is None
    back = pickle.loads(pickle.dumps(statistics))
    assert back._team is None
    back._feature_sums = None
    assert all(np.array_equal(a, b) for a, b in zip(totals, back.feature_sums(), strict=True))


def sharing_statistics(panel: tr.Panel):  # type: ignore[no-untyped-def]
    """Return the statistics that a Poisson model has of a panel."""
    from trajectories.families import resolve
    from trajectories.groups.search.prepare import prepare

    return prepare(panel, resolve("poisson"), merge=False).statistics


def test_where_no_process_can_be_had_the_fit_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "SMALLEST", 1)
    counts = np.random.default_rng(3).poisson(0.7, (500, 6))
    panel = tr.Panel.from_wide(counts, ages=np.arange(6) + 15)
    spec = tr.GroupTrajectories(1, "poisson", 1)
    alone = spec.fit(panel)

    def refused(*_: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(ForkProcess, "start", refused)
    with pytest.warns(tr.errors.TrajectoriesWarning, match="no more processes"):
        together = spec.fit(panel, n_jobs=2)
    assert np.array_equal(alone.params, together.params)


def test_where_no_pipe_can_be_had_none_stays_open_and_nobody_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Context(ForkContext):
        pipes = 0

        def Pipe(  # noqa: N802
            self, duplex: bool = True
        ) -> tuple[Connection, Connection]:
            Context.pipes += 1
            if Context.pipes > 2:
                raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
            return super().Pipe(duplex)

    monkeypatch.setattr(processes, "get_context", lambda _: Context())
    numbers, before = Numbers(), len(os.listdir("/proc/self/fd"))
    running = len(children())
    with pytest.raises(OSError, match="Too many open files"):
        Team(numbers, 4)
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(children()) == running
