"""Bootstrap likelihood-ratio test of K groups against more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trajectories.errors import InputError
from trajectories.groups.adequacy.simulated_outcomes import one_row_a_person, simulate_outcomes
from trajectories.groups.control import Control
from trajectories.groups.inference.fitted_panel import mixture_of
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.parallel import run_jobs
from trajectories.groups.search.warm_starts import split_starts
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel

BATCH = 16
"""Replicates are drawn in batches of this size where the test may stop early."""

REFITS = Control(n_starts=10, n_finish=3)
"""Random starts of each refit, besides those from the fitted solutions."""


@dataclass(frozen=True, eq=False, repr=False)
class BootstrapTest:
    """A likelihood-ratio test whose reference distribution was simulated.

    Attributes
    ----------
    null : str
        The null hypothesis in words.
    statistic : float
        2 x (log-likelihood of the larger model - that of the smaller).
    p_value : float
        (1 + replicates at least as large) / (1 + replicates); where the test stopped early,
        replicates at least as large / replicates.
    p_value_error : float
        Monte-Carlo standard error of the p-value.
    replicates : ndarray
        The statistic in each simulated panel, in the order drawn.
    n_asked : int
        Replicates asked for.
    stopped_early : bool
        Whether it stopped at the number of exceedances that was stated in advance.
    n_failed : int
        Simulated panels on which a model could not be fitted; they have no statistic.
    seed : int
    """

    null: str
    statistic: float
    p_value: float
    p_value_error: float
    replicates: FloatArray
    n_asked: int
    stopped_early: bool
    n_failed: int
    seed: int

    def __repr__(self) -> str:
        """Return null, statistic and p-value in words."""
        early = f" (stopped early; {self.n_asked} were asked for)" if self.stopped_early else ""
        failed = f"; {self.n_failed} could not be fitted" if self.n_failed else ""
        return (
            f"Null: {self.null}.\n"
            f"Likelihood-ratio statistic {self.statistic:.3f}, bootstrap p-value "
            f"{self.p_value:.4f} (Monte-Carlo standard error {self.p_value_error:.4f}) from "
            f"{len(self.replicates)} simulated panels{early}{failed}, seed {self.seed}."
        )


def bootstrap_likelihood_ratio(
    panel: Panel,
    smaller: GroupTrajectoriesResults,
    larger: GroupTrajectoriesResults,
    n_replicates: int = 199,
    seed: int = 0,
    n_jobs: int = 1,
    stop_after: int | None = None,
    control: Control | None = None,
    progress: bool = False,
) -> BootstrapTest:
    """Test whether the larger model has more groups than the persons were drawn from.

    The likelihood ratio of K against K + 1 groups has no chi-squared distribution: under the null
    a share is zero, or two curves are one. So panels are drawn from the fitted smaller model, on
    the missing pattern and with the exposure of the panel itself, both models are fitted to each,
    and the observed ratio is compared with theirs. Refits start from the solution drawn from, with
    each of its groups split in two for the larger model, from the larger solution, and from a few
    random starts.

    Parameters
    ----------
    panel : Panel
        The one that both models were fitted to.
    smaller, larger : GroupTrajectoriesResults
        Fits of one family; the larger has more groups.
    n_replicates : int
    seed : int
    n_jobs : int
        Processes; -1 takes every core. The answer is the same.
    stop_after : int, optional
        Stop when so many replicates are at least as large as the observed statistic: the p-value
        is then this number over the replicates drawn (Besag and Clifford 1991). By default all
        replicates are drawn.
    control : Control, optional
        Numerical settings of the refits; ten random starts unless told.
    progress : bool
        Whether to show a progress bar on standard error (in a notebook, on standard output).

    Raises
    ------
    InputError
        If the fits are not of this panel, or not of one family with more groups in the second;
        if a number is not valid; if weights are no whole numbers.

    Notes
    -----
    Source: McLachlan (1987), Applied Statistics 36(3), 318-324. The p-value counts the observed
    panel among the replicates: Davison and Hinkley (1997), Bootstrap Methods and their
    Application, section 4.2. Early stopping: Besag and Clifford (1991), Biometrika 78(2), 301-304.
    """
    _check(smaller, larger, n_replicates, stop_after, seed)
    panel, _ = mixture_of(smaller, panel)
    mixture_of(larger, panel)
    persons = one_row_a_person(panel)
    control = REFITS if control is None else control
    statistic = 2 * (larger.llf - smaller.llf)
    seeds = np.random.SeedSequence(seed).spawn(n_replicates)
    batch = n_replicates if stop_after is None else BATCH
    drawn: list[float] = []
    for first in range(0, n_replicates, batch):
        work = [(persons, smaller, larger, own, control) for own in seeds[first : first + batch]]
        drawn += run_jobs(replicate, work, n_jobs, progress, "simulated panels", "panel")
        if stop_after is not None and sum(one >= statistic for one in drawn) >= stop_after:
            break
    return _judged(smaller, statistic, np.array(drawn), n_replicates, stop_after, seed)


def replicate(
    panel: Panel,
    smaller: GroupTrajectoriesResults,
    larger: GroupTrajectoriesResults,
    seed: np.random.SeedSequence,
    control: Control,
) -> float:
    """Return the likelihood-ratio statistic of one panel drawn from the smaller model.

    NaN where the drawn panel cannot carry a model.
    """
    own, other = seed.spawn(2)
    rng = np.random.default_rng(own)
    drawn = simulate_outcomes(smaller.model, smaller.parameters, panel, rng)
    start_seed = int(np.random.default_rng(other).integers(2**31))
    try:
        null = solve(drawn, smaller.model, start_seed, control, extra_starts=[smaller.parameters])
        split = split_starts(larger.model, null.model, null.fitted.parameters, panel.grid)
        starts = [larger.parameters, *split]
        full = solve(drawn, larger.model, start_seed, control, extra_starts=starts)
    except InputError:
        return float("nan")
    return 2 * (full.fitted.llf - null.fitted.llf)


def _judged(
    smaller: GroupTrajectoriesResults,
    statistic: float,
    drawn: FloatArray,
    asked: int,
    stop_after: int | None,
    seed: int,
) -> BootstrapTest:
    """Return the test, cut at the replicate where it was to stop."""
    exceeds = np.cumsum(drawn >= statistic)
    early = stop_after is not None and bool(exceeds[-1] >= stop_after)
    if stop_after is not None and early:
        drawn = drawn[: int(np.argmax(exceeds >= stop_after)) + 1]
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        raise InputError("no simulated panel could be fitted; the models are too large for it")
    count = int((known >= statistic).sum())
    if stop_after is not None and early:
        p_value = count / len(known)
        error = p_value * float(np.sqrt((1 - p_value) / count))
    else:
        p_value = (1 + count) / (1 + len(known))
        error = float(np.sqrt(p_value * (1 - p_value) / (1 + len(known))))
    groups = "one group" if smaller.n_groups == 1 else f"{smaller.n_groups} groups"
    null = (
        f"every person was drawn from one of {groups}"
        if smaller.n_groups > 1
        else f"all persons were drawn from {groups}"
    )
    return BootstrapTest(
        null=f"{null}, {smaller.family}, degree {smaller.degree}",
        statistic=statistic,
        p_value=p_value,
        p_value_error=error,
        replicates=known,
        n_asked=asked,
        stopped_early=early and len(drawn) < asked,
        n_failed=len(drawn) - len(known),
        seed=seed,
    )


def _check(
    smaller: GroupTrajectoriesResults,
    larger: GroupTrajectoriesResults,
    n_replicates: int,
    stop_after: int | None,
    seed: int,
) -> None:
    if smaller.family != larger.family or larger.n_groups != smaller.n_groups + 1:
        raise InputError(
            "the test compares K with K + 1 groups of one family; found "
            f"{smaller.n_groups} groups, {smaller.family}, and {larger.n_groups} groups, "
            f"{larger.family}"
        )
    if larger.llf < smaller.llf - 1e-3:
        raise InputError(
            f"the larger model has a log-likelihood {smaller.llf - larger.llf:.3f} lower than the "
            "smaller one, so it is not at its maximum: fit it with more starts"
        )
    numbers = {"n_replicates": (n_replicates, 9), "seed": (seed, 0)}
    if stop_after is not None:
        numbers["stop_after"] = (stop_after, 1)
    for name, (value, lowest) in numbers.items():
        whole_number(name, value, lowest)
