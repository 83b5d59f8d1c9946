"""Posterior group probabilities given the index case and detention too, not the counts alone.

A trajectory model takes every offence for an event of one Poisson process. But everybody is in the
study *because of* one offence, the first for trafficking: it happened once to each, follow-up is
timed from it, and detention comes before and after it. Groups differ in all of this, and a
posterior that does not know it misplaces some persons, those with an early or a late index case
above all.

Let m_k be the fitted curve of group k, E_k its mean years free by age, and a_k the distribution of
the age at the index case. Of the offences at age t a fraction q_k = a_k / (m_k E_k) are then index
cases, and the others have the rate (1 - q_k) m_k. With index case at age A_i and y' the counts
without it, the joint probability of a person's counts and index case is that of the counts times

    w_ik = a_k(A_i) / m_k(A_i) * prod_t (1 - q_k(t))^y'_it * exp(sum_t q_k(t) m_k(t) e_it)

(no division where A_i lies outside the panel): which of the offences it was, and that it was one
and not a Poisson number. Splitting a Poisson process by independent marks: Kingman (1993), Poisson
Processes, Oxford University Press, section 5.1. For detention come in the binomial probabilities
of a spell after the index case and of spells in the years between onset and index case.

a_k and the chances of detention are posterior means, found together with the posterior by a few
EM steps, the trajectory model held fixed; a_k is smoothed with a normal kernel. Bandwidth and
number of steps hardly matter. Their own error is left out of the intervals. What this does to bias
and coverage is in the decision "Figures by group allow for not knowing the groups".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from trajectories.groups import GroupTrajectoriesResults
from trajectories.numerics.types import FloatArray, IntArray
from trajectories.panel import Panel, Register
from trajectories.panel.calendar import age_on, days
from trajectories.rapporteur.classified import Classified
from trajectories.rapporteur.person_figures import first_trafficking

BANDWIDTH = 1.0
"""Standard deviation of the kernel, years."""
STEPS, TOLERANCE = 50, 1e-6
MOST_INDEX_CASES = 0.9
"""No curve consists of index cases alone: other offences keep a tenth of it."""
LOWEST_RATE = 1e-9
RAREST = 1e-3
"""No chance of detention is taken to be nearer to 0 or 1."""


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What the register says of N persons beside their counts.

    Attributes
    ----------
    age : ndarray of int, shape (N,)
        At the index case, whole years.
    spells, chances : ndarrays, shape (N, 2)
        Of detention: whether there is a spell after the index case, of one chance; and in how many
        of the years between onset and index case, at most their number.
    """

    age: IntArray
    spells: FloatArray
    chances: FloatArray


def index_facts(register: Register, units: pd.Index[int]) -> IndexFacts:
    """Read what the register's tables say of the index cases of these persons."""
    persons = register.persons.set_index("person").loc[units]
    offences = register.offences[register.offences["person"].isin(units)]
    index_date = first_trafficking(offences, units)
    onset = offences.groupby("person", observed=True)["offence_date"].min().reindex(units)
    birth = days(persons, "birth_date", "persons", required=True)
    age = age_on(birth, index_date.to_numpy().astype("datetime64[D]"))
    years = age - age_on(birth, onset.to_numpy().astype("datetime64[D]")) - 1
    spells = register.spells
    spells = spells[(spells["spell_type"] == "detention") & spells["person"].isin(units)]
    later = spells["start_date"] >= spells["person"].map(index_date)
    before = spells[~later].groupby("person", observed=True).size().reindex(units, fill_value=0)
    possible = np.maximum(years, 0)
    return IndexFacts(
        age,
        np.column_stack(
            [units.isin(spells.loc[later, "person"]), np.minimum(before.to_numpy(), possible)]
        ).astype(float),
        np.column_stack([np.ones(len(units)), possible]).astype(float),
    )


