"""The parts that fit and replication reports have in common: groups, curves, names, model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from trajectories.disclosure_control import drawable
from trajectories.groups.group_sizes import hidden_groups
from trajectories.panel.arrays import counted
from trajectories.report.group_cells import (
    small_groups,
    without_hidden_limits,
    without_small_groups,
)
from trajectories.report.html import Report
from trajectories.report.numbers import fixed, number
from trajectories.report.selection_parts import add_selection
from trajectories.report.single_age import show_single_age
from trajectories.report.wording import per

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from trajectories.groups import GroupTrajectoriesResults

__all__ = [
    "add_groups",
    "add_model",
    "add_parameters",
    "add_selection",
    "group_figures",
    "shown_curves",
    "shown_shares",
]


def group_figures(
    results: GroupTrajectoriesResults, tables: Mapping[str, pd.DataFrame], level: float
) -> dict[str, Figure]:
    """Return the figures of a fit: ``trajectories`` and, with observed means, ``observed``.

    Groups of few persons, by ``tables["groups"]`` or under the switch, are left out.
    """
    from trajectories import plot

    curves = shown_curves(results, tables, level)
    if not len(curves):
        return {}
    shares = shown_shares(tables["groups"], results)
    names = tables["typology"].set_index("group")["label"]
    unit = f"offences per {per(_has_exposure(results))}"
    figures = {"trajectories": plot.trajectories(curves, shares, names, unit=unit)}
    if "observed" in tables:
        observed = tables["observed"]
        observed = observed[observed["group"].isin(curves["group"])]
        means = pd.to_numeric(observed["mean"], errors="coerce")
        shown = observed.assign(mean=means)[means.notna()]
        figures["observed"] = plot.observed_means(curves, shown, shares, names, unit=unit)
    if len(curves) == curves["group"].nunique():
        for figure in figures.values():
            show_single_age(figure, curves)
    return figures


def _has_exposure(results: GroupTrajectoriesResults) -> bool:
    return bool(getattr(results, "has_exposure", True))


def shown_curves(
    results: GroupTrajectoriesResults, tables: Mapping[str, pd.DataFrame], level: float
) -> pd.DataFrame:
    """Return the curves of the groups that neither the tables nor the switch hide."""
    curves = drawable(results.trajectories(level=level), "curves of a report")
    return without_hidden_limits(curves, tables["groups"])


def shown_shares(groups: pd.DataFrame, results: GroupTrajectoriesResults) -> pd.Series:
    """Return the shares of the groups that neither the table of groups nor the switch hides."""
    shares = pd.to_numeric(groups.set_index("group")["share"], errors="coerce")
    return shares.drop(hidden_groups(results)).dropna()


def add_groups(
    report: Report,
    tables: Mapping[str, pd.DataFrame],
    figures: Mapping[str, Figure],
    level: float,
    has_exposure: bool = True,
) -> None:
    """Add the curves, and for each group its size, how apart it is, and its name."""
    unit = f"per {per(has_exposure)}"
    percent = f"{100 * level:g} %"
    if "trajectories" in figures:
        report.figure(
            figures["trajectories"],
            _describe(without_small_groups(tables["typology"], tables["groups"]), unit),
            f"Expected offences {unit} by age, with pointwise {percent} bands.",
        )
    few = len(small_groups(tables["groups"]))
    if few:
        report.text(
            f"{counted(few, 'group')} of few persons {'is' if few == 1 else 'are'} in no figure."
        )
    report.table(
        tables["groups"],
        "Groups: share, persons whose most likely group it is, and how well it stands apart "
        "(avepp: mean posterior of those assigned, above 0.7 is wanted; occ: odds of correct "
        "classification, above 5; mismatch: share minus assigned share, near 0; posterior sd: how "
        "much posteriors of those assigned differ).",
        formats={
            "share": "percent",
            "share_lower": "percent",
            "share_upper": "percent",
            "assigned_share": "percent",
            "avepp": "fixed3",
            "mismatch": "fixed3",
            "posterior_sd": "fixed3",
        },
    )
    report.table(
        _as_in_figures(tables["typology"]),
        f"Names by stated rules: offences {unit}, ages in years, decline as the share of "
        "the peak rate lost ten years later. No name where none fits; 'lower' and "
        "the like tell groups of one name apart.",
        formats={
            "decline": "percent0",
            "level": "fixed2",
            "peak_rate": "fixed2",
            "years_above_half": "fixed1",
        },
    )
    if "observed" in figures:
        report.figure(
            figures["observed"],
            "For each group, means of the observed records, weighted by posterior, as dots over "
            "the fitted curve.",
            "Observed means, persons weighted by their posterior, over the fitted curves. Dots "
            "that leave the band over several ages say that the degree or family does not fit. "
            "Each panel has its own scale.",
        )


def _as_in_figures(typology: pd.DataFrame) -> pd.DataFrame:
    """Return the names of groups as the figures have them: "early peak"."""
    labels = [one.replace("_", " ") if isinstance(one, str) else one for one in typology["label"]]
    return typology.assign(name=labels).drop(columns="label")


def _describe(typology: pd.DataFrame, unit: str) -> str:
    parts = [
        f"group {row.group} ({row.label if isinstance(row.label, str) else 'no name'}) is highest "
        f"at age {row.peak_age:g} with {row.peak_rate:.2f} offences {unit}"
        for row in typology.itertuples()
    ]
    return f"Curves of {counted(len(parts), 'group')} over age: {'; '.join(parts)}."


def add_model(report: Report, results: GroupTrajectoriesResults, fit: pd.DataFrame) -> None:
    """Add likelihood, criteria and the reason for stopping, with its advice."""
    converged = bool(results.converged)
    advice = str(getattr(results.stop_reason, "advice", "") or "")
    state = "The fit converged." if converged else "The fit did not converge."
    found = " ".join(f"{note[:1].upper()}{note[1:]}." for note in results.notes)
    said = " ".join(part for part in (state, found, advice) if part)
    (report.text if converged else report.note)(said)
    report.table(fit, "The fit.", formats={"value": _value})


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "✓ yes" if value else "✗ no"
    if isinstance(value, float):
        return fixed(value, 4)
    return number(value) if isinstance(value, int) else str(value)


def add_parameters(report: Report, parameters: pd.DataFrame, level: float) -> None:
    """Add the parameters with standard errors."""
    report.table(
        parameters,
        f"Parameters with standard errors and {100 * level:g} % intervals. An en dash: no "
        "standard error, because the information matrix says nothing about this parameter.",
        formats=dict.fromkeys(("estimate", "standard_error", "lower", "upper"), "fixed4"),
    )
