"""What the reporting items may draw on, and the small texts that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.profiles.judged import EVERYBODY
from trajectories.profiles.model import ScoringModel
from trajectories.profiles.validate import Validation

FILLED, PARTLY, ANALYST = "filled", "partly filled", "for the analyst"
STATES = (FILLED, PARTLY, ANALYST)

Item = tuple[str, str, str, str]
"""Item number, what to report, status, content."""

MEASURES = {
    "auc": "area under the ROC curve",
    "harrell_c": "Harrell's C",
    "uno_c": "Uno's C",
    "observed_to_expected": "observed to expected",
    "in_the_large": "calibration in the large",
    "slope": "calibration slope",
    "brier": "Brier score",
    "scaled_brier": "scaled Brier score",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A published model, its validation and forecast where they are given."""

    model: ScoringModel
    validation: Validation | None
    forecast: pd.DataFrame | None

    def kind(self) -> str:
        """Return groups, family, degree in words."""
        results = self.model.results
        return (
            f"group-based trajectory model with {results.n_groups} groups, {results.family}, "
            f"degree {results.degree}"
        )

    def ages(self) -> str:
        """Return the ages of the model."""
        ages = self.model.support.ages
        return f"{len(ages)} ages from {ages[0]:g} to {ages[-1]:g}"

    def subgroups(self) -> str:
        """Return the numbers by subgroup that the card gives."""
        return ", ".join(f"{name} {n:,}" for name, n in self.model.card.n_by_subgroup.items())

    def recalibration(self) -> str:
        """Return from which model the shares were re-estimated; empty if they were not."""
        source = self.model.card.recalibrated_from
        return f"Group shares re-estimated, curves fixed, from model {source}." if source else ""

    def performance(self) -> str:
        """Return the overall measures of a validation with intervals; empty without one."""
        if self.validation is None:
            return ""
        table = pd.concat([self.validation.discrimination, self.validation.calibration])
        table = table[(table["by"] == EVERYBODY) & table["measure"].isin(MEASURES)]
        words = []
        for row in table.to_dict("records"):
            name = MEASURES[row["measure"]]
            value, low, high = float(row["estimate"]), float(row["lower"]), float(row["upper"])
            if not np.isfinite(value):
                words.append(f"{name} cannot be computed ({row['reason']})")
            elif not np.isfinite(low):
                words.append(f"{name} {value:.3f}")
            else:
                words.append(f"{name} {value:.3f} ({low:.3f} to {high:.3f})")
        return "; ".join(words)

    def divisions(self) -> list[str]:
        """Return the divisions into subgroups of the validation."""
        if self.validation is None:
            return []
        names = self.validation.discrimination["by"].unique()
        return [str(name) for name in names if name != EVERYBODY]

    def forecasts(self) -> str:
        """Return how later ages came out against the forecast; empty where none is given."""
        if self.forecast is None:
            return ""
        whole = self.forecast[
            (self.forecast["by"] == EVERYBODY)
            & (self.forecast["measure"] == "observed_to_expected")
            & self.forecast["age"].isna()
        ].iloc[0]
        return (
            f"Offences at later ages, observed to expected {whole['estimate']:.3f} "
            f"({whole['lower']:.3f} to {whole['upper']:.3f}), {whole['persons']:,} persons."
        )
