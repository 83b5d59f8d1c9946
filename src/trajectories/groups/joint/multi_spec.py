"""The specification of a multi-trajectory model: groups that several outcomes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from trajectories.errors import InputError
from trajectories.families import Family
from trajectories.groups.control import Control
from trajectories.groups.joint.alignment import align
from trajectories.groups.joint.assemble import shared_results
from trajectories.groups.joint.fit_options import (
    checked_control,
    for_search,
    warn_if_improper,
)
from trajectories.groups.joint.joint_model import JointModel
from trajectories.groups.joint.multi_results import MultiTrajectoriesResults
from trajectories.groups.joint.outcome import MOST_OUTCOMES, Outcome, check_names, checked_panels
from trajectories.groups.joint.problems import outcomes_problem
from trajectories.groups.search.fitting import search
from trajectories.groups.spec import GroupTrajectories
from trajectories.numerics.arguments import whole_number
from trajectories.panel import Panel


@dataclass(frozen=True)
class MultiTrajectories:
    """A finite mixture of groups, each with a curve for every one of several outcomes.

    A group is a class of persons who develop alike in all outcomes. Given the group outcomes are
    independent, within and between panels: log f(y_i | k) is the sum over outcomes m and ages t of
    log f_m(y_imt | k).

    Parameters
    ----------
    n_groups : int
    outcomes : mapping of str to Outcome, family name or Family
        One to six outcomes; families may differ.

    Raises
    ------
    InputError
        For an unknown family, numbers that make no model, or too many outcomes.

    Notes
    -----
    Source: Nagin, Jones, Passos and Tremblay (2018), Statistical Methods in Medical Research 27(7),
    2015-2023.

    Examples
    --------
    >>> import trajectories as tr
    >>> spec = tr.MultiTrajectories(
    ...     3, outcomes={"violence": tr.Outcome("zip", 2), "drugs": tr.Outcome("bernoulli", 1)}
    ... )
    """

    n_groups: int
    outcomes: Mapping[str, Outcome | str | Family]
    _specs: dict[str, GroupTrajectories] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_names(self.outcomes, "a multi-trajectory model", 1, MOST_OUTCOMES)
        specs = {}
        for name, said in self.outcomes.items():
            one = said if isinstance(said, Outcome) else Outcome(said)
            try:
                specs[name] = GroupTrajectories(self.n_groups, one.family, one.degree, one.basis)
            except InputError as error:
                raise InputError(f"outcome {name!r}: {error}") from None
        object.__setattr__(self, "outcomes", dict(self.outcomes))
        object.__setattr__(self, "_specs", specs)

    def fit(
        self,
        panels: Mapping[str, Panel],
        seed: int = 0,
        n_starts: int | None = None,
        incomplete: str = "refuse",
        progress: bool = False,
        control: Control | None = None,
    ) -> MultiTrajectoriesResults:
        """Fit the model by maximum likelihood.

        Parameters
        ----------
        panels : mapping of outcome name to Panel
            Units are matched by id, in any order; ages may differ between outcomes. Weights, where
            there are any, must be the same in every panel.
        seed : int
        n_starts : int, optional
            Random starts; 60 unless told.
        incomplete : {"refuse", "keep", "leave_out"}
            What to do with units that some panel does not hold: refuse to fit and say how many,
            keep them with the outcomes that they have (right if the others are missing at random),
            or leave them out. The results carry the counts.
        progress : bool
        control : Control, optional

        Raises
        ------
        InputError
            If the panels cannot carry the model; the message says what to change.

        Warns
        -----
        DegenerateSolutionWarning
            If the best solution is not a proper interior maximum; ``notes`` say why.
        """
        seed, settings = whole_number("seed", seed), checked_control(control, n_starts)
        aligned = align(checked_panels(panels, list(self._specs)), incomplete)
        specs = self._specs.values()
        models = tuple(s.model(p) for s, p in zip(specs, aligned.panels, strict=True))
        model = JointModel(
            tuple(self._specs), models, (tuple(range(int(self.n_groups))),) * len(models)
        )
        problem = outcomes_problem(aligned, model.names, models)
        solution = search(problem, for_search(model), seed, settings, progress)
        results = shared_results(aligned, solution, seed, settings)
        warn_if_improper(results.stop_reason, results.notes)
        return results
