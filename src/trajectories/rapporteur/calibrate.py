"""Find the careers and attributes that plant every published figure."""

from __future__ import annotations

from collections.abc import Mapping

from trajectories.rapporteur.calibration import Calibration

__all__ = ["Calibration", "calibrate"]


def calibrate(targets: Mapping[str, float | str] | None = None) -> Calibration:
    """Find the truth to plant."""
    raise NotImplementedError
