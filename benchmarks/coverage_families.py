"""How often the 95 % intervals of a fit contain the truth, family by family.

    python benchmarks/coverage_families.py [--replications 300] [--persons 600]
        [--families poisson zip ...] [--processes 1] [--write]

Panels are drawn from the family itself, two or three well separated groups, and fitted with the
right number of groups. Intervals of group probabilities, parameters and curves (at four ages) are
counted with the observed information and with the robust covariance, and the simultaneous band of
each curve for all its ages at once. Coverage should be 0.95; a row is called off where it differs
by more than three Monte-Carlo standard errors, 3 sqrt(0.95 * 0.05 / replications). Fits that did
not converge are counted and said; an interval that is withheld does not cover.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories import families
from trajectories.families.base import Family
from trajectories.groups import Control
from trajectories.groups.model import Model
from trajectories.groups.search.parallel import run_jobs
from trajectories.numerics.mixture import Parameters

AGES = np.arange(15.0, 27.0)
SHOWN = np.array([15.0, 19.0, 22.0, 26.0])
LEVEL = 0.95
SEARCH = Control(n_starts=3, n_finish=1)
"""Groups are well separated: a short search finds the maximum."""


@dataclass(frozen=True)
class Truth:
    """A mixture to draw from: shares (K,) and parameters (K, Q) in the orthonormal basis."""

    family: Family
    shares: tuple[float, ...]
    theta: tuple[tuple[float, ...], ...]

    def model(self) -> Model:
        return Model.build(self.family, (2,) * len(self.shares), AGES)

    def parameters(self) -> Parameters:
        return Parameters(np.log(self.shares), np.array(self.theta))


LOW, MIDDLE, HIGH = (-1.0, 0.2, -0.2), (0.6, -0.5, -0.3), (1.7, 0.4, -0.3)
TRUTHS = {
    "poisson": Truth(families.Poisson(), (0.5, 0.3, 0.2), (LOW, MIDDLE, HIGH)),
    "zip": Truth(
        families.ZeroInflatedPoisson(inflation_degree=1),
        (0.6, 0.4),
        ((0.3, 0.3, -0.2, 0.4, 0.4), (1.8, -0.3, -0.3, -0.8, -0.4)),
    ),
    "zip_tau": Truth(
        families.ZeroInflatedPoissonTau(),
        (0.6, 0.4),
        ((-0.6, 0.4, -0.2, 0.0), (1.4, -0.4, -0.3, -0.3)),
    ),
    "negbin": Truth(
        families.NegativeBinomial(),
        (0.5, 0.3, 0.2),
        ((*LOW, 0.0), (0.8, -0.5, -0.3, -0.7), (2.2, 0.4, -0.3, -1.0)),
    ),
    "negbin, one dispersion": Truth(
        families.NegativeBinomial(dispersion="common"),
        (0.5, 0.3, 0.2),
        ((*LOW, -0.7), (0.8, -0.5, -0.3, -0.7), (2.2, 0.4, -0.3, -0.7)),
    ),
    "zinb": Truth(
        families.ZeroInflatedNegativeBinomial(inflation_degree=0),
        (0.6, 0.4),
        ((0.9, 0.3, -0.2, -0.3, -1.0), (2.5, -0.3, -0.3, -1.0, -1.0)),
    ),
    "bernoulli": Truth(families.Bernoulli(), (0.6, 0.4), ((-1.6, 0.4, -0.3), (1.3, -0.4, -0.3))),
    "censored_normal": Truth(
        families.CensoredNormal(lower=0, upper=10),
        (0.5, 0.3, 0.2),
        ((1.5, 0.5, -0.3, 0.3), (5.0, -0.8, -0.4, 0.5), (8.5, 0.6, -0.4, 0.3)),
    ),
    "beta": Truth(
        families.Beta(),
        (0.5, 0.3, 0.2),
        ((-1.6, 0.2, -0.1, 2.0), (0.0, -0.3, -0.2, 2.0), (1.6, 0.3, -0.2, 2.2)),
    ),
}


def draw(truth: Truth, n: int, rng: np.random.Generator) -> tr.Panel:
    """Draw a panel of n persons."""
    channels = truth.model().channels(np.array(truth.theta), AGES)
    group = rng.choice(len(truth.shares), n, p=truth.shares)
    by_person = channels[:, :, group].transpose(0, 2, 1)
    outcome = truth.family.draw(by_person, np.ones((n, len(AGES))), rng)
    return tr.Panel.from_wide(outcome, ages=AGES)


def replication(name: str, n: int, seed: int) -> pd.DataFrame:
    """Return every interval of one fit: part, row, truth, estimate, and limits by covariance."""
    truth = TRUTHS[name]
    panel = draw(truth, n, np.random.default_rng([seed, list(TRUTHS).index(name), 2026]))
    spec = tr.GroupTrajectories(len(truth.shares), truth.family, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        results = spec.fit(panel, seed=seed, control=SEARCH)
    robust = results.with_covariance("robust", panel)
    rows = interval_rows(results, truth, "")
    rows = rows.join(interval_rows(robust, truth, "robust_").filter(like="robust_"))
    return rows.assign(
        seed=seed, stop=str(results.stop_reason), entropy=results.relative_entropy
    ).reset_index()


def interval_rows(results: tr.GroupTrajectoriesResults, truth: Truth, prefix: str) -> pd.DataFrame:
    """Return truth, estimate and limits of shares, parameters, curves and whole curves."""
    model, parameters = truth.model(), truth.parameters()
    shares = results.group_probability_intervals(LEVEL).drop(columns="reason")
    shares = shares.rename(columns={"probability": "estimate"}).assign(truth=truth.shares)
    shares.index = [("shares", f"group {group}") for group in shares.index]
    params = results.conf_int(LEVEL).assign(estimate=results.params)
    order = model.reporting_order()
    params["truth"] = (model.to_reported() @ parameters.pack())[order]
    params.index = [("parameters", " ".join(map(str, one))) for one in params.index]
    curves = results.trajectories(LEVEL, ages=SHOWN).rename(columns={"mean": "estimate"})
    curves["truth"] = true_curve(truth, SHOWN)
    curves.index = [
        ("curves", f"group {group} at {age:g}")
        for group, age in zip(curves["group"], curves["age"], strict=True)
    ]
    bands = results.trajectories(LEVEL, band="simultaneous", draws=4000)
    values = true_curve(truth, AGES)
    inside = ((bands["lower"] <= values) & (values <= bands["upper"])).groupby(bands["group"]).all()
    whole = pd.DataFrame({"lower": np.where(inside, -1.0, 1.0), "upper": 1.0, "truth": 0.0})
    whole.index = [("whole curves", f"group {group}") for group in inside.index]
    columns = ["truth", "estimate", "lower", "upper"]
    table = pd.concat([part.reindex(columns=columns) for part in (shares, params, curves, whole)])
    table.index = pd.MultiIndex.from_tuples(table.index, names=["part", "row"])
    return table.add_prefix(prefix) if prefix else table


def true_curve(truth: Truth, ages: np.ndarray) -> np.ndarray:
    """Return the true means, group after group."""
    centre, _ = truth.model().link_mean(np.array(truth.theta), ages)
    return np.asarray(families.links.INVERSE[truth.family.link](centre).T.ravel())


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return coverage by row, with bias and spread in units of the mean standard error."""
    rows = rows.assign(
        inside=(rows["lower"] <= rows["truth"]) & (rows["truth"] <= rows["upper"]),
        robust=(rows["robust_lower"] <= rows["truth"]) & (rows["truth"] <= rows["robust_upper"]),
        error=(rows["upper"] - rows["lower"]) / (2 * 1.959964),
        miss=rows["estimate"] - rows["truth"],
    )
    by = rows.groupby(["part", "row"], sort=False)
    table = by.agg(
        truth=("truth", "first"),
        mean=("estimate", "mean"),
        coverage=("inside", "mean"),
        robust=("robust", "mean"),
        runs=("inside", "size"),
    )
    table["bias/se"] = by["miss"].mean() / by["error"].median()
    table["sd/se"] = by["estimate"].std() / by["error"].median()
    limit = 3 * np.sqrt(LEVEL * (1 - LEVEL) / table["runs"])
    table["off"] = np.where((table["coverage"] - LEVEL).abs() > limit, "off", "")
    table["robust off"] = np.where((table["robust"] - LEVEL).abs() > limit, "off", "")
    return table.reset_index()


