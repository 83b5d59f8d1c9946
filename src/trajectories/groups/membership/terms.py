"""The covariates of a membership model: their formula, coding, centring and reference group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.panel.covariates import CovariateDesign, read_covariates

if TYPE_CHECKING:
    from trajectories.groups.model import Model
    from trajectories.groups.spec import GroupTrajectories

LARGEST = "largest"
"""The reference group may be the largest one, known after the fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Membership:
    """What the group probabilities depend on.

    Attributes
    ----------
    design : CovariateDesign
        Formula, columns and coding; its matrix is left out.
    centre, scale : ndarrays, shape (M,)
        Weighted mean and standard deviation of each column in the persons fitted. Inside, columns
        are centred and scaled by these, so that no unit of a covariate spoils a step.
    span : ndarray, shape (M,)
        Range of each column, in standard deviations.
    reference : int or "largest"
        Group that the logits are reported against, numbered from 1.
    """

    design: CovariateDesign
    centre: FloatArray
    scale: FloatArray
    span: FloatArray
    reference: int | str = 1

    @property
    def formula(self) -> str:
        """The formula, as given."""
        return self.design.formula

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, M of them."""
        return self.design.columns

    @property
    def n_covariates(self) -> int:
        """Number of columns, M."""
        return len(self.design.columns)

    @property
    def n_missing(self) -> int:
        """Units that lacked a covariate and were left out, as ``missing="drop"`` asked."""
        return self.design.n_missing

    def against(self, reference: int | str) -> Membership:
        """Return the same covariates with another reference group."""
        return replace(self, reference=reference)

    def raw(self, panel: Panel) -> FloatArray:
        """Return the columns for the units of a panel that carries covariates, shape (N, M).

        Raises
        ------
        InputError
            If it carries none, or not those of the formula, or units lack a value.
        """
        if panel.unit_covariates is None:
            raise InputError(
                f"the model has the membership covariates {self.formula!r} and these units have "
                "none: give covariates=, or panel.with_unit_covariates(frame)"
            )
        return self.of_frame(panel.unit_covariates)

    def of_frame(self, frame: pd.DataFrame) -> FloatArray:
        """Return the columns for the rows of a table of covariates, shape (n, M)."""
        if not isinstance(frame, pd.DataFrame):
            raise InputError(f"covariates must be a DataFrame, not a {type(frame).__name__}")
        lacking = [name for name in self.design.variables if name not in frame.columns]
        if lacking:
            raise InputError(
                f"the covariates lack {len(lacking)} columns that the model depends on "
                f"({self.formula!r}): the first is {lacking[0]!r}"
            )
        plain = frame.reset_index(drop=True)
        return self.design.for_units(plain, plain.index)

    def standardised(self, raw: FloatArray) -> FloatArray:
        """Return columns as they are used inside, centred and scaled, shape (n, M)."""
        return np.ascontiguousarray((raw - self.centre) / self.scale)

    def kept(self, panel: Panel) -> Panel:
        """Return the panel without the units that the fit left out for want of a covariate."""
        if self.design.missing != "drop" or panel.unit_covariates is None:
            return panel
        lacks = panel.unit_covariates[self.design.variables].isna().any(axis=1).to_numpy()
        return panel.subset(~lacks) if lacks.any() else panel


def read_membership(
    formula: str, panel: Panel, n_groups: int, reference: int | str, missing: str
) -> tuple[Membership, Panel]:
    """Read a formula on the covariates of a panel; return the panel of the units that are kept.

    Raises
    ------
    InputError
        With one group, for a reference that is no group, a panel without covariates, and for all
        that :func:`trajectories.panel.covariates.read_covariates` refuses.
    """
    if n_groups == 1:
        raise InputError(
            "membership= explains who is in which group, and this model has one group: leave it "
            "out, or use two groups or more"
        )
    whole = isinstance(reference, int | np.integer) and not isinstance(reference, bool)
    if reference != LARGEST and not (whole and 1 <= int(reference) <= n_groups):
        raise InputError(
            f"reference must be a group from 1 to {n_groups}, numbered as after the fit (by "
            f"expected offences, lowest first), or 'largest'; found {reference!r}"
        )
    if panel.unit_covariates is None:
        raise InputError(
            "membership= needs the covariates of the units: give covariates=, a table indexed by "
            "unit id, or panel.with_unit_covariates(frame)"
        )
    plain = panel.unit_covariates.reset_index(drop=True)
    found = read_covariates(formula, plain, plain.index, missing)
    if found.n_missing:
        panel = panel.subset(found.rows)
    mass = np.ones(panel.n_units) if panel.weights is None else panel.weights
    centre = mass @ found.matrix / mass.sum()
    scale = np.sqrt(mass @ (found.matrix - centre) ** 2 / mass.sum())
    span = (found.matrix.max(axis=0) - found.matrix.min(axis=0)) / scale
    design = found.without_rows()
    chosen = LARGEST if reference == LARGEST else int(reference)
    return Membership(design, centre, scale, span, chosen), panel


def add_membership(
    change: FloatArray, membership: Membership, n_groups: int, reference: int
) -> None:
    """Write into the matrix from packed to reported parameters what concerns the covariates.

    Reported are, for each group but the reference, b_k = (g_k - g_ref) / scale on the scale given,
    and the intercept at covariates of zero, a_k - a_ref - sum_m b_km centre_m.
    """
    n_logits, n_covariates = n_groups - 1, membership.n_covariates
    start = len(change) - n_logits * n_covariates
    against = np.eye(n_groups)[[k for k in range(n_groups) if k != reference - 1]]
    against[:, reference - 1] = -1.0
    against = against[:, 1:]  # group 1 has logit 0
    slopes = np.kron(against, np.diag(1 / membership.scale))
    change[:n_logits, :n_logits] = against
    change[start:, start:] = slopes
    change[:n_logits, start:] = -np.kron(against, membership.centre / membership.scale)


def with_membership_covariates(model: Model, panel: Panel, covariates: Any) -> Panel:
    """Return a panel with the covariates that came beside it.

    Raises
    ------
    InputError
        If the model has no membership covariates: then they would change nothing.
    """
    if model.membership is None:
        raise InputError(
            "covariates were given and the model has none (it was fitted without membership=): "
            "leave them out"
        )
    return panel.with_unit_covariates(covariates)


def check_no_covariates(covariates: Any) -> None:
    """Raise an InputError if covariates came without a formula that says what to do with them."""
    if covariates is not None:
        raise InputError(
            "covariates were given without membership=: say by a formula which of them the group "
            "probabilities depend on, for instance membership='~ sex'"
        )


def membership_for(spec: GroupTrajectories, formula: str | None) -> str | None:
    """Return the formula for one of several candidates: one group has nothing to explain."""
    return formula if spec.n_groups > 1 else None


def n_slopes_of(spec: GroupTrajectories, formula: str | None, panel: Panel) -> int:
    """Return how many slopes a formula adds to a model, (K - 1) M."""
    if membership_for(spec, formula) is None or formula is None:
        return 0
    terms, _ = read_membership(formula, panel, spec.n_groups, 1, "refuse")
    return (spec.n_groups - 1) * terms.n_covariates


def panel_for(panel: Panel, formula: str | None, covariates: Any) -> Panel:
    """Return a panel with the covariates that came beside it for a formula, if any.

    Raises
    ------
    InputError
        If there are covariates and no formula, or a formula that cannot be read on the panel.
    """
    if formula is None:
        check_no_covariates(covariates)
        return panel
    panel = panel if covariates is None else panel.with_unit_covariates(covariates)
    read_membership(formula, panel, 2, 1, "refuse")
    return panel
