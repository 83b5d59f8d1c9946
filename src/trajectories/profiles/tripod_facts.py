"""What the reporting items may draw on, and the small texts that they share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trajectories.disclosure_control import is_few, number_in_words
from trajectories.groups.group_sizes import hidden_groups
from trajectories.profiles.judged import EVERYBODY
from trajectories.profiles.model import ScoringModel
from trajectories.profiles.validate import Validation

FILLED, PARTLY, ANALYST = "filled", "partly filled", "for the analyst"
STATES = (FILLED, PARTLY, ANALYST)

NOT_SHOWN = "not shown: it would tell of few persons"

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

    def cells(self) -> str:
        """Return what a cell of the panel is."""
        return "person-years" if np.allclose(np.diff(self.model.support.ages), 1.0) else "ages"

    def ages(self) -> str:
        """Return the ages of the model."""
        ages = self.model.support.ages
        return f"{len(ages)} ages from {ages[0]:g} to {ages[-1]:g}"

    def subgroups(self) -> str:
        """Return the numbers by subgroup that the card gives; none where one is of few persons."""
        nobs = float(self.model.results.nobs)
        if any(is_few(n, nobs) for n in self.model.card.n_by_subgroup.values()):
            return NOT_SHOWN
        return ", ".join(f"{name} {n:,}" for name, n in self.model.card.n_by_subgroup.items())

    def recalibration(self) -> str:
        """Return from which model the shares were re-estimated; empty if they were not."""
        source = self.model.card.recalibrated_from
        return f"Group shares re-estimated, curves fixed, from model {source}." if source else ""

    def performance(self) -> str:
        """Return the overall measures of a validation with intervals; empty without one."""
        if self.validation is None:
            return ""
        if self.few_events():
            return NOT_SHOWN
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

    def few_events(self) -> bool:
        """Tell whether few of those evaluated had the outcome, or all but few, under the switch."""
        if self.validation is None:
            return False
        events = float(self.validation.discrimination.iloc[0]["events"])
        return bool(np.isnan(events)) or is_few(events, self.validation.n_scored)

    def evaluated(self) -> str:
        """Return how many were evaluated, and how many of them had the outcome, in words."""
        if self.validation is None:
            return ""
        persons = number_in_words(self.validation.n_scored, "persons")
        if self.few_events():
            return f"{persons}; number with the outcome {NOT_SHOWN}"
        events = float(self.validation.discrimination.iloc[0]["events"])
        return f"{persons}, {number_in_words(events, 'with the outcome')}"

    def shares(self) -> str:
        """Return the shares of the groups in words; none where a group is of few persons."""
        results = self.model.results
        if hidden_groups(results, adds_up=True):
            return NOT_SHOWN
        return ", ".join(
            f"group {group} {share:.3f}" for group, share in results.group_probabilities.items()
        )

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
        if not np.isfinite(whole["estimate"]) or is_few(float(whole["persons"])):
            return f"Offences at later ages, observed to expected: {NOT_SHOWN}."
        return (
            f"Offences at later ages, observed to expected {whole['estimate']:.3f} "
            f"({whole['lower']:.3f} to {whole['upper']:.3f}), {whole['persons']:,} persons."
        )


def sentence(text: str) -> str:
    """Return words of a card with a full stop, where they have none."""
    return text.strip() if text.strip().endswith((".", "!", "?", "…")) else f"{text.strip()}."
