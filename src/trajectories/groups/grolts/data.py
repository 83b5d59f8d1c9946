"""Items 1 to 4 of the GRoLTS checklist: time, missing data, the outcome."""

from __future__ import annotations

import numpy as np

from trajectories.disclosure_control import is_few, number_in_words
from trajectories.groups.choosing.held_out import exposures
from trajectories.groups.grolts.facts import ANALYST, FILLED, PARTLY, Facts, Item
from trajectories.numerics.types import FloatArray
from trajectories.panel import Panel


def time_metric(facts: Facts) -> Item:
    """Item 1: the grid is known; what it counts, where the panel was made by a clock."""
    ages = facts.results.ages
    steps = np.unique(np.round(np.diff(ages), 10))
    if len(steps) == 0:
        grid = f"one point in time, {ages[0]:g}"
    elif len(steps) == 1:
        grid = f"{len(ages)} points from {ages[0]:g} to {ages[-1]:g}, {steps[0]:g} apart"
    else:
        grid = (
            f"{len(ages)} points from {ages[0]:g} to {ages[-1]:g}, between {steps[0]:g} and "
            f"{steps[-1]:g} apart"
        )
    if facts.panel is not None and facts.panel.individual_ages is not None:
        grid = (
            f"a person's own at each of {facts.panel.n_ages} occasions, from {ages[0]:g} to "
            f"{ages[-1]:g}"
        )
    if facts.panel is not None and facts.panel.clock == "year of age":
        return "1", "Metric of time", FILLED, f"Time is {grid}. {_years_of_age(facts.panel)}"
    content = f"Time is {grid}. [Say what it counts: age in years, years since a case, waves.]"
    return "1", "Metric of time", PARTLY, content


def _years_of_age(panel: Panel) -> str:
    """Say what a year of age is, as ``Panel.from_register`` counts it."""
    said = (
        "It counts age in years: age a is the year from birthday a to the day before birthday "
        "a + 1, and who was born on 29 February has birthdays on 1 March in other years."
    )
    if panel.exposure is None:
        return f"{said} A year observed in part counts as a whole one."
    return (
        f"{said} Exposure is the share of the days of that year that were observed and not in "
        "detention (before a floor, if one was set); a year without any such day is missing."
    )


def time_spread(facts: Facts) -> Item:
    """Item 2: one grid for all persons has no variance within a wave, as far as was recorded."""
    content = (
        "[Give mean and variance of the exact time within each wave, if measurements of a wave "
        "were spread out.]"
    )
    if facts.panel is None:
        return "2", "Mean and variance of time within a wave", ANALYST, content
    if facts.panel.individual_ages is not None:
        spread = _spread_by_occasion(facts.panel, facts.panel.individual_ages)
        return "2", "Mean and variance of time within a wave", FILLED, spread
    content = (
        "The model takes the outcomes of a point in time as of that point for all persons: mean "
        f"the point itself, variance 0. {content}"
    )
    return "2", "Mean and variance of time within a wave", PARTLY, content


def missing_mechanism(facts: Facts) -> Item:
    """Item 3a: nothing in the data tells the mechanism."""
    title = "Missing-data mechanism"
    panel = facts.panel
    if panel is not None and panel.observed is None:
        return "3a", title, FILLED, "No cell is missing, so there is no mechanism to state."
    content = (
        "[State the mechanism and the reasons for believing it. The likelihood of the observed "
        "cells is valid if data are missing at random: given the observed outcomes of a person, "
        "what is missing does not depend on its value.]"
    )
    return "3a", title, ANALYST, content


def attrition(facts: Facts) -> Item:
    """Item 3b: which variables go with missing data, only the analyst can have looked at."""
    title = "Variables related to attrition or missing data"
    panel = facts.panel
    if panel is None:
        return "3b", title, ANALYST, "[Describe which variables go with attrition.]"
    if panel.observed is None:
        return "3b", title, FILLED, "No cell is missing."
    seen = panel.observed.mean(axis=0) if panel.weights is None else _share_seen(facts)
    content = (
        f"Observed at the first point {100 * seen[0]:.1f} % of persons, at the last "
        f"{100 * seen[-1]:.1f} %, fewest {100 * seen.min():.1f} % at "
        f"{panel.ages[int(np.argmin(seen))]:g}. [Describe which variables go with attrition.]"
    )
    return "3b", title, PARTLY, content


def missing_data(facts: Facts) -> Item:
    """Item 3c: how missing cells entered the likelihood is known."""
    title = "How missing data were dealt with"
    how = (
        "full-information maximum likelihood: every person contributes the cells observed, nothing "
        "was imputed and nobody with an observed cell was left out"
    )
    panel = facts.panel
    if panel is None:
        cells = facts.results.cells_in_words("cells were observed")
        return "3c", title, FILLED, f"{cells}; {how}."
    missing = panel.outcomes.size - panel.n_observed_cells
    if is_few(missing):
        return "3c", title, FILLED, f"{number_in_words(missing, 'cells')} missing; {how}."
    content = (
        f"{missing:,} of {panel.outcomes.size:,} cells ({100 * missing / panel.outcomes.size:.1f} "
        f"%) missing; {how}."
    )
    if panel.n_left_out:
        left = number_in_words(panel.n_left_out, "persons")
        content += f" {left} never observed at these ages were left out."
    if panel.exposure is not None:
        content += " Time at risk entered as an exposure; a cell without any is missing."
    return "3c", title, FILLED, content


def distribution(facts: Facts) -> Item:
    """Item 4: the family is known, what the outcomes look like needs the panel."""
    title = "Distribution of the observed variables"
    family = f"Modelled as {facts.results.family}, given the group."
    if facts.panel is None:
        return "4", title, PARTLY, f"{family} [Describe the outcome, or give the panel.]"
    panel = facts.panel
    weights = np.ones(panel.n_units) if panel.weights is None else panel.weights
    at_risk = exposures(panel)
    mass = weights[:, None] * (at_risk > 0)
    mean = float((mass * panel.outcomes).sum() / mass.sum())
    variance = float((mass * (panel.outcomes - mean) ** 2).sum() / mass.sum())
    zeros = float((mass * (panel.outcomes == 0)).sum() / mass.sum())
    text = (
        f"Over {mass.sum():,.0f} observed cells the outcome has mean {mean:.3g}, variance "
        f"{variance:.3g} and {100 * zeros:.1f} % zeros"
    )
    if panel.exposure is not None:
        text += f"; mean exposure {(mass * at_risk).sum() / mass.sum():.3g}"
    return "4", title, FILLED, f"{text}. {family}"


def _spread_by_occasion(panel: Panel, own: FloatArray) -> str:
    """Return mean and variance of the age at each occasion, over the persons observed at it."""
    seen = exposures(panel) > 0
    mass = seen if panel.weights is None else seen * panel.weights[:, None]
    ages = np.where(seen, own, 0.0)
    total = mass.sum(axis=0)
    mean = (mass * ages).sum(axis=0) / total
    variance = (mass * (ages - mean) ** 2).sum(axis=0) / total
    parts = [
        f"occasion {place} mean {m:.4g}, variance {v:.3g}"
        for place, (m, v) in enumerate(zip(mean, variance, strict=True), start=1)
    ]
    return f"{'; '.join(parts)}."


def _share_seen(facts: Facts) -> np.ndarray:
    panel = facts.panel
    assert panel is not None
    assert panel.observed is not None
    assert panel.weights is not None
    return np.asarray(panel.weights @ panel.observed / panel.weights.sum())
