"""The specification of a group-based trajectory model; it holds no data."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import DegenerateSolutionWarning, InputError
from trajectories.families import Family, resolve
from trajectories.groups.bases import CurveBasis, resolve_basis
from trajectories.groups.control import Control
from trajectories.groups.inference.sandwich import check_kind, with_covariance
from trajectories.groups.membership.terms import check_no_covariates, read_membership
from trajectories.groups.model import Model
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.search.assemble import from_solution
from trajectories.groups.search.checkpoint import Checkpoint, as_checkpoint
from trajectories.groups.search.fitting import solve
from trajectories.groups.search.given_start import given_start
from trajectories.groups.search.spread_panel import SpreadPanel, refuse_options
from trajectories.groups.search.watching import Callback, Watch
from trajectories.groups.time_varying import TimeVarying, check_names
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.panel.outlying import said_of_outlying
from trajectories.panel.weight_kind import warn_of_weights


@dataclass(frozen=True)
class GroupTrajectories:
    """A finite mixture of groups, each with its own curve of the outcome over age.

    Unit i belongs to group k with probability pi_k; given the group its outcomes at different ages
    are independent, with density f(y | eta_k(age), exposure). The log-likelihood is
    sum_i w_i log sum_k pi_k prod_t f(y_it | k), over observed cells only.

    Parameters
    ----------
    n_groups : int
        Number of groups, K.
    family : str or Family
        ``"poisson"``, ``"zip"`` (zero-inflated, inflation polynomial of degree 1 per group),
        ``"zip_tau"``, ``"negbin"``, ``"zinb"``, ``"bernoulli"``, ``"censored_normal"``, ``"beta"``,
        or an object such as ``families.ZeroInflatedPoisson(inflation_degree=2)``.
    degree : int or sequence of K ints, optional
        Degree of the curve in age, one for all groups or one per group; -1 fixes a group at an
        outcome of zero. 2 for polynomials and 3 for splines unless told. Groups are numbered by
        the fit, so which group has which degree is seen in ``results.degree``.
    basis : str or CurveBasis
        ``"polynomial"``, ``"bspline"``, ``"natural_spline"``, or an object such as
        ``bases.BSpline(knots=[18, 25])``.
    time_varying : list of str
        Covariates of the panel that shift the curve at each age: eta_k(age) + sum_j b_kj x_j, on
        the scale of the first channel, the one that carries the curve (log rate, logit, mean).
        Inflation and dispersion do not depend on them.
    common_effects : bool or list of str
        Whether all groups share the effects of these covariates, or of those named; by default
        each group has its own.

    Raises
    ------
    InputError
        For an unknown family, or numbers that make no model.

    Notes
    -----
    Source: Nagin and Land (1993), Criminology 31(3), 327-362; Nagin (2005), Group-Based Modeling
    of Development, Harvard University Press.

    Examples
    --------
    >>> import trajectories as tr
    >>> tr.GroupTrajectories(n_groups=4, family="zip", degree=2)
    GroupTrajectories(n_groups=4, family=ZeroInflatedPoisson(inflation_degree=1), degree=2, \
basis=Polynomial())
    """

    n_groups: int
    family: str | Family = "poisson"
    degree: int | Sequence[int] | None = None
    basis: str | CurveBasis = "polynomial"
    time_varying: Sequence[str] = ()
    common_effects: bool | Sequence[str] = False

    def __post_init__(self) -> None:
        if isinstance(self.n_groups, bool) or not isinstance(self.n_groups, int | np.integer):
            raise InputError(f"n_groups must be a whole number, not {self.n_groups!r}")
        if self.n_groups < 1:
            raise InputError(f"n_groups must be 1 or more, not {self.n_groups}")
        object.__setattr__(self, "n_groups", int(self.n_groups))
        family = resolve(self.family)
        family.check_groups(self.n_groups)
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "basis", resolve_basis(self.basis))
        object.__setattr__(self, "degree", self._checked_degree())
        names, common = check_names(self.time_varying, self.common_effects)
        object.__setattr__(self, "time_varying", names)
        object.__setattr__(self, "common_effects", common)

    def __repr__(self) -> str:
        """Return the call that makes this specification, empty settings left out."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        arguments = ", ".join(f"{k}={v!r}" for k, v in values.items() if v != ())
        return f"GroupTrajectories({arguments})"

    def fit(
        self,
        panel: Panel | SpreadPanel,
        seed: int = 0,
        n_starts: int | None = None,
        weights: Any = None,
        progress: bool = False,
        control: Control | None = None,
        covariance: str = "observed",
        clusters: Any = None,
        n_jobs: int = 1,
        checkpoint: str | Path | Checkpoint | None = None,
        callback: Callback | None = None,
        membership: str | None = None,
        covariates: Any = None,
        reference: int | str = 1,
        missing: str = "refuse",
        start: Any = None,
    ) -> GroupTrajectoriesResults:
        """Fit the model by maximum likelihood.

        Many random starts take a few EM steps; the best are run to a stationary point by EM and
        by Newton on the exact score. The solution of highest likelihood without empty, duplicate
        or runaway groups is returned, its groups numbered by expected offences, lowest first.
        Ages at which nobody was observed are left out: ``results.ages`` are the ages observed.

        Parameters
        ----------
        panel : Panel
            Or one that is spread over a cluster, ``trajectories.scale.DaskPanel``.
        seed : int
            The same seed gives the same answer.
        n_starts : int, optional
            Random starts; 60 unless told.
        weights : Series or array-like, shape (N,), optional
            Instead of the panel's own: how many persons each unit stands for. A Series is aligned
            by unit id.
        progress : bool
            Whether to show a progress bar on standard error (in a notebook, on standard output).
        control : Control, optional
            Numerical settings.
        n_jobs : int
            Processes that share every pass over a large panel, on Linux, or threads elsewhere; -1
            takes every core. The answer is the same, to the last bit, for any number. 1 for a
            panel on a cluster, whose workers share every pass.
        covariance : {"observed", "robust", "cluster"}
            Which standard errors; see ``results.with_covariance``.
        clusters : Series, or "units", for ``"cluster"``
            Unit id to cluster; ``"units"``: each a cluster of its own (sampling weights).
        checkpoint : path, optional
            File in which the search keeps what it knows. A fit that was killed goes on from it, to
            the same answer bit for bit; the file is removed when the fit is done. It holds
            parameters, nothing of persons.
        callback : callable, optional
            Called at every pass over the panel with a ``FitProgress``; cancels by returning True.
        membership : str, optional
            Formula of the covariates that the group probabilities depend on, for instance
            ``"~ sex + single_parent"``: a multinomial logit, estimated together with the curves.
        covariates : DataFrame, optional
            Indexed by unit id, with the columns of the formula, where the panel does not carry
            them (``panel.with_unit_covariates``).
        reference : int or "largest"
            Group against which the logits are reported, numbered as after the fit.
        missing : {"refuse", "drop"}
            Units that lack a covariate are refused, or left out and counted
            (``results.membership.n_missing``).
        start : Series or mapping, optional
            Starting values beside the random ones, labelled as ``results.params``; with
            ``n_starts=0`` the only ones.

        Returns
        -------
        GroupTrajectoriesResults

        Raises
        ------
        InputError
            If the panel cannot carry the model, or the checkpoint is of another fit; the message
            says what to change.

        Warns
        -----
        DegenerateSolutionWarning
            If the best solution is not a proper interior maximum, an improper one of higher
            likelihood was set aside, or nobody is assigned to a group; ``stop_reason`` and
            ``notes`` say why.

        Notes
        -----
        An interrupt (Ctrl-C) while the best starts climb does not lose them: the best so far is
        returned, its ``stop_reason`` is ``cancelled``, and the checkpoint stays.
        """
        if not isinstance(panel, Panel | SpreadPanel):
            raise InputError(
                f"fit needs a Panel, not a {type(panel).__name__}: make one with "
                "Panel.from_wide, Panel.from_long or Panel.from_register"
            )
        seed = whole_number("seed", seed)
        control = Control() if control is None else control
        alone = start is not None and n_starts == 0
        n_starts = 1 if alone else n_starts
        if n_starts is not None:
            control = replace(control, n_starts=n_starts)  # checks it before it is compared
            control = replace(control, n_finish=min(n_starts, control.n_finish))
        read, given = None, panel
        if isinstance(panel, SpreadPanel):
            refuse_options(weights, membership, covariates, self.time_varying, covariance, n_jobs)
        else:
            if weights is not None:
                panel = warn_of_weights(replace(panel, weights=_weights_by_unit(weights, panel)))
            check_kind(covariance, clusters, panel)
            if membership is None:
                check_no_covariates(covariates)
            else:
                panel = panel if covariates is None else panel.with_unit_covariates(covariates)
                read, panel = read_membership(membership, panel, self.n_groups, reference, missing)
        panel = panel.without_empty_ages()
        model = replace(self.model(panel), membership=read)
        watch = Watch(as_checkpoint(checkpoint), callback, keep_best=True)
        given_starts = () if start is None else (given_start(start, model),)
        solution = solve(
            panel, model, int(seed), control, progress, given_starts, not alone, n_jobs, watch
        )
        results = from_solution(panel, solution, int(seed), control)
        if covariance != "observed" and isinstance(panel, Panel):
            results = with_covariance(results, covariance, panel, clusters)
        if results.notes:
            message = f"{'; '.join(results.notes)}."
            if not results.converged:
                message = f"{results.stop_reason}: {message} {results.stop_reason.advice}"
                if isinstance(given, Panel) and (
                    said := said_of_outlying(given, model.family.name)
                ):
                    message = f"{message} {said}."
            warnings.warn(message, DegenerateSolutionWarning, stacklevel=2)
        return results

    def model(self, panel: Panel | SpreadPanel) -> Model:
        """Lay the bases of the model on the ages of a panel."""
        degree = self.degree
        degrees = (degree,) * self.n_groups if isinstance(degree, int) else tuple(degree or ())
        return Model.build(
            resolve(self.family),
            degrees,
            np.asarray(panel.grid, dtype=float),
            resolve_basis(self.basis),
            self._covariates(panel),
        )

    def _covariates(self, panel: Panel | SpreadPanel) -> TimeVarying | None:
        names, common = check_names(self.time_varying, self.common_effects)
        if not names or isinstance(panel, SpreadPanel):
            return None
        return TimeVarying.of(panel, names, tuple(name in common for name in names))

    def _checked_degree(self) -> int | tuple[int, ...]:
        basis, family = resolve_basis(self.basis), resolve(self.family)
        given = basis.default_degree if self.degree is None else self.degree
        if not isinstance(given, int | np.integer | Sequence) or isinstance(given, str):
            raise InputError(f"degree must be a whole number, or one per group; found {given!r}")
        values: list[Any] = [given] if isinstance(given, int | np.integer) else list(given)
        for value in values:
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if not whole or value < -1:
                raise InputError(
                    f"degree must be a whole number of -1 or more, or one per group; "
                    f"found {value!r}"
                )
            basis.check_degree(int(value))
        self._check_fixed([int(value) for value in values], family)
        if isinstance(given, int | np.integer):
            return int(values[0])
        if len(values) != self.n_groups:
            raise InputError(
                f"degree has {len(values)} entries for {self.n_groups} groups: give one for all, "
                "or one per group"
            )
        return tuple(int(value) for value in values)

    def _check_fixed(self, degrees: list[int], family: Family) -> None:
        fixed = sum(degree < 0 for degree in degrees)
        if not fixed:
            return
        if not family.has_zero:
            raise InputError(
                f"degree -1 fixes a group at zero, which family {family.name!r} cannot: give it a "
                "degree of 0 or more"
            )
        if fixed > 1 or len(degrees) == 1:
            raise InputError(
                "degree -1 fixes a group at zero; at most one group may be, and not all: give one "
                "degree per group"
            )


def _weights_by_unit(weights: Any, panel: Panel) -> FloatArray:
    """Return weights in the order of the panel's units."""
    if isinstance(weights, pd.Series):
        absent = int((~panel.units.isin(weights.index)).sum())
        if absent or not weights.index.is_unique:
            raise InputError(
                f"weights lack {absent} of {panel.n_units} units, or have a unit twice: give one "
                "weight a unit, indexed by unit id"
            )
        weights = weights.reindex(panel.units)
    if isinstance(weights, str):
        raise InputError(
            "weights= is text: fit takes one number a unit, a Series indexed by unit id; the name "
            "of a column goes to Panel.from_wide(…, weights=) or Panel.from_long(…, weight=)"
        )
    try:
        return np.asarray(weights, dtype=float)
    except (TypeError, ValueError):
        raise InputError("weights must be numbers, one per unit") from None
