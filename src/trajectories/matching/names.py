"""The words that arguments of a match may take."""

from __future__ import annotations

from typing import Literal, TypeAlias

Distance: TypeAlias = Literal["plain", "standardised", "mahalanobis", "propensity"]
Order: TypeAlias = Literal["hardest", "random", "data", "largest", "smallest"]
Method: TypeAlias = Literal["nearest", "optimal"]
Missing: TypeAlias = Literal["raise", "exclude"]

CASE, CONTROL = "case", "control"

MATCHED = "matched"
MISSING_VALUE = "missing value in a matching column"
NO_EXACT = "nobody agrees in the exact columns"
OUTSIDE_CALIPER = "nobody within the caliper"
TOO_FEW = "fewer eligible than asked for"
ALL_TAKEN = "eligible controls went to other cases"
"""Reasons in an account: why a case has, or lacks, controls of a population."""
