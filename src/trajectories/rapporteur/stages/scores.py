"""Scores: what a model says of a history so far, and whether it comes true for others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trajectories.groups import GroupTrajectoriesResults
from trajectories.panel import Panel, Register
from trajectories.profiles import score, validate, validate_forecast
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.stages.stage import Stage

CUT_OFF = 25
"""Histories are scored as they stand at the end of this year of age."""
YEARS_AHEAD = 5
EXAMPLES: dict[str, tuple[int, dict[int, int]]] = {
    "one offence at 16, none since; now 24": (24, {16: 1}),
    "six offences from 15 to 18, none since; now 24": (24, {15: 1, 16: 2, 17: 2, 18: 1}),
    "first offence at 22, two a year since; now 25": (25, {22: 1, 23: 2, 24: 2, 25: 2}),
    "two or three a year since 14; now 25": (25, {age: 2 + age % 2 for age in range(14, 26)}),
    "one offence at 14; now 15": (15, {14: 1}),
    "no offence; now 24": (24, {}),
}
"""Made-up histories: the last year of age observed, and offences by age; years between are 0, and
all of them are spent in freedom."""


def scores(
    results: GroupTrajectoriesResults,
    names: pd.Series,
    held_out: Register | None = None,
    level: float = 0.95,
) -> Stage:
    """Score made-up histories, and judge the scores of persons whom the model never saw.

    Parameters
    ----------
    results : GroupTrajectoriesResults
    names : Series
        Group → name.
    held_out : Register, optional
        Another draw of the same truth: there the group of every person is known.
    """
    tables = {"score_examples": example_scores(results, names, level)}
    if held_out is not None:
        tables |= _judged(results, names, held_out, level)
    return Stage(tables=tables)


def example_scores(
    results: GroupTrajectoriesResults, names: pd.Series, level: float = 0.95
) -> pd.DataFrame:
    """Return scores of the made-up histories: most likely group, its probability, what is ahead."""
    ages = results.ages
    wide = pd.DataFrame(np.nan, index=pd.Index(EXAMPLES, name="history"), columns=ages)
    for history, (last, offences) in EXAMPLES.items():
        wide.loc[history, ages <= last] = 0.0
        for age, count in offences.items():
            wide.loc[history, float(age)] = float(count)
    years_free = wide.notna().astype(float).to_numpy() if results.has_exposure else None
    histories = Panel.from_wide(wide, exposure=years_free)
    scored = score(results, histories, YEARS_AHEAD, level)
    groups = list(results.group_probabilities.index)
    rows = []
    for history, row in zip(EXAMPLES, scored.to_dict("records"), strict=True):
        chances = [float(row[f"group_{group}"]) for group in groups]
        refused = str(row["refused"])
        best = None if refused else groups[int(np.argmax(chances))]
        limits = ("", "_lower", "_upper")
        rows.append(
            {
                "history": history,
                "most_likely_group": "refused" if best is None else names[best],
                **{
                    column: np.nan if best is None else float(row[f"group_{best}{limit}"])
                    for column, limit in zip(("probability", "lower", "upper"), limits, strict=True)
                },
                "expected_ahead": float(row["expected"]),
                "prediction_lower": float(row["prediction_lower"]),
                "prediction_upper": float(row["prediction_upper"]),
                "flags": refused or ", ".join(one for one in str(row["flags"]).split("; ") if one),
            }
        )
    return pd.DataFrame(rows)


def _judged(
    results: GroupTrajectoriesResults, names: pd.Series, held_out: Register, level: float
) -> dict[str, pd.DataFrame]:
    panel = Panel.from_register(held_out, ages=results.ages.astype(int), persons=TRAFFICKERS)
    forecast = validate_forecast(results, panel, CUT_OFF, level=level)
    tables = {"score_forecast": forecast.drop(columns=["by", "level"])}
    if held_out.truth is None:
        return tables
    young = np.asarray(results.ages <= CUT_OFF)
    early = Panel.from_register(held_out, ages=results.ages[young].astype(int), persons=TRAFFICKERS)
    found = score(results, early, 0, intervals=False)
    group = held_out.truth.groups.reindex(found.index)
    curves, measures = [], []
    for name in dict.fromkeys(names):
        own = [f"group_{number}" for number in names.index[names == name]]
        if not (group == name).any():
            continue
        judged = validate(found[own].sum(axis=1, min_count=1), (group == name).astype(float))
        curves.append(judged.calibration_curve.assign(by="group", level=name))
        kept = judged.calibration["measure"].isin(["observed_to_expected", "slope"])
        both = pd.concat([judged.discrimination, judged.calibration[kept]])
        measures.append(both.assign(group=name))
    columns = ["group", "measure", "estimate", "lower", "upper", "persons", "events"]
    if curves:
        tables["score_calibration"] = pd.concat(curves, ignore_index=True)
        tables["score_groups"] = pd.concat(measures, ignore_index=True)[columns]
    return tables
