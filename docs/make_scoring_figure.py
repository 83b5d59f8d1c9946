"""Draw docs/_static/score-validation.png: calibration by subgroup, and the decision curve.

    python docs/make_scoring_figure.py

Invented persons: for one subgroup the model is right, the other offends less than it predicts. The
picture is kept in the repository; run this again when the figures change.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories.plot.style import new_figure

TARGET = Path(__file__).parent / "_static" / "score-validation"


def main() -> None:
    rng = np.random.default_rng(11)
    n = 3_000
    women = rng.random(n) < 0.35
    score = 1 / (1 + np.exp(-rng.normal(-0.3, 1.2, n)))
    truth = 1 / (1 + np.exp(-(np.log(score / (1 - score)) - 0.8 * women)))
    happened = rng.random(n) < truth
    found = tr.profiles.validate(
        score, happened.astype(int), by=pd.DataFrame({"sex": np.where(women, "women", "men")})
    )
    figure = new_figure(8.2, 3.6)
    left, right = figure.subplots(1, 2)
    tr.plot.calibration(
        found.calibration_curve, by="sex", ax=left, title="Come true, and for whom?"
    )
    tr.plot.decision_curve(found.decision_curve, ax=right, title="Of any use?")
    for path in tr.plot.save(figure, TARGET, formats=("png",), dpi=150):
        print(path.name)


if __name__ == "__main__":
    main()
