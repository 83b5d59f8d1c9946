"""Iterations to a maximum: ours against plain EM, from the same starts, by score and by likelihood.

Run: python benchmarks/iterations.py [--reference DIRECTORY] [--starts 5]

Toronto counts (``TO1``) with and without exposure, zero-inflated Poisson with tau, four groups,
degree 2. Plain EM is written here with ``Mixture.e_step`` and ``Mixture.m_step``: one E-step and
one Newton step of the M-step a round, until no score per person exceeds 1e-6. Ours is what a fit
does with each of its best starts: EM while it gains, then Newton on the exact score. An iteration
is a pass over the panel; those in which Newton needs the information are counted as passes, and the
time is given beside.

Without exposure the likelihood has no maximum: the tau of a group runs off, its log rate goes to
zero, and their product stays. The score in the log rate is the score in the product times tau, so
it does not become zero while the likelihood nears its supremum; no method ends by it. What can be
compared there, and in the same way with exposure, are iterations until the log-likelihood is within
1e-6 of the highest value that any of the two found from any of the starts.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.groups.control import Control
from trajectories.groups.search.fitting import finish
from trajectories.groups.search.panel_problem import PanelProblem
from trajectories.groups.search.starts import starting_points
from trajectories.numerics.mixture import Mixture, Parameters

GRADIENT = 1e-6
MOST_ROUNDS = 6_000
TO_GAIN = 1e-6
NOTE = """Compared are passes until no score per person exceeds 1e-6, and passes until the
log-likelihood is within 1e-6 of the highest value found. Without exposure a tau runs off, with the
product of tau and the log rate staying: there is no maximum, the score in the log rate is that in
the product times tau and does not go to zero, and only the second comparison says anything."""
SHOWN = (0, 10, 20, 30, 40, 60, 100, 300, 1000, 3000)


class Counted(Mixture):
    """A mixture that counts its passes and remembers the likelihood of each."""

    def __init__(self, mixture: Mixture) -> None:
        self.__dict__.update(vars(mixture))
        self.path: list[float] = []

    def e_step(self, parameters: Parameters, moves: bool = True):  # as in the class
        totals = super().e_step(parameters, moves)
        self.path.append(totals.llf)
        return totals

    def score_and_information(self, parameters: Parameters):
        found = super().score_and_information(parameters)
        self.path.append(found[0])
        return found


def steepest(mixture: Mixture, parameters: Parameters) -> float:
    """Return the largest score per person of what is estimated."""
    _, score, _, _ = mixture.score_and_information(parameters)
    return float(np.abs(mixture.expansion.T @ score).max() / mixture.statistics.total_weight)


def plain_em(mixture: Mixture, start: Parameters) -> tuple[list[float], Parameters, float]:
    """Return the likelihood of each round, where it ended, and the seconds of the rounds alone."""
    parameters, path, seconds = start, [], 0.0
    for number in range(MOST_ROUNDS):
        begin = time.perf_counter()
        totals = mixture.e_step(parameters)
        path.append(totals.llf)
        after = mixture.m_step(parameters, totals)
        seconds += time.perf_counter() - begin
        if number % 20 == 0 and steepest(mixture, parameters) < GRADIENT:
            break
        parameters = after
    return path, parameters, seconds


def main() -> None:
    """Measure, print, and write to RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", default=os.environ.get("TRAJECTORIES_REFERENCE", ""))
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--no-results", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    if not (Path(options.reference) / "TO1.csv").exists():
        print("TO1.csv is not part of the project: give --reference")
        return
    at = commit()
    counts, free = (
        pd.read_csv(Path(options.reference) / name).set_index("id").to_numpy(float)
        for name in ("TO1.csv", "TO1Risk.csv")
    )
    ages, body = np.arange(8, 39), ""
    for name, exposure in (("with exposure", free), ("without exposure", None)):
        panel = tr.Panel.from_wide(counts, ages=ages, exposure=exposure)
        body += f"TO1 {name}\n\n{compare(panel, options.starts)}\n\n"
    body += NOTE
    print(body)
    if not options.no_results:
        title = "Iterations to a maximum, against plain EM (iterations.py)"
        write_section("iterations", title, body, at=at)


def compare(panel: tr.Panel, n_starts: int) -> str:
    """Return the tables of one panel."""
    model = tr.GroupTrajectories(4, "zip_tau", 2).model(panel)
    problem, control = PanelProblem(panel, model.family), Control()
    mixture = problem.mixture(model)
    starts = starting_points(problem, model, np.random.SeedSequence(0), control)
    rows, curves, ends = [], [], []
    for number, start in enumerate(starts[:n_starts]):
        path, where, seconds = plain_em(mixture, start)
        counted = Counted(mixture)
        begin = time.perf_counter()
        fitted = finish(counted, start, control)
        ours = time.perf_counter() - begin
        llf, slope = mixture.e_step(where).llf, steepest(mixture, fitted.parameters)
        rows.append(
            [
                f"{number + 1}",
                f"{len(path)}{'+' if len(path) == MOST_ROUNDS else ''}",
                f"{len(counted.path)}",
                f"{len(path) / len(counted.path):.1f}" if slope < GRADIENT else "",
                f"{1e3 * seconds:.0f}",
                f"{1e3 * ours:.0f}",
                f"{llf:.6f}",
                f"{fitted.llf:.6f}",
                f"{slope:.1e}",
            ]
        )
        print(rows[-1], flush=True)
        curves.append((path, list(np.maximum.accumulate(counted.path))))
        ends += [llf, fitted.llf]
    highest = max(ends)
    for row, ways in zip(rows, curves, strict=True):
        row += near_enough(highest, *ways)
    below = [
        [
            f"{at_round:,}",
            *(f"{highest - way[at_round]:.2e}" if at_round < len(way) else "" for way in curves[0]),
        ]
        for at_round in SHOWN
    ]
    head = [
        "start",
        "EM iterations",
        "our passes",
        "times fewer",
        "EM ms",
        "our ms",
        "EM llf",
        "our llf",
        "our score per person",
        "EM iterations to the likelihood",
        "our passes to it",
        "times fewer",
    ]
    body = f"{markdown_table(head, rows)}\n\nThe likelihood: within {TO_GAIN:g} of {highest:.6f}. "
    body += "Start 1: log-likelihood still to gain.\n\n"
    return body + markdown_table(["iteration", "plain EM", "ours"], below)


def near_enough(highest: float, path: list[float], own: list[float]) -> list[str]:
    """Return the iterations of both ways to within ``TO_GAIN`` of the highest, and their ratio."""
    em, ours = (int(np.argmax(np.asarray(way) >= highest - TO_GAIN)) + 1 for way in (path, own))
    if own[ours - 1] < highest - TO_GAIN:
        return [f"{em}", "never", ""]
    if path[em - 1] < highest - TO_GAIN:
        return [f"{len(path)}+", f"{ours}", f"{len(path) / ours:.1f}+"]
    return [f"{em}", f"{ours}", f"{em / ours:.1f}"]


if __name__ == "__main__":
    main()
