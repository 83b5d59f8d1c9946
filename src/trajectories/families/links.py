"""Scales on which the mean of an outcome has no bounds, and the way back from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit

from trajectories.numerics.types import FloatArray

INVERSE: dict[str, Callable[[FloatArray], FloatArray]] = {
    "log": np.exp,
    "logit": expit,
    "identity": lambda values: values,
}
"""Name of a link → the function that turns a linear predictor into a mean."""
