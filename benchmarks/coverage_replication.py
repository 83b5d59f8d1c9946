"""How often the 95 % intervals of the replication contain what was planted.

    python benchmarks/coverage_replication.py [--seeds 200] [--processes 2] [--truth published]
        [--choice 30] [--write]

Every seed draws a register, fits a Poisson model with as many groups as were planted, names the
groups, and estimates every figure that has an estimator. Coverage should be 0.95; it is called off
where it differs by more than three Monte-Carlo standard errors, 3 sqrt(0.95 * 0.05 / seeds). For
a planted share of 0 or 1, at which an interval can only end, more than 0.95 is not called off.
A group that no estimated curve was named after counts as missing, and is listed. ``--choice`` is
a second, smaller run in which the number of groups and the family are chosen by BIC as well.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import multiprocessing
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
from results_file import commit, markdown_table, write_section
from tqdm import tqdm

import trajectories as tr
from trajectories.rapporteur.planted_truths import PLANTED_TRUTHS

AGES = (15, 20, 25, 30, 35, 40)
NORMAL = 1.959964
T = TypeVar("T")


def draw(seed: int, truth: str, choose: bool = False) -> tr.rapporteur.Replication:
    """Replicate once, on a register without pools."""
    targets = PLANTED_TRUTHS[truth]
    n_groups = 4 - sum(value == 0.0 for value in targets.values())
    candidates = {} if choose else {"n_groups": n_groups, "family": "poisson"}
    return tr.rapporteur.replicate(
        seed=seed, targets=targets, n_general_offenders=0, n_non_offenders=0, **candidates
    )


def one_seed(seed: int, truth: str) -> pd.DataFrame:
    """Return every interval of one replication: part, row, planted, estimate, lower, upper."""
    study = draw(seed, truth)
    status = study.table["status"]
    wanted = status.str.startswith("estimated") | (status == "group not found")
    planted = study.table["planted"].map(lambda value: isinstance(value, float))
    table = study.table[wanted & planted].rename(columns={"key": "row"})
    part = np.where(table["row"].str.startswith("share_"), "shares", "figures")
    figures = table[["row", "planted", "estimate", "lower", "upper"]].assign(part=part)
    curves = curve_rows(study)
    both = pd.concat([figures, curves], ignore_index=True)
    return both.assign(seed=seed, planted=both["planted"].astype(float))


def curve_rows(study: tr.rapporteur.Replication) -> pd.DataFrame:
    """Return planted and estimated log curves of the named groups at some ages."""
    planted = study.curves_planted
    planted = planted[planted["age"].isin(AGES)].rename(columns={"mean": "planted"})
    fitted = study.results.trajectories()
    fitted["group"] = fitted["group"].map(study.typology["name"])
    both = planted.merge(fitted, on=["group", "age"], how="left")
    both = both.drop_duplicates(["group", "age"])
    logs = np.log(both[["planted", "mean", "lower", "upper"]]).rename(columns={"mean": "estimate"})
    row = both["group"] + " at " + both["age"].astype(int).astype(str)
    return logs.assign(row=row, part="curves (log)")


def one_choice(seed: int, truth: str) -> tuple[str, int, bool]:
    """Return the family and number of groups that BIC chose, and whether all names came back."""
    study = draw(seed, truth, choose=True)
    wanted = set(study.curves_planted["group"])
    found = set(study.typology["name"])
    return study.results.family.name, study.results.n_groups, wanted == found


def run(work: Callable[[int], T], seeds: Iterable[int], processes: int, what: str) -> list[T]:
    """Run seeds, in processes of their own where more than one is asked for."""
    numbers = list(seeds)
    if processes == 1:
        return [work(seed) for seed in tqdm(numbers, desc=what)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return list(tqdm(pool.imap_unordered(work, numbers), total=len(numbers), desc=what))


def summarise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return coverage by row, with bias and spread in units of the mean standard error."""
    rows = rows.assign(
        inside=(rows["lower"] <= rows["planted"]) & (rows["planted"] <= rows["upper"]),
        error=(rows["upper"] - rows["lower"]) / (2 * NORMAL),
        miss=rows["estimate"] - rows["planted"],
    )
    found = rows[rows["estimate"].notna()]
    by = found.groupby(["part", "row"], sort=False)
    table = pd.DataFrame(
        {
            "runs": by.size(),
            "planted": by["planted"].first(),
            "mean": by["estimate"].mean(),
            "coverage": by["inside"].mean(),
            "bias/se": by["miss"].mean() / by["error"].mean(),
            "sd/se": by["estimate"].std() / by["error"].mean(),
        }
    )
    limit = 3 * np.sqrt(0.95 * 0.05 / table["runs"])
    at_the_edge = table["planted"].isin([0.0, 1.0]) & (table["coverage"] > 0.95)
    off = ((table["coverage"] - 0.95).abs() > limit) & ~at_the_edge
    table["off"] = np.where(off, "off", "")
    return table.reset_index()


