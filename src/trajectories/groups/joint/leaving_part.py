"""Who left the study when, as a part of a joint problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from trajectories.errors import InputError
from trajectories.families.bernoulli import SEPARATED_LOGIT
from trajectories.groups.inference.covariance import observed_covariance
from trajectories.groups.joint.dropout import Departures, Dropout
from trajectories.groups.joint.leaving_model import MISSING, LeavingModel
from trajectories.groups.search.diagnosis import SEPARATED, Finding, duplicates
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.at_risk_periods import Periods, at_risk_periods, before
from trajectories.numerics.basis import Basis
from trajectories.numerics.cells import Cells
from trajectories.numerics.density import CellDensity
from trajectories.numerics.em import Fitted
from trajectories.numerics.mixture import expansion
from trajectories.numerics.statistics import Statistics
from trajectories.numerics.tabulated_statistics import TabulatedStatistics
from trajectories.numerics.types import BoolArray, FloatArray, IntArray
from trajectories.panel import Panel
from trajectories.panel.distinct import distinct_rows

NAME = "dropout"


@dataclass(frozen=True, slots=True)
class LeavingPart:
    """Periods at risk of leaving, as cells of a design.

    Attributes
    ----------
    design : ndarray, shape (R, Q)
        Distinct rows: basis of age, previous outcomes and covariates, the latter standardised.
    period : ndarray of int, shape (R,)
        Column of the panel that each row belongs to.
    statistics : Statistics
        Cell 2 r is staying, 2 r + 1 leaving, in row r of the design.
    present : ndarray of bool, shape (n,), or None
        Which rows of the problem are ever at risk; None if all.
    """

    design: FloatArray
    period: IntArray
    statistics: Statistics
    present: BoolArray | None

    @property
    def name(self) -> str:
        """What notes about this part begin with."""
        return NAME

    @property
    def coarse(self) -> Statistics:
        """The same: starts are compared on these."""
        return self.statistics

    def density(self, model: LeavingModel, coarse: bool = False) -> CellDensity:
        """Return the log densities of the cells."""
        del coarse
        return CellDensity(model.family, [self.design], self.statistics.cells)

    def features(self, model: LeavingModel, rows: IntArray) -> FloatArray:
        """Return no coordinates: starting partitions are made of the outcomes."""
        del model
        return np.zeros((len(rows), 0))

    def size(self, model: LeavingModel, theta: FloatArray) -> None:
        """Return None: groups are put in order by their outcomes."""
        del model, theta

    def alike(self, model: LeavingModel, theta: FloatArray, held: FloatArray) -> list[Finding]:
        """Return pairs of groups that leave alike."""
        return duplicates(model.family, (self.design @ theta.T)[None], held)

    def findings(self, model: LeavingModel, fitted: Fitted) -> tuple[list[Finding], BoolArray]:
        """Return groups that never or always leave, at some or at all ages."""
        found: list[Finding] = []
        eta = self.design @ fitted.parameters.theta.T
        withheld = np.zeros(len(fitted.score), dtype=bool)
        never = model.is_never()
        withheld[model.n_groups - 1 :] = np.tile(never, model.n_groups)
        flat = np.diag(fitted.information) <= 0
        certain = (self.design[:, never] != 0).any(axis=1)
        matrix = expansion(model.active(), model.common())
        covariance = observed_covariance(fitted.information, flat, matrix)
        for k in range(model.n_groups):
            start = model.n_groups - 1 + k * model.n_group_parameters
            own = slice(start, start + model.n_group_parameters)
            variance = np.einsum("rp,pq,rq->r", self.design, covariance[own, own], self.design)
            error = np.sqrt(np.maximum(variance, 0.0))
            if (flat[own] & ~never).any():
                error[:] = np.inf
            off = (np.abs(eta[:, k]) > SEPARATED) & (error > SEPARATED) & ~certain
            missed = self._gaps_that_ran_off(model, off)
            if missed.any():
                if k == 0:  # groups share them
                    found.append((StopReason.BOUNDARY, MISSED))
                withheld[own] |= missed
                continue
            if eta[~certain, k].max() < -SEPARATED_LOGIT:
                note = f"nobody of group {k + 1} leaves: its probability went to zero"
            elif off.any():
                note = f"the probability of leaving of group {k + 1} ran off, to never or always"
            else:
                continue
            found.append((StopReason.BOUNDARY, note))
            withheld[own] |= ~model.common()
        return found, withheld

    def _gaps_that_ran_off(self, model: LeavingModel, off: BoolArray) -> BoolArray:
        """Return which parameters, (Q,), of missed waves alone account for the rows run off."""
        missed = np.zeros(model.n_group_parameters, dtype=bool)
        missed[np.flatnonzero(model.common())] = (self.design[off][:, model.common()] != 0).any(0)
        explained = (self.design[:, missed] != 0).any(axis=1)
        return missed if not (off & ~explained).any() else np.zeros_like(missed)


MISSED = (
    "nobody leaves after a wave that was missed, so that its term ran off: those who left are "
    "known by their last wave, unless left= says when they did"
)


def leaving_part(
    panel: Panel,
    departures: Departures,
    dropout: Dropout,
    n_groups: int,
    covariates: tuple[tuple[str, ...], FloatArray] | None = None,
    fitted: LeavingModel | None = None,
) -> tuple[LeavingPart, LeavingModel]:
    """Lay out the periods at risk of the rows of a panel, and the model over them.

    ``covariates`` are names and values, shape (n, M), of covariates of units; ``fitted`` is the
    model of an earlier fit to the same panel.
    """
    periods = at_risk_periods(departures.first, departures.leaves, departures.last, panel.n_ages)
    try:
        basis = Basis.on_grid(np.asarray(panel.ages[1:], dtype=float), dropout.degree)
    except InputError as error:
        raise InputError(
            f"{NAME}: {error}, with Dropout(degree=...): nobody can leave at the first of "
            f"{panel.n_ages} ages"
        ) from None
    names, values, gaps = _others(panel, periods, dropout, covariates)
    _check_names(names)
    model = fitted
    if model is None:
        never = _never(names, values, gaps, periods.left) if departures.by_last_wave else ()
        model = LeavingModel(n_groups, basis, names, *_standards(names, values, gaps), gaps, never)
    elif model.others != names:
        raise InputError("this is not the panel that was fitted: leaving has other terms in it")
    rows = model.design(panel.ages[periods.column], values)
    keyed = np.column_stack([periods.column.astype(float), values])
    first, inverse = distinct_rows(keyed)
    order = np.argsort(periods.column[first], kind="stable")
    rank = np.argsort(order)
    design, code = rows[first][order], 2 * rank[inverse] + periods.left
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError(
            "the terms of the drop-out model follow from each other in the periods at risk: lower "
            "its degree, use fewer previous outcomes, or leave a covariate out"
        )
    present = np.zeros(panel.n_units, dtype=bool)
    present[periods.unit] = True
    statistics = _tabulated(panel, periods, code, len(design), present)
    part = LeavingPart(
        design, periods.column[first][order], statistics, None if present.all() else present
    )
    return part, model


def _never(
    names: tuple[str, ...], values: FloatArray, gaps: tuple[str, ...], left: BoolArray
) -> tuple[str, ...]:
    """Return the terms for a missed wave just before, after which nobody left by definition."""
    before_last = f"previous_2{MISSING}"
    some_left = (values[left] != 0).any(axis=0)
    return tuple(
        name
        for name, some in zip(names, some_left, strict=True)
        if name in gaps and name != before_last and not some
    )


def _standards(
    names: tuple[str, ...], values: FloatArray, gaps: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return centre and spread, (X,), of terms with these values in the periods at risk."""
    centre, spread = values.mean(axis=0), values.std(axis=0)
    constant = [name for name, s in zip(names, spread, strict=True) if not s > 0]
    if constant:
        raise InputError(
            f"{', '.join(constant)}: the same in every period at risk, so that it says nothing of "
            "leaving; leave it out"
        )
    # not centred, so that one that runs off takes no other parameter with it
    centre[[name in gaps for name in names]] = 0.0
    return centre, spread