def one_family(name: str, n: int, count: int, processes: int) -> tuple[pd.DataFrame, str]:
    """Return the coverage table of one family, and how its fits went."""
    start = time.perf_counter()
    work = [(name, n, seed) for seed in range(1, count + 1)]
    rows = pd.concat(run_jobs(replication, work, processes, True, name, "fit"), ignore_index=True)
    ends = rows.groupby("seed")["stop"].first().value_counts()
    seconds = time.perf_counter() - start
    words = ", ".join(f"{stop} {number}" for stop, number in ends.items())
    entropy = rows["entropy"].mean()
    return summarise(rows), f"{words}; relative entropy {entropy:.3f}; {seconds:.0f} s in all"


def report(table: pd.DataFrame, note: str, n: int, count: int) -> str:
    """Return the Markdown of one family: coverage by part, and the rows that are off."""
    error = np.sqrt(LEVEL * (1 - LEVEL) / count)
    head = (
        f"{n} persons, {len(AGES)} ages, {count} replications: {note}. Monte-Carlo standard error "
        f"of a coverage of 0.95: {error:.4f}; three: {3 * error:.3f}."
    )
    lines = [
        [
            part,
            f"{own['coverage'].mean():.3f}",
            f"{own['coverage'].min():.3f} to {own['coverage'].max():.3f}",
            f"{(own['off'] == 'off').sum()} of {len(own)}",
            f"{own['robust'].mean():.3f}",
            f"{(own['robust off'] == 'off').sum()} of {len(own)}",
        ]
        for part, own in table.groupby("part", sort=False)
    ]
    header = ["part", "mean coverage", "lowest to highest", "off", "robust: mean", "off"]
    body = [head, "", markdown_table(header, lines)]
    off = table[(table["off"] == "off") | (table["robust off"] == "off")]
    lines = [
        [
            f"{row['part']}, {row['row']}",
            f"{row['truth']:.4g}",
            f"{row['mean']:.4g}",
            f"{row['coverage']:.3f}",
            f"{row['robust']:.3f}",
            f"{row['bias/se']:+.2f}",
            f"{row['sd/se']:.2f}",
        ]
        for row in off.to_dict("records")
    ]
    if lines:
        header = ["rows that are off", "truth", "mean", "coverage", "robust", "bias/se", "sd/se"]
        body += ["", markdown_table(header, lines)]
    return "\n".join(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=300)
    parser.add_argument("--persons", type=int, default=600)
    parser.add_argument("--families", nargs="+", choices=list(TRUTHS), default=list(TRUTHS))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write sections of RESULTS.md")
    args = parser.parse_args()
    at = commit()
    for name in args.families:
        table, note = one_family(name, args.persons, args.replications, args.processes)
        body = report(table, note, args.persons, args.replications)
        print(f"{name}\n{table.round(3).to_string()}\n{body}\n", flush=True)
        if args.write:
            title = f"Coverage of intervals: {name} (coverage_families.py)"
            marker = "coverage_family_" + name.replace(",", "").replace(" ", "_")
            write_section(marker, title, body, at=at)


if __name__ == "__main__":
    main()
