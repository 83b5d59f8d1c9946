"""Do the probabilities come true? In the large, slope, Brier score, and observed by predicted."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectories.numerics.calibration import recalibration, weighted_share
from trajectories.numerics.share_limits import wilson
from trajectories.profiles.judged import UNKNOWN, Judged
from trajectories.profiles.measures import absent, on_line, row

BINS = 10


def calibration(judged: Judged, z: float) -> list[dict[str, Any]]:
    """Return rows of expected, observed, ratio, in the large, slope, Brier and scaled Brier."""
    expected = float(judged.score.mean())
    found = [row(judged, "expected_share", expected, np.nan, np.nan, "the mean of the scores")]
    share, n = weighted_share(judged.case, judged.weight)
    if judged.gap == UNKNOWN:
        names = ("observed_share", "observed_to_expected", "in_the_large", "slope")
        return found + [absent(judged, name, judged.gap) for name in (*names, *BRIER)]
    lower, upper = wilson(share, n, z).tolist()
    found.append(row(judged, "observed_share", share, lower, upper))
    if expected > 0:
        ratio = np.array([share, lower, upper]) / expected
        found.append(row(judged, "observed_to_expected", *ratio))
    else:
        found.append(absent(judged, "observed_to_expected", "every score is 0"))
    found += _logistic(judged, z)
    return found + _brier(judged, share, z)


def _logistic(judged: Judged, z: float) -> list[dict[str, Any]]:
    names = ("in_the_large", "slope")
    certain = int(((judged.score <= 0) | (judged.score >= 1)).sum())
    reason = judged.gap or (f"{certain} scores are exactly 0 or 1" if certain else "")
    if reason:
        return [absent(judged, name, reason) for name in names]
    found = []
    for name, slope in zip(names, (False, True), strict=True):
        fitted = recalibration(judged.score, judged.case, judged.weight, slope)
        if fitted is None:
            found.append(absent(judged, name, "the scores do not vary, or separate the outcomes"))
        else:
            found.append(on_line(judged, name, float(fitted[0][-1]), float(fitted[1][-1]), z))
    return found


BRIER = ("brier", "scaled_brier")


def _brier(judged: Judged, share: float, z: float) -> list[dict[str, Any]]:
    """Return the mean squared error weighted for censoring, and its gain over one share for all."""
    n = judged.persons
    loss = judged.weight * (judged.case - judged.score) ** 2
    brier = float(loss.mean())
    error = float(loss.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    found = [on_line(judged, "brier", brier, error, z)]
    naive = judged.weight * (judged.case - share) ** 2
    if not naive.sum() > 0:
        return [*found, absent(judged, "scaled_brier", judged.gap or "outcomes do not vary")]
    ratio = brier / float(naive.mean())
    influence = (loss - ratio * naive) / float(naive.mean())
    error = float(np.sqrt((influence**2).sum())) / n
    return [*found, on_line(judged, "scaled_brier", 1 - ratio, error, z)]


def calibration_curve(judged: Judged, z: float, bins: int = BINS) -> list[dict[str, Any]]:
    """Return observed against predicted by bin of the score: equal numbers where scores differ."""
    edges = np.unique(np.quantile(judged.score, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, judged.score, side="right")
    found = []
    for number, which in enumerate(np.unique(place), start=1):
        part = judged.part(place == which)
        observed, n = weighted_share(part.case, part.weight)
        reason = UNKNOWN if part.gap == UNKNOWN else ""
        if reason:
            observed, n = np.nan, 0.0
        lower, upper = wilson(observed, n, z).tolist()
        found.append(
            {
                "bin": number,
                "predicted": float(part.score.mean()),
                "observed": observed,
                "lower": lower,
                "upper": upper,
                "persons": part.persons,
                "events": part.events,
                "reason": reason,
            }
        )
    return found
