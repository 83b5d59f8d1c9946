"""A within-person model in plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from trajectories.disclosure_control import MARK, is_few, said, unprotected
from trajectories.errors import InputError

if TYPE_CHECKING:
    from trajectories.lifecourse.results import WithinPersonResults

FEW_CLUSTERS = 20
"""Clusters below which clustered standard errors are not to be trusted."""

RATIO = {"logit": "odds ratio", "poisson": "rate ratio"}


def summary_text(results: WithinPersonResults) -> str:
    """Return effects, tests of equality, information and cautions."""
    kind = {"logit": "Conditional logit", "poisson": "Conditional Poisson"}[results.model]
    by = results.columns.by or "population"
    cluster = results.columns.cluster or results.columns.unit
    effects = results.effects[
        [by, "exposure", "estimate", "lower", "upper", "p_value", "persons", "events"]
    ].rename(columns={"estimate": RATIO[results.model], "persons": "persons who change"})
    parts = [
        f"{kind} of {results.columns.outcome}, within {results.columns.unit}; {_age(results)}; "
        f"errors clustered by {cluster}, intervals of {results.level:.0%}",
        _table(effects),
    ]
    if len(set(results.terms["level"])) > 1:
        parts.append("\n".join(["Wald tests of equal effects", *_tests(results)]))
    counts = results.information.drop(columns=MARK, errors="ignore").set_index(by).T
    parts.append(counts.map(_count).reset_index(names="").to_string(index=False))
    parts.append("\n".join(f"- {line}" for line in cautions(results)))
    return "\n\n".join(parts)


def _age(results: WithinPersonResults) -> str:
    n_terms = results.terms.loc[results.terms["role"] == "age", "variable"].nunique()
    if not n_terms:
        return "age left out"
    return "age as a straight line" if n_terms == 1 else f"age as a spline of {n_terms} terms"


def _tests(results: WithinPersonResults) -> list[str]:
    """Return a line for each exposure, and for all of them; a test that cannot be made says why."""
    every = list(dict.fromkeys(results.effects["exposure"]))
    asked = {name: [name] for name in every}
    if len(every) > 1:
        asked["all exposures"] = every
    lines = []
    for name, exposures in asked.items():
        try:
            test = results.test_equal(exposures)
        except InputError as reason:
            lines.append(f"  {name}: {reason}")
            continue
        lines.append(
            f"  {name}: chi-squared = {test.statistic:.2f} on {test.df} df, "
            f"p {_p_value(test.p_value, '=')}; null hypothesis: {test.null}"
        )
    return lines


def cautions(results: WithinPersonResults) -> list[str]:
    """Return what a reader must know before using the estimates."""
    with unprotected():
        found = results.information
    prefix = "expected_" if "expected_persons" in found else ""  # a person is in several groups
    persons = round(found[f"{prefix}persons"].sum())
    informative = round(found[f"{prefix}informative_persons"].sum())
    noun = {"logit": "never or always", "poisson": "never"}[results.model]
    without = f"{persons - informative:,}"
    hidden = results.information["informative_persons"].isna().any()
    if hidden or is_few(persons - informative, persons):
        without = "Some (how many is not shown)"
    lines = [
        f"{without} of {said(persons, 'person')} carry no information: the "
        f"outcome of those with a single year, or who {noun} offended, does not vary. The "
        "estimates are about the others."
    ]
    gaps = int(found["persons_with_gaps"].sum())
    if gaps:
        lines.append(
            f"{said(gaps, 'person')} with a gap in the years used: years on both sides are "
            "compared as they stand; lags over a gap are missing."
        )
    left = int(found["left_out_no_time_free"].sum())
    if left:
        events = int(found["events_left_out_no_time_free"].sum())
        lines.append(
            f"{said(left, 'year')} without (enough) time free left out, with "
            f"{said(events, 'event')} in them."
        )
    if found["left_out_missing"].sum():
        lines.append(
            f"{said(int(found['left_out_missing'].sum()), 'year')} with values missing left out."
        )
    if results.fit.n_clusters < FEW_CLUSTERS:
        lines.append(
            f"Errors rest on {said(results.fit.n_clusters, 'cluster')}: with fewer than "
            f"{FEW_CLUSTERS} they come out too small, and intervals too narrow."
        )
    if results.part_free > 0:
        lines.append(
            f"In {results.part_free:.1%} of the years used the person was free for a part only. "
            "Detention takes away job and opportunity alike, and follows from offences: look at "
            "lagged exposures (lag_sensitivity) and at wholly free years (exposure_handling)."
        )
    return lines


def _table(frame: pd.DataFrame) -> str:
    return str(
        frame.to_string(
            index=False, float_format=lambda x: f"{x:.3f}", formatters={"p_value": _p_value}
        )
    )


def _p_value(p: float, sign: str = "") -> str:
    return "< 0.001" if p < 0.001 else f"{sign} {p:.3f}".strip()


def _count(value: float) -> str:
    if pd.isna(value):
        return "suppressed"
    return f"{value:,.0f}" if value == int(value) else f"{value:.3f}"
