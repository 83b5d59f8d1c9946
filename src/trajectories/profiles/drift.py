"""Are the people scored still those the model knew? Two periods of scoring beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

from trajectories.disclosure_control import holds_tables
from trajectories.errors import InputError
from trajectories.numerics.arguments import whole_number
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import wilson
from trajectories.numerics.types import FloatArray
from trajectories.profiles.drift_shown import (
    ANY,
    shown_probabilities,
    shown_refusals,
    shown_shares,
    shown_stability,
)
from trajectories.profiles.histories import Histories
from trajectories.profiles.score import score
from trajectories.profiles.validate import validate

if TYPE_CHECKING:
    from trajectories.groups import GroupTrajectoriesResults
    from trajectories.panel import Panel
    from trajectories.profiles.model import ScoringModel

BINS = 10
ADDED = 0.5
"""Added to the count of every bin, so that an empty one has no infinite index."""

MODERATE, LARGE = 0.10, 0.25
"""Conventional readings of the stability index; a convention of credit scoring, not a test."""

FEWEST = 10


@holds_tables(
    shares=shown_shares,
    probabilities=shown_probabilities,
    stability=shown_stability,
    refusals=shown_refusals,
    calibration={"keys": ("period", "measure"), "parts": ()},
)
@dataclass(frozen=True, eq=False, repr=False)
class Drift:
    """How two periods of scoring differ; tidy tables.

    Attributes
    ----------
    shares : DataFrame
        By group: before and after (mean probability of the persons scored), change with lower and
        upper.
    probabilities : DataFrame
        group, bin, low, high (limits of the probability), before, after (persons), index: the
        bin's part of the stability index.
    stability : DataFrame
        By group: index = sum over bins of (a - b) log(a / b), by_chance (what it exceeds in one
        period of twenty if nothing changed), reading.
    refusals : DataFrame
        By reason, "any" first, and flags by name: kind, name, before, after (persons), share
        before and after, change with lower and upper.
    calibration : DataFrame or None
        The measures of :func:`validate` by period, where outcomes were given.
    n_before, n_after : int
        Histories given.
    """

    shares: pd.DataFrame
    probabilities: pd.DataFrame
    stability: pd.DataFrame
    refusals: pd.DataFrame
    calibration: pd.DataFrame | None
    n_before: int
    n_after: int

    def summary(self) -> str:
        """Return the report as text."""
        parts = [
            f"{self.n_before} histories before, {self.n_after} after",
            self.shares.round(3).to_string(),
            self.stability.round(3).to_string(),
            self.refusals.round(3).to_string(index=False),
        ]
        if self.calibration is not None:
            parts.append(self.calibration.drop(columns="reason").round(3).to_string(index=False))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        """Return one line without data."""
        worst = self.stability["index"].max()
        return (
            f"<Drift: {self.n_before} before, {self.n_after} after, largest stability index "
            f"{worst:.3f}>"
        )


def drift(
    model: GroupTrajectoriesResults | ScoringModel,
    before: Panel | pd.DataFrame | Histories,
    after: Panel | pd.DataFrame | Histories,
    *,
    risks: Sequence[pd.Series[Any]] | None = None,
    outcomes: Sequence[Any] | None = None,
    horizon: float | None = None,
    bins: int = BINS,
    level: float = 0.95,
) -> Drift:
    """Compare two periods of scoring: who was scored, what came out, and whether it came true.

    Parameters
    ----------
    model : GroupTrajectoriesResults or ScoringModel
    before, after : Panel, DataFrame or Histories
        The histories of each period, as for ``score``; other persons, or the intervals of changes
        are too wide.
    risks, outcomes : pair, optional
        Of each period the probabilities (as ``risk_ahead`` gives them) and what happened, as for
        :func:`validate`, to compare calibration and discrimination.
    horizon : float, optional
        For outcomes with times.
    bins : int
        Bins of equal numbers of persons before; fewer where probabilities coincide.
    level : float

    Raises
    ------
    InputError
        If fewer than ten persons of a period are scored.

    Notes
    -----
    Rule for the stability index: below 0.10 little changed, from 0.25 much, between them look
    closer (Siddiqi 2006, Credit Risk Scorecards, Wiley). It is a habit, not a test, and in small
    samples chance alone passes it; hence ``by_chance``, the 95 % point of
    (1 / n + 1 / m) chi2(bins - 1), its distribution where nothing changed.
    """
    if (risks is None) != (outcomes is None):
        raise InputError("calibration of two periods needs both risks and outcomes, a pair each")
    bins = whole_number("bins", bins, 2)
    z = normal_quantile(level)
    tables = [score(model, one, years_ahead=0, intervals=False) for one in (before, after)]
    names = [name for name in tables[0] if str(name).startswith("group_")]
    values = [table.loc[table["refused"] == "", names].to_numpy() for table in tables]
    for when, own in zip(("before", "after"), values, strict=True):
        if len(own) < FEWEST:
            raise InputError(f"fewer than {FEWEST} histories {when} are scored: too few to compare")
    probabilities, stability = _stability(values[0], values[1], int(bins))
    return Drift(
        shares=_shares(values[0], values[1], z),
        probabilities=probabilities,
        stability=stability,
        refusals=_refusals(tables, z),
        calibration=None
        if risks is None or outcomes is None
        else _calibration(risks, outcomes, horizon, level),
        n_before=len(tables[0]),
        n_after=len(tables[1]),
    )


def _shares(before: FloatArray, after: FloatArray, z: float) -> pd.DataFrame:
    change = after.mean(axis=0) - before.mean(axis=0)
    error = np.sqrt(sum(own.var(axis=0, ddof=1) / len(own) for own in (before, after)))
    return pd.DataFrame(
        {
            "before": before.mean(axis=0),
            "after": after.mean(axis=0),
            "change": change,
            "lower": change - z * error,
            "upper": change + z * error,
        },
        index=pd.RangeIndex(1, before.shape[1] + 1, name="group"),
    )


def _stability(
    before: FloatArray, after: FloatArray, bins: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    chance = 1 / len(before) + 1 / len(after)
    for k in range(before.shape[1]):
        inner = np.unique(np.quantile(before[:, k], np.linspace(0, 1, bins + 1)[1:-1]))
        n_bins = len(inner) + 1
        counts = [
            np.bincount(np.searchsorted(inner, own[:, k], side="right"), minlength=n_bins)
            for own in (before, after)
        ]
        share = [(one + ADDED) / (one.sum() + ADDED * n_bins) for one in counts]
        parts = (share[1] - share[0]) * np.log(share[1] / share[0])
        edges = np.r_[0.0, inner, 1.0]
        for b in range(n_bins):
            numbers = {"before": int(counts[0][b]), "after": int(counts[1][b])}
            limits = {"low": edges[b], "high": edges[b + 1]}
            rows.append({"group": k + 1, "bin": b + 1, **limits, **numbers, "index": parts[b]})
        index, by_chance = float(parts.sum()), float(chi2.ppf(0.95, n_bins - 1)) * chance
        found.append(
            {"index": index, "by_chance": by_chance, "reading": _reading(index, by_chance)}
        )
    names = pd.RangeIndex(1, before.shape[1] + 1, name="group")
    return pd.DataFrame(rows), pd.DataFrame(found, index=names)


def _reading(index: float, by_chance: float) -> str:
    if index <= by_chance:
        return "no more than chance"
    if index < MODERATE:
        return "little changed"
    return "look closer" if index < LARGE else "much changed"


def _refusals(tables: list[pd.DataFrame], z: float) -> pd.DataFrame:
    """Return how often each reason and flag came up in each period."""
    found: dict[tuple[str, str], list[int]] = {("refused", ANY): [0, 0]}
    for period, table in enumerate(tables):
        found["refused", ANY][period] = int((table["refused"] != "").sum())
        for column, kind in (("refused", "refused"), ("flags", "flag")):
            for text, number in table[column].value_counts().items():
                whole = [str(text)] if kind == "refused" else str(text).split("; ")
                for name in filter(None, whole):
                    found.setdefault((kind, name), [0, 0])[period] += int(number)
    rows = []
    sizes = [len(table) for table in tables]
    for (kind, name), counts in found.items():
        shares = [count / size for count, size in zip(counts, sizes, strict=True)]
        low, high = _newcombe(shares, sizes, z)
        rows.append(
            {
                "kind": kind,
                "name": name,
                "before": counts[0],
                "after": counts[1],
                "share_before": shares[0],
                "share_after": shares[1],
                "change": shares[1] - shares[0],
                "lower": low,
                "upper": high,
            }
        )
    return pd.DataFrame(rows)


def _newcombe(shares: list[float], sizes: list[int], z: float) -> tuple[float, float]:
    """Return limits of the difference of two shares, second less first, from Wilson's limits.

    Source: Newcombe (1998), Statistics in Medicine 17(8), 873-890, method 10.
    """
    first, second = shares
    (low_1, low_2), (high_1, high_2) = wilson(shares, sizes, z)
    change = second - first
    low = change - np.hypot(second - low_2, high_1 - first)
    high = change + np.hypot(high_2 - second, first - low_1)
    return float(low), float(high)


def _calibration(
    risks: Sequence[Any], outcomes: Sequence[Any], horizon: float | None, level: float
) -> pd.DataFrame:
    if len(risks) != 2 or len(outcomes) != 2:
        raise InputError("risks and outcomes must be a pair each: before and after")
    parts = []
    for period, risk, outcome in zip(("before", "after"), risks, outcomes, strict=True):
        found = validate(risk, outcome, horizon=horizon, level=level)
        both = pd.concat([found.discrimination, found.calibration], ignore_index=True)
        parts.append(both.drop(columns=["by", "level"]).assign(period=period))
    table = pd.concat(parts, ignore_index=True)
    return table[["period", *[name for name in table if name != "period"]]]
