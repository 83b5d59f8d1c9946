"""Estimates of all figures that have an estimator: by group, over all traffickers, of relatives."""

from __future__ import annotations

import pandas as pd

from trajectories.numerics.types import FloatArray
from trajectories.panel import Register
from trajectories.rapporteur.classified import Classified
from trajectories.rapporteur.estimate import Estimate, estimated_mean, estimated_ratio
from trajectories.rapporteur.estimators import posterior_means, two_step_shares
from trajectories.rapporteur.intervals import mean_interval, share_interval
from trajectories.rapporteur.person_figures import criminal_relatives
from trajectories.rapporteur.quantities import AMONG_RELATIVES, BY_GROUP, OVERALL, Quantity


def group_estimates(
    classified: Classified, persons: pd.DataFrame, level: float = 0.95
) -> pd.DataFrame:
    """Estimate every quantity of ``BY_GROUP`` in every group, published or not.

    Parameters
    ----------
    classified : Classified
        Groups under the names that the rows shall have.
    persons : DataFrame
        From ``person_figures``.
    level : float

    Returns
    -------
    DataFrame
        quantity, group, estimate, lower, upper, persons (sum of posteriors), method; the group
        probabilities come first, as quantity ``share``.
    """
    figures = persons.loc[classified.units]
    lower, upper = classified.share_intervals(level)
    frames = [
        pd.DataFrame(
            {
                "quantity": "share",
                "group": list(classified.names),
                "estimate": classified.share,
                "lower": lower,
                "upper": upper,
                "persons": classified.posterior.sum(axis=0),
                "method": "model",
            }
        )
    ]
    for stem, quantity in BY_GROUP.items():
        values = figures[quantity.column].to_numpy()
        frames.append(_by_group(stem, quantity, classified, values, level))
    return pd.concat(frames, ignore_index=True)


def _by_group(
    stem: str, quantity: Quantity, classified: Classified, values: FloatArray, level: float
) -> pd.DataFrame:
    estimator = posterior_means if quantity.method == "posterior" else two_step_shares
    found = estimator(classified, values)
    interval = share_interval if quantity.is_share else mean_interval
    limits = [
        interval(float(value), float(error), float(persons), level)
        for value, error, persons in zip(found.value, found.error, found.persons, strict=True)
    ]
    return pd.DataFrame(
        {
            "quantity": stem,
            "group": list(classified.names),
            "estimate": found.value,
            "lower": [pair[0] for pair in limits],
            "upper": [pair[1] for pair in limits],
            "persons": found.persons,
            "method": quantity.method,
        }
    )


def overall_estimates(
    register: Register, persons: pd.DataFrame, level: float = 0.95
) -> dict[str, Estimate]:
    """Estimate the figures on all traffickers and on their relatives, by key.

    Wilson's interval for shares of persons, Student's for means. A share among relatives is a
    ratio of two counts per trafficker: its standard error takes traffickers, not relatives, as
    independent.
    """
    found = {
        key: estimated_mean(persons[column].to_numpy(), level) for key, column in OVERALL.items()
    }
    for key, relation in AMONG_RELATIVES.items():
        counts = criminal_relatives(register, relation)
        share = estimated_ratio(
            counts["trafficking"].to_numpy(), counts["criminal"].to_numpy(), level
        )
        if share is not None:
            found[key] = share
    return found