def _tabulated(
    panel: Panel, periods: Periods, code: IntArray, n_rows: int, present: BoolArray
) -> TabulatedStatistics:
    cells = Cells(np.repeat(np.arange(n_rows), 2), np.tile([0.0, 1.0], n_rows), np.ones(2 * n_rows))
    place = np.cumsum(present) - 1
    shape = (int(present.sum()), 2 * n_rows)
    incidence = csr_array((np.ones(len(code)), (place[periods.unit], code)), shape=shape)
    weights = None if panel.weights is None else panel.weights[present]
    return TabulatedStatistics(cells, incidence, weights, 0.0)


def _others(
    panel: Panel,
    periods: Periods,
    dropout: Dropout,
    covariates: tuple[tuple[str, ...], FloatArray] | None,
) -> tuple[tuple[str, ...], FloatArray, tuple[str, ...]]:
    """Return names and values, shape (periods, X), of previous outcomes and covariates.

    Last the names of those that say that a previous value was not observed.
    """
    seen = np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed
    names: list[str] = []
    gaps: list[str] = []
    columns: list[FloatArray] = []
    for lag in range(1, dropout.previous + 1):
        value, missing = before(panel.outcomes, seen, periods, lag)
        names.append(f"previous_{lag}")
        columns.append(value)
        if missing.any():
            gaps.append(f"previous_{lag}{MISSING}")
            names.append(gaps[-1])
            columns.append(missing.astype(float))
    if covariates is not None:
        names += covariates[0]
        columns += list(covariates[1][periods.unit].T)
    for name, values in zip(
        dropout.time_varying, panel.covariate_values(dropout.time_varying), strict=True
    ):
        value, missing = before(values, np.isfinite(values) & seen, periods, 1)
        names.append(str(name))
        columns.append(value)
        # covariates are known where outcomes are: one term says that a wave was missed
        known = [columns[names.index(gap)] for gap in gaps]  # as 0 and 1
        if missing.any() and not any(np.array_equal(missing, gap) for gap in known):
            gaps.append(f"{name}{MISSING}")
            names.append(gaps[-1])
            columns.append(missing.astype(float))
    if not columns:
        return (), np.zeros((len(periods.unit), 0)), ()
    return tuple(names), np.column_stack(columns), tuple(gaps)


def _check_names(names: tuple[str, ...]) -> None:
    """Refuse a covariate that has the name of another term of leaving."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"leaving has two terms named {', '.join(twice)}: rename the covariate (previous_1, "
            "previous_2 and names that end in _missing are those of previous values)"
        )
