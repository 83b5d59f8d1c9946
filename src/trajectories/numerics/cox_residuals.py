"""Residuals of a fitted Cox model, and the covariances and tests that rest on them."""

from __future__ import annotations

import numpy as np

from trajectories.numerics.cox_fit import CoxFit
from trajectories.numerics.cox_likelihood import (
    part_hazard,
    risk_sums,
    row_hazard,
    tied_sums,
    weighted_product,
)
from trajectories.numerics.cox_risk_sets import CoxRiskSets
from trajectories.numerics.types import FloatArray, IntArray


def score_residuals(sets: CoxRiskSets, fit: CoxFit) -> FloatArray:
    """Return how much each row adds to the score, unweighted, shape (R, P).

    δ (x - x̄) - exp(xβ) Σ (x - x̄) dΛ over the events that the row is at risk at, with Efron's
    fractions for the tied.
    """
    X, hazard = fit.X, fit.hazard
    means = mean_hazards(sets, fit)
    result = np.zeros_like(X)
    for part in sets.parts:
        rows = part.row
        felt = X[rows] * part_hazard(part, hazard.a)[:, None] - part_hazard(part, means)
        result[rows] -= hazard.risk[rows, None] * felt
    rows, number = sets.event_row, sets.event_number
    result[rows] += schoenfeld_residuals(sets, fit)
    if sets.efron:
        s1, d1 = risk_sums(sets, X, hazard), tied_sums(sets, X[sets.event_row], hazard)
        spared = X[rows] * hazard.b[number, None]
        spared -= (hazard.ab[:, None] * s1 - hazard.bb[:, None] * d1)[number]
        result[rows] += hazard.risk[rows, None] * spared
    return result


def mean_hazards(sets: CoxRiskSets, fit: CoxFit) -> FloatArray:
    """Return Σ_l c S1_l/S_l² of each event, shape (M, P): jumps of ∫ x̄ dΛ."""
    hazard = fit.hazard
    result = hazard.aa[:, None] * risk_sums(sets, fit.X, hazard)
    if sets.efron:
        result -= hazard.ab[:, None] * tied_sums(sets, fit.X[sets.event_row], hazard)
    return np.asarray(result)


def schoenfeld_residuals(sets: CoxRiskSets, fit: CoxFit) -> FloatArray:
    """Return covariates of each event row minus their mean in the risk set, shape (N_e, P)."""
    hazard = fit.hazard
    sums = hazard.a[:, None] * risk_sums(sets, fit.X, hazard)
    if sets.efron:
        sums -= hazard.b[:, None] * tied_sums(sets, fit.X[sets.event_row], hazard)
    mean = sums / (sets.terms * sets.term_weight)[:, None]
    return np.asarray(fit.X[sets.event_row] - mean[sets.event_number])


def martingale_residuals(sets: CoxRiskSets, fit: CoxFit) -> FloatArray:
    """Return events minus expected events of each row, unweighted, shape (R,)."""
    hazard = fit.hazard
    result = -hazard.risk * row_hazard(sets, hazard.a)
    rows = sets.event_row
    result[rows] += 1.0
    if sets.efron:
        result[rows] += hazard.risk[rows] * hazard.b[sets.event_number]
    return np.asarray(result)


def clustered_covariance(
    sets: CoxRiskSets, fit: CoxFit, cluster: IntArray, *, persons_copied: bool
) -> FloatArray:
    """Return the sandwich I⁻¹ (Σ_clusters u u') I⁻¹, u the sum of a cluster's score residuals.

    Lin and Wei (1989). No finite-sample factor. ``cluster`` numbers the clusters of the kept rows.
    With ``persons_copied`` the weight of a cluster stands for so many clusters like it; otherwise
    the weights multiply the residuals.
    """
    residuals = score_residuals(sets, fit)
    n = int(cluster.max()) + 1
    weighted = residuals * sets.weight[:, None]
    sums = np.stack(
        [np.bincount(cluster, column, n).astype(np.float64) for column in weighted.T], axis=1
    )
    if persons_copied:
        copies = np.ones(n)
        copies[cluster] = sets.weight
        meat = (sums / copies[:, None]).T @ sums
    else:
        meat = sums.T @ sums
    inverse = np.linalg.inv(fit.information)
    covariance = inverse @ meat @ inverse
    return np.asarray((covariance + covariance.T) / 2)


def proportional_hazards_tests(
    sets: CoxRiskSets, fit: CoxFit, transformed: FloatArray
) -> tuple[FloatArray, float]:
    """Return score statistics for x_p · g(t), each by itself (P,), and for all at once.

    Grambsch and Therneau (1994), with the information of the risk sets themselves rather than its
    average over time. ``transformed`` is g at the events, shape (M,).
    """
    weight = sets.terms * sets.term_weight
    g = transformed - weight @ transformed / weight.sum()
    residuals = schoenfeld_residuals(sets, fit) * sets.event_weight[:, None]
    score = g[sets.event_number] @ residuals
    n_terms = len(score)
    cross, square = (_weighted_information(sets, fit, g**power) for power in (1, 2))
    whole = np.block([[fit.information, cross], [cross.T, square]])
    each = np.empty(n_terms)
    for p in range(n_terms):
        keep = np.append(np.arange(n_terms), n_terms + p)
        inverse = np.linalg.inv(whole[np.ix_(keep, keep)])
        each[p] = score[p] ** 2 * inverse[-1, -1]
    u = np.concatenate([np.zeros(n_terms), score])
    return each, float(u @ np.linalg.solve(whole, u))


def _weighted_information(sets: CoxRiskSets, fit: CoxFit, level: FloatArray) -> FloatArray:
    """Return the information (P, P) with each event counted ``level`` times, shape (M,)."""
    hazard, X, rows = fit.hazard, fit.X, sets.event_row
    felt = row_hazard(sets, level * hazard.a)
    s1 = risk_sums(sets, X, hazard)
    second = (s1 * (level * hazard.aa)[:, None]).T @ s1
    if sets.efron:
        np.subtract.at(felt, rows, (level * hazard.b)[sets.event_number])
        d1 = tied_sums(sets, X[sets.event_row], hazard)
        cross = (s1 * (level * hazard.ab)[:, None]).T @ d1
        second += (d1 * (level * hazard.bb)[:, None]).T @ d1 - cross - cross.T
    return weighted_product(X, felt * hazard.risk * sets.weight) - np.asarray(second)
