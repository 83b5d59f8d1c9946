"""A published model for another population: new shares of the groups, the same curves, on record.

The curves say how offending runs in each group, the shares how common each group is. Where only the
latter differs, shares can be estimated anew from few persons. Whether the curves hold is for
``validate`` and ``validate_forecast`` to find out; nothing here says that they do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import logsumexp

from trajectories.errors import InputError
from trajectories.groups.adequacy.classification import classification_entropy, classification_table
from trajectories.groups.adequacy.person_density import group_log_density
from trajectories.groups.inference.posterior_intervals import complete_scores
from trajectories.groups.results import GroupTrajectoriesResults
from trajectories.groups.saving import storage
from trajectories.groups.search.assemble import weighted_cells, whole
from trajectories.groups.stop_reason import StopReason
from trajectories.numerics.mixing_shares import mixing_shares
from trajectories.numerics.mixture import Parameters
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel
from trajectories.profiles.card import ModelCard
from trajectories.profiles.model import ScoringModel, to_document
from trajectories.profiles.support import FEWEST_PERSONS
from trajectories.profiles.whole_table import require_panel, require_years_free
from trajectories.version import __version__


def recalibrate(model: ScoringModel, panel: Panel, card: ModelCard) -> ScoringModel:
    """Return a model with the shares of another population, its curves and support unchanged.

    Shares are estimated by maximum likelihood with the curves fixed. Their covariance carries both
    the sampling of the new persons and the uncertainty of the curves, d logit / d theta times the
    covariance of the curves, the new persons being others than those fitted.

    Parameters
    ----------
    model : ScoringModel
    panel : Panel
        A sample of the new population as it is, persons without an offence included if the
        original panel had them; at ages of the model.
    card : ModelCard
        Of the new population. What it was recalibrated from is filled in: the checksum of
        ``model``.

    Raises
    ------
    InputError
        If the panel does not fit the model, or fewer than ten persons are expected in a group:
        then the curves do not describe this population, or there are too few persons.
    """
    if not isinstance(model, ScoringModel) or not isinstance(card, ModelCard):
        raise InputError(
            "recalibrate needs a published model and the ModelCard of the new population"
        )
    if card.recalibrated_from not in ("", model.checksum):
        raise InputError("card: recalibrated_from names another model; leave it out")
    results = _new_results(model, panel)
    card = replace(card, recalibrated_from=model.checksum)
    bare = storage.from_document(storage.to_document(results))
    made = ScoringModel(bare, card, model.support, "", expired=model.expired)
    checksum = storage.checksum(to_document(replace(made, expired=False)))
    return replace(made, checksum=checksum)


def _new_results(model: ScoringModel, panel: Panel) -> GroupTrajectoriesResults:
    old = model.results
    require_panel(panel, "recalibration")
    foreign = ~np.isin(panel.ages, old.ages)
    if foreign.any():
        raise InputError(
            f"{int(foreign.sum())} of {panel.n_ages} ages of the panel are not among the model's, "
            f"{old.ages[0]:g} to {old.ages[-1]:g}"
        )
    require_years_free(panel, model.support)
    old.predict_proba(panel)  # says what else the panel lacks
    if old.n_groups == 1:
        raise InputError("a model of one group has no shares to recalibrate")
    weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
    density = group_log_density(old.model, old.parameters, panel)
    try:
        log_shares, information, steps = mixing_shares(
            density, weights, old.parameters.log_probability
        )
    except ArithmeticError:
        log_shares, information, steps = np.full(old.n_groups, -np.inf), np.eye(1), 0
    persons = np.exp(log_shares) * weights.sum()
    if (persons < FEWEST_PERSONS).any():
        raise InputError(
            f"fewer than {FEWEST_PERSONS} persons of the new population are expected in group "
            f"{int(persons.argmin()) + 1}: the curves may not describe it, or it is too small; fit "
            "a model to it"
        )
    parameters = Parameters(log_shares, old.parameters.theta)
    joint = density + log_shares
    total = logsumexp(joint, axis=1)
    posterior = np.exp(joint - total[:, None])
    moved = replace(old, parameters=parameters, _posterior=None, _units=None)
    n_logits = old.n_groups - 1
    withheld = old.withheld.copy()
    withheld[:n_logits] = False
    shares = np.exp(log_shares)
    return replace(
        moved,
        covariance=_covariance(moved, panel, weights, information),
        withheld=withheld,
        llf=float(weights @ total),
        nobs=whole(float(weights.sum())),
        n_cells=whole(weighted_cells(panel)),
        stop_reason=StopReason.CONVERGED,
        notes=(*old.notes, _note(model, shares)),
        n_iter=steps,
        entropy=classification_entropy(posterior, panel.weights),
        classification=classification_table(posterior, panel.weights, shares),
        gradient=0.0
        if not steps
        else float(np.abs(weights @ (posterior - shares)).max()) / float(weights.sum()),
        version=__version__,
    )


def _covariance(
    results: GroupTrajectoriesResults, panel: Panel, weights: FloatArray, information: FloatArray
) -> FloatArray:
    """Return the covariance of shares estimated with curves that are themselves estimates.

    With I the information of the logits and J = d score / d theta, A = I^-1 J: the blocks are
    I^-1 + A V A', A V and V, V that of the curves.
    """
    n_logits = results.n_groups - 1
    cross = np.zeros((n_logits, results.covariance.shape[0] - n_logits))
    for rows, log_joint, scores in complete_scores(results, panel):
        posterior = np.exp(log_joint - logsumexp(log_joint, axis=0))
        by_theta = scores[:, n_logits:]
        centred = by_theta - np.einsum("kn,kdn->dn", posterior, by_theta)[None]
        weighted = posterior[1:] * weights[rows]
        cross += np.einsum("kn,kdn->kd", weighted, centred[1:])
    inverse = np.linalg.inv(information)
    reach = inverse @ cross
    curves = results.covariance[n_logits:, n_logits:]
    covariance = np.zeros_like(results.covariance)
    covariance[n_logits:, n_logits:] = curves
    covariance[:n_logits, n_logits:] = reach @ curves
    covariance[n_logits:, :n_logits] = (reach @ curves).T
    covariance[:n_logits, :n_logits] = inverse + reach @ curves @ reach.T
    return (covariance + covariance.T) / 2


def _note(model: ScoringModel, shares: FloatArray) -> str:
    def listed(values: FloatArray) -> str:
        return ", ".join(f"{value:.4f}" for value in values)

    before = np.exp(model.results.parameters.log_probability)
    return (
        f"recalibrated: shares of the groups estimated anew with the curves fixed, {listed(before)}"
        f" before and {listed(shares)} now; from the model with checksum {model.checksum}; "
        "likelihood and criteria are those of the new persons at these curves"
    )
