"""How often the 95 % intervals of the replication contain what was planted.

    python benchmarks/coverage_replication.py [--seeds 100] [--truths published,equal,...]
        [--again 200] [--jobs 1] [--keep rows.csv] [--choice 0] [--write]

Every run draws a register, fits a Poisson model with as many groups as were planted, names the
groups, matches controls, and estimates every figure (``tr.rapporteur.coverage``); every truth has
registers of its own. Coverage should be 0.95. What is called off was written down before the
registers were drawn:

1. *A cell* is a figure under one truth. In the first registers (100 a truth; seeds 10000, 10001, …
   for the first truth, 20000, … for the second) it is off if its coverage differs from 0.95 by
   more than three Monte-Carlo standard errors. Of some 750 cells three are off so by chance.
2. *Every cell that is off is drawn again*, with 200 fresh registers of its truth (seeds 15000,
   15001, … and 25000, …), whatever the reason may be thought to be. It is called off only if the
   fresh registers, judged alone, are off by more than three standard errors as well. Both
   numbers are shown.
3. *A figure over all truths together* is off if its coverage in all first registers differs from
   0.95 by more than three standard errors: there a small lean shows that no cell can show.

Holm's adjustment of exact binomial p-values for the number of rows, at 5 %, is shown beside these.
For a planted share of 0 or 1, at which an interval can only end, more than 0.95 is not called
off. A group that no estimated curve was named after counts as missing. ``--keep`` writes intervals
as they come, and a run that finds them there goes on where it was cut off; ``--seeds 0`` reports
what is there, and ``--commit`` says at which commit it was measured. ``--choice`` is a second,
smaller run in which the number of groups and the family are chosen by BIC as well.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
from pathlib import Path

import pandas as pd
from results_file import commit, markdown_table, write_section

import trajectories as tr
from trajectories.groups.search.parallel import run_jobs
from trajectories.rapporteur.coverage import (
    FAMILY_WISE,
    ROW_COLUMNS,
    STEP,
    Coverage,
    coverage_rows,
    coverage_table,
)
from trajectories.rapporteur.coverage_again import AGAIN, FRESH, fresh_work, is_fresh, judged_again
from trajectories.rapporteur.planted_truths import PLANTED_TRUTHS

TRUTHS = (
    *("published", "equal", "three", "younger", "risk_factors", "more_recidivism"),
    *("reversed_effects", "other"),
)
_NEAR_ONE = (
    "chance: planted 0.9973 of some 95 persons, missed where two are without; so many are in 21 of "
    "600 registers drawn apart (150 each from seeds 10000, 20000, 70000, 500000), nine of these "
    "in the 150 from 70000 on, so that its coverage is 0.965"
)
_OWN_SHARE = (
    "the model takes the index case, which everybody has, for an offence among others (decision "
    "0008): shares and curves, which are the model's own, lean by up to 0.3 standard errors"
)
_LEFT_OVER = (
    "what is left of the lean that decision 0008 is about: 0.1 to 0.2 standard errors in fresh "
    "registers"
)
KNOWN: dict[str, str] = {
    "criminal_environment_high_rate_persistent": _NEAR_ONE,
    "share_high_rate_persistent": _OWN_SHARE,
    "curve_late_peak_20": _OWN_SHARE,
    "lives_at_home_early_peak": _LEFT_OVER,
    "trafficking_age_early_peak": _LEFT_OVER,
    "trafficking_as_minor_early_peak": _LEFT_OVER,
    "prior_cases_low_rate": _LEFT_OVER,
}
"""Figure → why its interval is off where it is, as far as that is known."""


def drawn(work: list[tuple[int, str]], jobs: int, keep: Path | None) -> pd.DataFrame:
    """Return the rows of these runs, those that an earlier, unfinished job kept included."""
    kept = [pd.read_csv(keep)] if keep is not None and keep.exists() else []
    had = set() if not kept else set(zip(kept[0]["seed"], kept[0]["truth"], strict=True))
    left = [one for one in work if one not in had]
    step = 5 * max(abs(jobs), 1) if keep is not None else max(len(left), 1)
    for start in range(0, len(left), step):
        rows = run_jobs(coverage_rows, left[start : start + step], jobs, keep is None)
        kept += rows
        if keep is not None:
            pd.concat(rows).to_csv(keep, mode="a", header=not keep.exists(), index=False)
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(ROW_COLUMNS))


def first_work(seeds: int, truths: list[str]) -> list[tuple[int, str]]:
    """Return the runs of the first look, truths taking turns."""
    return [
        (STEP * (place + 1) + number, truth)
        for number in range(seeds)
        for place, truth in enumerate(truths)
    ]


def both_looks(
    seeds: int, truths: list[str], again: int, jobs: int, keep: Path | None
) -> tuple[Coverage, pd.DataFrame]:
    """Return the coverage of the first registers, and the cells off in them drawn again."""
    rows = drawn(first_work(seeds, truths), jobs, keep)
    first = rows[~is_fresh(rows)]
    found = Coverage(coverage_table(first), first)
    fresh = rows[is_fresh(rows)]
    if seeds and again:
        fresh = drawn(fresh_work(found.table, truths, again), jobs, keep)
        fresh = fresh[is_fresh(fresh)]
    return found, judged_again(found.table, fresh)


def choice(seeds: int) -> str:
    """Return which family and number of groups BIC chose, in words."""
    chosen, named = [], 0
    for seed in range(STEP, STEP + seeds):
        study = tr.rapporteur.replicate(seed, n_general_offenders=0, n_non_offenders=0)
        chosen.append(f"{study.results.family.name} K = {study.results.n_groups}")
        named += set(study.curves_planted["group"]) == set(study.typology["name"])
    counts = pd.Series(chosen).value_counts()
    return (
        f"Chosen by BIC in {seeds} runs, truth published: "
        + ", ".join(f"{name} in {count}" for name, count in counts.items())
        + f"; all planted names, and no other, came back in {named}."
    )


def report(found: Coverage, again: pd.DataFrame) -> str:
    """Return the Markdown: the summary, rows that are off, and every figure by truth."""
    table = found.table
    runs = int(table.loc[table["truth"] != "all", "runs"].max())
    error = (0.95 * 0.05 / runs) ** 0.5
    note = (
        f"Monte-Carlo standard error of a coverage of 0.95 over {runs} registers: {error:.4f}; "
        f"three: {3 * error:.3f}."
    )
    if (table["truth"] == "all").any():
        together = int(table.loc[table["truth"] == "all", "runs"].max())
        note += f" Over all truths, {together}: three are {3 * (0.0475 / together) ** 0.5:.3f}."
    by_part = [
        f"- {part}: mean coverage {rows['coverage'].mean():.3f}, lowest "
        f"{rows['coverage'].min():.3f}, highest {rows['coverage'].max():.3f}; "
        f"{int(rows['off'].sum())} of {len(rows)} rows off, {int(rows['off_adjusted'].sum())} "
        "after adjustment"
        for part, rows in table[table["truth"] != "all"].groupby("part", sort=False)
    ]
    flagged = off_rows(table, again)
    head = ["row", "truth", "runs", "coverage", "p", "off after adjustment", "bias/se", "sd/se"]
    head += ["over all truths", "fresh registers", "coverage in them", "off there too"]
    return "\n".join(
        [
            found.summary(),
            "",
            verdict(again),
            "",
            f"{note} Adjusted: Holm over the rows of one truth, or of all together, at "
            f"{FAMILY_WISE:g}.",
            "",
            *by_part,
            "",
            "Rows off in the first registers:",
            "",
            markdown_table([*head, "why"], flagged) if flagged else "none.",
            "",
            "Coverage of every row by truth in the first registers; an asterisk where it is off by "
            "three standard errors, two after adjustment; bias and spread in standard errors over "
            "all truths together.",
            "",
            wide(table),
        ]
    )


def verdict(again: pd.DataFrame) -> str:
    """Say in words what became of the cells that were off."""
    judged = again[again["off_again"].notna()]
    text = f"{len(again)} cells (a figure under one truth) were off in the first registers"
    if not len(judged):
        return f"{text}; none was drawn again."
    off = [f"{row.key} ({row.truth})" for row in judged[judged["off_again"]].itertuples()]
    return (
        f"{text}. {len(judged)} of them were drawn again, each in {judged['runs_again'].max():.0f} "
        f"fresh registers, and judged by these alone: **{len(off)} off**"
        + (f": {', '.join(off)}." if off else ".")
    )


def off_rows(table: pd.DataFrame, again: pd.DataFrame) -> list[list[str]]:
    """Return the cells of the table of rows that are off, with what fresh registers say."""
    off = table[table["off"] | table["off_adjusted"]].sort_values("p")
    everywhere = table[table["truth"] == "all"].set_index("key")["coverage"]
    second = again.dropna(subset="off_again").set_index(["key", "truth"])
    rows = []
    for row in off.to_dict("records"):
        cell = (row["key"], row["truth"])
        looked = second.loc[cell] if cell in second.index else None
        rows.append(
            [
                *cell,
                f"{row['runs']:.0f}",
                f"{row['coverage']:.3f}",
                f"{row['p']:.4f}",
                "yes" if row["off_adjusted"] else "no",
                f"{row['bias_in_errors']:+.2f}",
                f"{row['spread_in_errors']:.2f}",
                f"{everywhere.get(row['key'], float('nan')):.3f}",
                "" if looked is None else f"{looked['runs_again']:.0f}",
                "" if looked is None else f"{looked['coverage_again']:.3f}",
                "" if looked is None else "yes" if looked["off_again"] else "no",
                KNOWN.get(row["key"], ""),
            ]
        )
    return rows


def wide(table: pd.DataFrame) -> str:
    """Return coverage with a row a figure and a column a truth."""
    truths = list(dict.fromkeys(table["truth"]))
    marks = table["off"].astype(int) + table["off_adjusted"].astype(int)
    cells = {
        (key, truth): f"{coverage:.3f}{chr(42) * mark}"
        for key, truth, coverage, mark in zip(
            table["key"], table["truth"], table["coverage"], marks, strict=True
        )
    }
    over = table[table["truth"] == truths[-1]].set_index("key")
    missing = table[table["truth"] != "all"].groupby("key")["missing"].sum()
    rows = [
        [
            key,
            *(cells.get((key, truth), "") for truth in truths),
            f"{over.loc[key, 'bias_in_errors']:+.2f}",
            f"{over.loc[key, 'spread_in_errors']:.2f}",
            f"{missing[key]:.0f}",
        ]
        for key in dict.fromkeys(table["key"])
    ]
    short = [truth.replace("_", " ") for truth in truths]
    return markdown_table(["row", *short, "bias/se", "sd/se", "missing"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=100, help="registers a truth (default: 100)")
    parser.add_argument("--truths", default=",".join(TRUTHS), help="names, separated by commas")
    parser.add_argument(
        "--again", type=int, default=AGAIN, help=f"fresh registers for cells off (default: {AGAIN})"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--keep", type=Path, help="file for the intervals, as they come")
    parser.add_argument("--choice", type=int, default=0, help="runs that choose K (default: 0)")
    parser.add_argument("--commit", help="that was measured, of rows kept by an earlier run")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    args = parser.parse_args()
    truths = args.truths.split(",")
    unknown = [name for name in truths if name not in PLANTED_TRUTHS]
    if unknown:
        parser.error(f"no planted truth {unknown[0]!r}")
    if not 0 <= args.seeds <= FRESH:
        parser.error(f"--seeds must be 0 to {FRESH:,}: later ones are those of fresh registers")
    if not args.seeds and not (args.keep and args.keep.exists()):
        parser.error("--seeds 0 reports what --keep has, and there is nothing")
    at = args.commit or commit()
    found, again = both_looks(args.seeds, truths, args.again, args.jobs, args.keep)
    body = report(found, again)
    if args.choice:
        body += f"\n\n{choice(args.choice)}"
    print(body)
    if args.write:
        title = "Coverage of the replication, several planted truths (coverage_replication.py)"
        write_section("coverage_replication", title, body, at=at)


if __name__ == "__main__":
    main()
