"""Would acting on the score do more good than harm? Net benefit by threshold.

NB(t) = TP / n - FP / n x t / (1 - t): a threshold t says how many needless interventions one
missed event is worth. To act on nobody has net benefit 0.

Source: Vickers and Elkin (2006), Medical Decision Making 26(6), 565-574; under censoring Vickers,
Cronin, Elkin and Gonen (2008), BMC Medical Informatics and Decision Making 8, 53, here with
inverse probability weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.profiles.judged import UNKNOWN, Judged

STRATEGIES = ("by score", "everybody", "nobody")


def decision_curve(judged: Judged, thresholds: FloatArray, z: float) -> list[dict[str, Any]]:
    """Return net benefit of acting by the score, on everybody, and on nobody, by threshold."""
    found = []
    reason = UNKNOWN if judged.gap == UNKNOWN else ""
    for threshold in thresholds:
        acted: dict[str, BoolArray] = {
            "by score": judged.score >= threshold,
            "everybody": np.ones(judged.persons, dtype=bool),
            "nobody": np.zeros(judged.persons, dtype=bool),
        }
        odds = threshold / (1 - threshold)
        worth = judged.weight * np.where(judged.case, 1.0, -odds)
        for strategy in STRATEGIES:
            each = np.where(acted[strategy], worth, 0.0)
            value, error = float(each.mean()), _error(each)
            if reason:
                value = error = np.nan
            found.append(
                {
                    "threshold": float(threshold),
                    "strategy": strategy,
                    "net_benefit": value,
                    "lower": value - z * error,
                    "upper": value + z * error,
                    "acted_on": int(acted[strategy].sum()),
                    "persons": judged.persons,
                    "events": judged.events,
                    "reason": reason,
                }
            )
    return found


def _error(values: FloatArray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
