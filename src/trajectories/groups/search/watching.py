"""Starts run to the end under watch: recorded, shown, and cancelled if somebody wants that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from trajectories.groups.control import Control
from trajectories.groups.model import Model
from trajectories.groups.search.checkpoint import Checkpoint, State
from trajectories.groups.search.fingerprint import settings_digest
from trajectories.groups.search.parallel import bar_stream
from trajectories.groups.search.recording import Journal, RecordedMixture
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.em import Ending, Fitted
from trajectories.numerics.mixture import Mixture, Parameters

if TYPE_CHECKING:
    from trajectories.groups.search.problem import Problem

Climb = Callable[[Mixture, Parameters, Control], Fitted]


@dataclass(frozen=True, slots=True)
class FitProgress:
    """How far a fit is.

    Attributes
    ----------
    finished, n_starts : int
        Starts run to the end, and how many are to be.
    iterations : int
        Passes over the data that the present start has taken.
    llf : float
        Highest log-likelihood so far; NaN before the first.
    """

    finished: int
    n_starts: int
    iterations: int
    llf: float


Callback = Callable[[FitProgress], Any]


@dataclass(frozen=True, slots=True)
class Watch:
    """What happens beside a search.

    Attributes
    ----------
    checkpoint : Checkpoint or None
    callback : callable or None
        Called at every pass with a FitProgress; cancels the search by returning True.
    keep_best : bool
        Whether an interrupt (Ctrl-C) ends the search with the best so far; else it is raised.
    """

    checkpoint: Checkpoint | None = None
    callback: Callback | None = None
    keep_best: bool = False

    def open(
        self,
        problem: Problem,
        model: Model,
        seed: int,
        control: Control,
        extra_starts: Sequence[Parameters],
        random_starts: bool,
    ) -> State | None:
        """Return the state in the checkpoint, or None if there is none to be kept."""
        if self.checkpoint is None:
            return None
        settings = settings_digest(model, seed, control, extra_starts, random_starts)
        return self.checkpoint.open(problem.fingerprint(), settings)


Results = TypeVar("Results", bound="Stopped")


class Stopped(Protocol):
    """What says why it stopped."""

    @property
    def stop_reason(self) -> StopReason:
        """Why it stopped."""
        ...


def not_cancelled(results: Results) -> Results:
    """Return results unless their fit was cancelled: then pass the interrupt on.

    For work of many fits, which has no use for one that is half done.
    """
    if results.stop_reason is StopReason.CANCELLED:
        raise KeyboardInterrupt
    return results


class _Cancelled(KeyboardInterrupt):
    """The callback asked for an end."""


def run_starts(
    mixture: Mixture,
    starts: Sequence[Parameters],
    control: Control,
    climb: Climb,
    progress: bool = False,
    watch: Watch | None = None,
    state: State | None = None,
) -> tuple[list[Fitted], bool]:
    """Run starts to the end, one after another; those that the state holds are not run again.

    Returns
    -------
    finished : list of Fitted
        In the order of the starts. Of a start that was cancelled, the highest point.
    cancelled : bool
    """
    watch = Watch() if watch is None else watch
    if state is None and watch == Watch() and not progress:
        return [climb(mixture, start, control) for start in starts], False
    finished = [] if state is None else list(state.finished)
    bar = _Bar(len(starts), control.em_steps) if progress else None
    recorded: RecordedMixture | None = None
    try:
        for place in range(len(finished), len(starts)):
            recorded = _recorded(mixture, watch, state, finished, len(starts), bar)
            done = climb(recorded, starts[place], control)
            recorded = None
            finished.append(done)
            if state is not None:
                state.finish(done)
    except KeyboardInterrupt as interrupt:
        if state is not None:
            state.write()
        if not (watch.keep_best or isinstance(interrupt, _Cancelled)):
            raise
        if recorded is not None and recorded.best is not None:
            finished.append(_unfinished(mixture, recorded))
        if not finished:
            raise KeyboardInterrupt from None
        return finished, True
    finally:
        if bar is not None:
            bar.close()
    return finished, False


def _recorded(
    mixture: Mixture,
    watch: Watch,
    state: State | None,
    finished: Sequence[Fitted],
    n_starts: int,
    bar: _Bar | None,
) -> RecordedMixture:
    highest = max((one.llf for one in finished), default=-np.inf)

    def look(recorded: RecordedMixture) -> None:
        best = highest if recorded.best is None else max(highest, recorded.best[1])
        llf = best if np.isfinite(best) else np.nan
        now = FitProgress(len(finished), n_starts, recorded.iterations, llf)
        if bar is not None:
            bar.show(now, [one.n_iter for one in finished])
        if watch.callback is not None and watch.callback(now) is True:
            raise _Cancelled

    journal = Journal() if state is None else Journal(state.entries, state.write_if_due)
    return RecordedMixture(mixture, journal, look)


def _unfinished(mixture: Mixture, recorded: RecordedMixture) -> Fitted:
    """Return the highest point of a climb that was cancelled, as it stands."""
    assert recorded.best is not None  # the caller looked
    parameters, _ = recorded.best
    llf, score, information, _ = mixture.score_and_information(parameters)
    score = mixture.projected(score)
    return Fitted(
        parameters=parameters,
        llf=llf,
        score=score,
        information=information,
        n_iter=recorded.iterations,
        expected_gain=float("inf"),
        ending=Ending.CANCELLED,
        trace=(llf,),
    )


class _Bar:
    """A bar over starts that also moves with the iterations of a start, with the time left."""

    def __init__(self, n_starts: int, steps: int) -> None:
        from tqdm import tqdm

        self._guess = steps + 10
        self._bar = tqdm(
            total=n_starts,
            desc="best starts",
            leave=False,
            file=bar_stream(),
            bar_format="{desc} {percentage:3.0f}%|{bar}|{postfix} [{elapsed}<{remaining}]",
        )

    def show(self, now: FitProgress, lengths: list[int]) -> None:
        """Move the bar to a number of starts, and the part of the present one."""
        expected = float(np.mean(lengths)) if lengths else float(self._guess)
        part = min(now.iterations / max(expected, 1.0), 0.95)
        self._bar.set_postfix_str(
            f" start {now.finished + 1} of {now.n_starts}, iteration {now.iterations}",
            refresh=False,
        )
        # only forwards: a start can take longer than those before it
        self._bar.update(max(now.finished + part - self._bar.n, 0.0))

    def close(self) -> None:
        self._bar.close()