def report(table: pd.DataFrame, seeds: int) -> str:
    """Return the Markdown of a coverage table."""
    rows = [
        [
            str(row["row"]),
            str(row["part"]),
            f"{row['runs']:.0f}",
            f"{row['planted']:.3f}",
            f"{row['mean']:.3f}",
            f"{row['coverage']:.3f}",
            f"{row['bias/se']:+.2f}",
            f"{row['sd/se']:.2f}",
            str(row["off"]),
        ]
        for row in table.to_dict("records")
    ]
    header = ["row", "part", "runs", "planted", "mean", "coverage", "bias/se", "sd/se", ""]
    by_part = [
        f"- {part}: mean coverage {rows['coverage'].mean():.3f}, lowest "
        f"{rows['coverage'].min():.3f}, highest {rows['coverage'].max():.3f}; "
        f"{(rows['off'] == 'off').sum()} of {len(rows)} off"
        for part, rows in table.groupby("part", sort=False)
    ]
    error = np.sqrt(0.95 * 0.05 / seeds)
    note = f"Monte-Carlo standard error of a coverage of 0.95: {error:.4f}; three: {3 * error:.3f}."
    return "\n".join([note, "", *by_part, "", markdown_table(header, rows)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200, help="replications (default: 200)")
    parser.add_argument("--first", type=int, default=10_000, help="first seed (default: 10000)")
    parser.add_argument("--processes", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--truth", choices=sorted(PLANTED_TRUTHS), default="published")
    parser.add_argument("--choice", type=int, default=30, help="runs that choose K (default: 30)")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    args = parser.parse_args()
    at = commit()
    numbers = range(args.first, args.first + args.seeds)
    parts = run(partial(one_seed, truth=args.truth), numbers, args.processes, "coverage")
    rows = pd.concat(parts, ignore_index=True)
    body = report(summarise(rows), args.seeds)
    # a group planted with share 0 is rightly not found
    missing = rows[rows["estimate"].isna() & (rows["planted"] != 0.0)].groupby("row").size()
    if len(missing):
        body += "\n\nGroup not found, runs: " + ", ".join(f"{k} {v}" for k, v in missing.items())
    if args.choice:
        numbers = range(args.first, args.first + args.choice)
        chosen = run(partial(one_choice, truth=args.truth), numbers, args.processes, "choice")
        counts = pd.Series([f"{family} K = {k}" for family, k, _ in chosen]).value_counts()
        names = sum(all_found for _, _, all_found in chosen)
        body += f"\n\nChosen by BIC in {args.choice} runs: " + ", ".join(
            f"{name} in {count}" for name, count in counts.items()
        )
        body += f"; all planted names, and no other, came back in {names}.\n"
    print(body)
    if args.write:
        title = f"Coverage of the replication, truth: {args.truth} (coverage_replication.py)"
        write_section(f"coverage_replication_{args.truth}", title, body, at=at)


if __name__ == "__main__":
    main()
