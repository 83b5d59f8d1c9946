"""Criteria that weigh the likelihood of a model against its number of parameters."""

from __future__ import annotations

import numpy as np

from trajectories.groups.information_criteria import InformationCriteria

CRITERIA = ("aic", "bic", "bic_cells", "bic_nagin", "bic_cells_nagin", "sabic", "caic", "icl")
"""Names of the criteria, as columns of a selection table."""

HIGHER_IS_BETTER = frozenset({"bic_nagin", "bic_cells_nagin", "heldout_llf", "forecast_llf"})
"""Those of all criteria, cross-validated ones included, whose largest value is the best."""


def criteria(results: InformationCriteria) -> dict[str, float]:
    """Return every criterion of a fit by name.

    With p parameters, log-likelihood l, N persons and C observed cells: aic = -2 l + 2 p; bic =
    -2 l + p log N; bic_cells with C for N; the two in Nagin's form l - p/2 log n, where larger is
    better; sabic = -2 l + p log((N + 2) / 24); caic = -2 l + p (log N + 1); icl = bic + 2 x
    classification entropy.

    Sources: Akaike (1974), IEEE Transactions on Automatic Control 19(6), 716-723; Schwarz (1978),
    Annals of Statistics 6(2), 461-464; Sclove (1987), Psychometrika 52(3), 333-343; Bozdogan
    (1987), Psychometrika 52(3), 345-370; Biernacki, Celeux and Govaert (2000), IEEE Transactions
    on Pattern Analysis and Machine Intelligence 22(7), 719-725; Nagin (2005), chapter 4.
    """
    deviance, size = -2 * results.llf, results.n_params
    persons = float(np.log(results.nobs))
    return {
        "aic": results.aic,
        "bic": results.bic,
        "bic_cells": results.bic_cells,
        "bic_nagin": -results.bic / 2,
        "bic_cells_nagin": -results.bic_cells / 2,
        "sabic": deviance + size * float(np.log((results.nobs + 2) / 24)),
        "caic": deviance + size * (persons + 1),
        "icl": results.icl,
    }
