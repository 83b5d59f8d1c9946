"""Truths other than the published one, by which it is shown that estimates follow what is planted.

Each is a set of targets for ``simulate``; tests, benchmarks and users name the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping

PLANTED_TRUTHS: Mapping[str, Mapping[str, float]] = {
    "published": {},
    "equal": {
        "share_low_rate": 0.25,
        "share_early_peak": 0.25,
        "share_late_peak": 0.25,
        "share_high_rate_persistent": 0.25,
    },
    "late": {"onset_age_early_peak": 16.5, "onset_age_late_peak": 19.0},
    "three": {
        "share_low_rate": 0.40,
        "share_early_peak": 0.35,
        "share_late_peak": 0.25,
        "share_high_rate_persistent": 0.0,
    },
}