def given_index_case(
    classified: Classified, results: GroupTrajectoriesResults, panel: Panel, facts: IndexFacts
) -> Classified:
    """Return the same persons and model with posteriors that know the facts too.

    Parameters
    ----------
    classified : Classified
        Of the panel, groups by number.
    results : GroupTrajectoriesResults
    panel : Panel
        The one that was fitted, of whole years of age.
    facts : IndexFacts
        In the order of the panel's units.
    """
    curves = results.trajectories().sort_values(["group", "age"])
    mean = curves["mean"].to_numpy(dtype=float).reshape(results.n_groups, -1)
    column = np.searchsorted(panel.grid, results.ages)
    whole = np.ones(panel.outcomes.shape, dtype=np.bool_)
    known = whole if panel.observed is None else panel.observed
    years = known.astype(float) if panel.exposure is None else panel.exposure
    seen = known[:, column]
    outcomes = np.where(seen, panel.outcomes[:, column], 0.0)
    free = np.where(seen, years[:, column], 0.0)
    place = facts.age - int(results.ages[0])
    return replace(
        classified,
        posterior=posterior_given(
            classified.posterior, mean, outcomes, free, place, (facts.spells, facts.chances)
        ),
    )


def posterior_given(
    posterior: FloatArray,
    mean: FloatArray,
    outcomes: FloatArray,
    free: FloatArray,
    place: IntArray,
    detention: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return the posterior given counts, index case and detention, shape (N, K).

    Parameters
    ----------
    posterior : ndarray, shape (N, K)
        Given the counts.
    mean : ndarray, shape (K, T)
        Curves, offences per year free.
    outcomes, free : ndarrays, shape (N, T)
        Counts and years free, 0 where not observed.
    place : ndarray of int, shape (N,)
        Age at the index case less the first of the T ages: outside 0 to T - 1 where the panel does
        not hold it.
    detention : two ndarrays, shape (N, F)
        How many spells, of how many chances, of F kinds.
    """
    n_ages = mean.shape[1]
    mean = np.maximum(mean, LOWEST_RATE)
    inside = np.flatnonzero((place >= 0) & (place < n_ages))
    others = outcomes.copy()
    others[inside, place[inside]] = np.maximum(others[inside, place[inside]] - 1.0, 0.0)
    first = min(int(place.min()), 0)
    kernel = _kernel(max(int(place.max()) + 1, n_ages) - first)
    smooth, own = kernel[place - first], place - first
    log_given = np.log(np.maximum(posterior, 1e-300))
    spells, chances = detention
    now = posterior
    for _ in range(STEPS):
        weight = now / np.maximum(now.sum(axis=0), 1e-9)
        age = weight.T @ smooth
        years_free = np.maximum(weight.T @ free, 1e-9)
        at_ages = age[:, -first : n_ages - first]
        marked = np.minimum(at_ages / (mean * years_free), MOST_INDEX_CASES)
        log_w = np.log(np.maximum(age[:, own], 1e-300)).T
        log_w[inside] -= np.log(mean[:, place[inside]]).T
        log_w += others @ np.log1p(-marked).T + free @ (marked * mean).T
        chance = np.clip(now.T @ spells / np.maximum(now.T @ chances, 1e-9), RAREST, 1.0 - RAREST)
        log_w += spells @ np.log(chance).T + (chances - spells) @ np.log1p(-chance).T
        joint = log_given + log_w
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        new = joint / joint.sum(axis=1, keepdims=True)
        done = np.abs(new - now).max() < TOLERANCE
        now = new
        if done:
            break
    return np.asarray(now)


def _kernel(size: int) -> FloatArray:
    """Return how a person's age at the index case spreads over ages: rows add up to one."""
    apart = np.subtract.outer(np.arange(size), np.arange(size)) / BANDWIDTH
    spread = np.exp(-0.5 * apart**2)
    return np.asarray(spread / spread.sum(axis=1, keepdims=True))
