"""Within-person effects planted in a synthetic register are there, of the planted size.

The conditional logit is compared pair by pair: among two years of one person of which one has an
offence, the log-odds that it is the second are the effect times the difference in circumstances.
Standard errors are clustered by person. It is a check of the register, not the library's estimator.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import trajectories as tr
from trajectories.simulate.calendar import birthdays

POPULATIONS = {
    "traffickers": "domestic_sex_traffickers",
    "general_offenders": "general_offenders",
}
CIRCUMSTANCES = {
    "job": "job",
    "partner": "partner",
    "biological_children": "biological_child",
    "non_biological_children": "non_biological_child_at_home",
}
FIRST, LAST = 18, 40


@cache
def register() -> tr.Register:
    return tr.rapporteur.simulate(seed=5, n_general_offenders=2_500, n_non_offenders=0)


DAY = np.timedelta64(1, "D")


def days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[D]")


@cache
def person_years(population: str) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return offended, circumstance → present, and seen with a day free; each (N, ages)."""
    r = register()
    persons = r.persons[r.persons["population"] == population].reset_index(drop=True)
    row = pd.Series(persons.index, index=persons["person"])
    edges = birthdays(days(persons["birth_date"])[:, None], np.arange(FIRST, LAST + 2)[None, :])
    reference = np.datetime64(r.reference_date, "D")
    gone = np.fmin(days(persons["death_date"]), days(persons["emigration_date"]))
    end = np.fmin(gone, reference)
    shape = (len(persons), LAST - FIRST + 1)

    def in_year(table: pd.DataFrame, start: str, stop: np.ndarray) -> np.ndarray:
        who = row[table["person"]].to_numpy()
        first = np.maximum(edges[who, :-1], days(table[start])[:, None])
        last = np.minimum(edges[who, 1:], stop[:, None])
        total = np.zeros(shape)
        np.add.at(total, who, np.maximum((last - first).astype(int), 0))
        return total

    offences = r.offences[r.offences["person"].isin(persons["person"])]
    offended = in_year(offences, "offence_date", days(offences["offence_date"]) + DAY) > 0
    present = {}
    spells = r.spells[r.spells["person"].isin(persons["person"])]
    for kind, own in spells.groupby("spell_type"):
        stop = np.where(own["end_date"].isna(), reference, days(own["end_date"]))
        present[kind] = in_year(own, "start_date", stop)
    seen = np.maximum((np.minimum(edges[:, 1:], end[:, None]) - edges[:, :-1]).astype(int), 0)
    free = seen - present["detention"] > 0
    return offended, {kind: value > 0 for kind, value in present.items()}, free


def pairwise_logit(
    outcome: np.ndarray, covariates: list[np.ndarray], free: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and standard errors clustered by person, by Newton's method."""
    early, late = np.triu_indices(outcome.shape[1], 1)
    counts = (outcome[:, early] != outcome[:, late]) & free[:, early] & free[:, late]
    who, pair = np.nonzero(counts)
    x = np.stack([c[who, late[pair]] - c[who, early[pair]] for c in covariates], axis=1)
    weight = 1.0 / free[who].sum(axis=1)
    beta = np.zeros(x.shape[1])
    for _ in range(12):
        p = expit(x @ beta)
        score = x * (weight * (outcome[who, late[pair]] - p))[:, None]
        information = (x * (weight * p * (1 - p))[:, None]).T @ x
        beta += np.linalg.solve(information, score.sum(axis=0))
    by_person = np.zeros((len(outcome), x.shape[1]))
    np.add.at(by_person, who, score)
    return beta, np.sqrt((np.linalg.solve(information, by_person.T) ** 2).sum(axis=1))


@cache
def estimates(population: str) -> pd.DataFrame:
    offended, present, free = person_years(POPULATIONS[population])
    x = (np.arange(FIRST, LAST + 1) - 28) / 10
    age = [np.broadcast_to(x**power, offended.shape) for power in (1, 2, 3)]
    covariates = [present[kind].astype(float) for kind in CIRCUMSTANCES.values()]
    beta, error = pairwise_logit(offended, covariates + age, free)
    return pd.DataFrame({"estimate": beta[:4], "error": error[:4]}, index=list(CIRCUMSTANCES))


@pytest.mark.parametrize("population", list(POPULATIONS))
@pytest.mark.parametrize("name", list(CIRCUMSTANCES))
def test_planted_effect_is_recovered_within_four_standard_errors(
    population: str, name: str
) -> None:
    planted = register().truth.effects.get(f"effect_{name}_{population}", 0.0)
    estimate, error = estimates(population).loc[name]
    assert abs(estimate - planted) < 4 * error


def test_the_check_is_sharp_enough_to_tell_the_planted_effect_of_work_from_none() -> None:
    for population in POPULATIONS:
        estimate, error = estimates(population).loc["job"]
        assert estimate + 4 * error < 0
