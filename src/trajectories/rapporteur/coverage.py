"""How often the intervals of the replication contain what was planted, over many registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from trajectories.errors import InputError
from trajectories.groups.search.parallel import run_jobs
from trajectories.numerics.types import FloatArray
from trajectories.rapporteur.planted_truths import planted_groups, targets_of
from trajectories.rapporteur.recovery import NOT_FOUND
from trajectories.rapporteur.simulate import simulate
from trajectories.rapporteur.study import Study, study

LEVEL = 0.95
LIMIT = 3.0
"""Monte-Carlo standard errors by which a coverage may differ from the level."""
FAMILY_WISE = 0.05
POOL = 2.4
"""Controls of either kind in the register, per trafficker."""
STEP = 10_000
"""Between the first seeds of two truths."""
CURVE_AGES = (15, 20, 25, 30, 35, 40)
_NORMAL = 1.959963984540054
ROW_COLUMNS = ("truth", "seed", "part", "key", "planted", "estimate", "lower", "upper")


@dataclass(frozen=True, eq=False, repr=False)
class Coverage:
    """Coverage of every figure's interval.

    Attributes
    ----------
    table : DataFrame
        A row a truth and figure, and with several truths whose registers have seeds of their own
        a row a figure over "all" of them: truth, part, key, runs (registers with an interval),
        missing (without: a group that no estimated curve was named after), planted, mean (of the
        estimates), coverage, error (its Monte-Carlo standard error were it exact), off (it
        differs from 0.95 by more than three of them), p (exact two-sided binomial), off_adjusted
        (p below 0.05 after Holm's adjustment, over the rows of one truth or of "all"),
        bias_in_errors, spread_in_errors (mean error, and standard deviation of the estimates,
        over the mean standard error). A planted share of 0 or 1, at which an interval can only
        end, is not off for being covered too often.
    rows : DataFrame
        Every interval: truth, seed, part, key, planted, estimate, lower, upper.
    """

    table: pd.DataFrame
    rows: pd.DataFrame

    @property
    def off(self) -> pd.DataFrame:
        """The rows of the table that are off by more than three Monte-Carlo standard errors."""
        return self.table[self.table["off"]].reset_index(drop=True)

    @property
    def expected_off(self) -> float:
        """How many rows of single truths would be off by chance, were all coverages 0.95."""
        own = self.table[self.table["truth"] != "all"]
        return float(sum(chance_off(int(runs)) for runs in own["runs"]))

    def summary(self) -> str:
        """Return in words how many rows are off, how many are expected by chance, and which."""
        own = self.table[self.table["truth"] != "all"]
        truths = own["truth"].unique()
        text = (
            f"{own['runs'].max():.0f} registers for each of {len(truths)} planted truths: mean "
            f"coverage {own['coverage'].mean():.3f}; {int(own['off'].sum())} of {len(own)} rows "
            f"are off by more than three Monte-Carlo standard errors, {self.expected_off:.1f} "
            f"expected by chance; {int(own['off_adjusted'].sum())} after adjustment for the "
            "number of rows."
        )
        over = self.table[self.table["truth"] == "all"]
        if len(over):
            text += (
                f" Over all truths together {int(over['off'].sum())} of {len(over)} rows are off, "
                f"{int(over['off_adjusted'].sum())} after adjustment."
            )
        return text

    def __repr__(self) -> str:
        return f"<Coverage: {self.summary()}>"


def coverage(
    seeds: Iterable[int] | int = 100,
    truths: Sequence[str] | str = ("published",),
    n_jobs: int = 1,
    progress: bool = False,
    keep: Callable[[pd.DataFrame], None] | None = None,
) -> Coverage:
    """Replicate on many registers, and count how often each interval contains the planted value.

    Every run draws a register, fits a Poisson model of degree 2 with as many groups as were
    planted, and estimates every figure, without what is only shown. The number of groups is taken
    as known: what BIC chooses is another question.

    Parameters
    ----------
    seeds
        How many registers for each truth, each with a seed of its own (10000, 10001, … for the
        first truth, 20000, … for the second); or the seeds, the same for all truths. Registers of
        one seed are alike in whatever two truths share, so that only the former can be judged
        over all truths together.
    truths
        Names of planted truths, see ``truths()``.
    n_jobs
        Processes; 1 stays in this one, -1 takes every core. The answer is the same.
    progress
        Whether to show a bar.
    keep
        Called with the rows of every ten runs, so that a long job leaves something behind.

    Returns
    -------
    Coverage

    Raises
    ------
    InputError
        For an unknown truth, no seed, or seeds that are no whole numbers of 0 or more.

    Notes
    -----
    A coverage of 0.95 over R registers has a Monte-Carlo standard error of sqrt(0.95 · 0.05 / R).
    Among many rows a few exceed three of them by chance; ``off_adjusted`` allows for their number
    (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    names = [truths] if isinstance(truths, str) else list(truths)
    for name in names:
        targets_of(name)
    work = _work(seeds, names)
    found: list[pd.DataFrame] = []
    step = 10 * max(abs(n_jobs), 1)
    for start in range(0, len(work), step) if keep is not None else [0]:
        some = work[start : start + step] if keep is not None else work
        done = run_jobs(coverage_rows, some, n_jobs, progress, "registers", "register")
        found += done
        if keep is not None:
            keep(pd.concat(done, ignore_index=True))
    rows = pd.concat(found, ignore_index=True)
    return Coverage(coverage_table(rows), rows)


def _work(seeds: Iterable[int] | int, names: list[str]) -> list[tuple[int, str]]:
    """Return the runs, truths taking turns, so that a job cut short has some of each."""
    if isinstance(seeds, int):
        firsts = {name: STEP * (place + 1) for place, name in enumerate(names)}
        work = [(firsts[name] + number, name) for number in range(seeds) for name in names]
    else:
        work = [(seed, name) for seed in list(seeds) for name in names]
    if not work or (isinstance(seeds, int) and seeds > STEP):
        raise InputError(f"coverage: give at least one seed and one truth, and at most {STEP:,}")
    return work


def coverage_rows(seed: int, truth: str) -> pd.DataFrame:
    """Return every interval of one register: the columns of ``Coverage.rows``."""
    targets = targets_of(truth)
    size = round(POOL * float(targets.get("n_traffickers", 630.0)))
    register = simulate(seed, targets, size, size)
    done = study(register, planted_groups(targets), "poisson", describe=False, seed=seed)
    status = done.table["status"]
    wanted = status.str.startswith("estimated") | (status == NOT_FOUND)
    planted = done.table["planted"].map(lambda value: isinstance(value, float))
    figures = done.table[wanted & planted]
    part = np.where(figures["stage"] == "trajectories", "shares", "figures")
    both = pd.concat(
        [
            figures[["key", "planted", "estimate", "lower", "upper"]].assign(part=part),
            _curves(done, register.truth.curves),
        ],
        ignore_index=True,
    )
    both = both.assign(seed=seed, truth=truth, planted=both["planted"].astype(float))
    return both.loc[:, list(ROW_COLUMNS)]


def _curves(done: Study, planted: pd.DataFrame) -> pd.DataFrame:
    """Return planted and estimated log curves of the named groups at some ages."""
    planted = planted[planted["age"].isin(CURVE_AGES)].rename(columns={"mean": "planted"})
    fitted = done.results.trajectories()
    fitted["group"] = fitted["group"].map(done.typology["name"])
    both = planted.merge(fitted, on=["group", "age"], how="left")
    both = both.drop_duplicates(["group", "age"])
    columns = {"planted": "planted", "mean": "estimate", "lower": "lower", "upper": "upper"}
    key = "curve_" + both["group"] + "_" + both["age"].astype(int).astype(str)
    logs = {name: np.log(both[column].to_numpy(dtype=float)) for column, name in columns.items()}
    return pd.DataFrame({"key": key, "part": "curves (log)", **logs})


def coverage_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the table of ``Coverage`` from its rows."""
    # a group planted with share 0 is rightly not found
    rows = rows[~((rows["planted"] == 0.0) & rows["estimate"].isna())]
    rows = rows.assign(
        inside=(rows["lower"] <= rows["planted"]) & (rows["planted"] <= rows["upper"]),
        half=(rows["upper"] - rows["lower"]) / (2.0 * _NORMAL),
        miss=rows["estimate"] - rows["planted"],
    )
    tables = [
        _one(part, str(truth)) for truth, part in rows.groupby("truth", sort=False, observed=True)
    ]
    shared = rows[["truth", "seed"]].drop_duplicates()["seed"].duplicated().any()
    if len(tables) > 1 and not shared:
        tables.append(_one(rows, "all"))
    return pd.concat(tables, ignore_index=True)


def _one(rows: pd.DataFrame, truth: str) -> pd.DataFrame:
    known = rows["estimate"].notna()
    by = rows[known].groupby(["part", "key"], sort=False, observed=True)
    missing = rows[~known].groupby(["part", "key"], observed=True).size()
    same = by["planted"].max() - by["planted"].min() < 1e-12
    apart = by["estimate"].std() if truth != "all" else by["miss"].std()
    table = pd.DataFrame(
        {
            "runs": by.size(),
            "missing": missing.reindex(by.size().index, fill_value=0),
            "planted": by["planted"].first().where(same),
            "mean": by["estimate"].mean().where(same),
            "coverage": by["inside"].mean(),
            "bias_in_errors": by["miss"].mean() / by["half"].mean(),
            "spread_in_errors": apart / by["half"].mean(),
        }
    ).reset_index()
    runs = table["runs"].to_numpy(dtype=float)
    hits = np.round(table["coverage"].to_numpy() * runs)
    error = np.sqrt(LEVEL * (1.0 - LEVEL) / runs)
    edge = np.array([bool(one.isin([0.0, 1.0]).all()) for _, one in by["planted"]])
    excused = edge & (table["coverage"].to_numpy() > LEVEL)
    p = np.where(excused, 1.0, two_sided(hits, runs))
    table["error"] = error
    table["off"] = (np.abs(table["coverage"] - LEVEL) > LIMIT * error) & ~excused
    table["p"] = p
    table["off_adjusted"] = holm(p) < FAMILY_WISE
    table.insert(0, "truth", truth)
    order = [
        *("truth", "part", "key", "runs", "missing", "planted", "mean", "coverage", "error"),
        *("off", "p", "off_adjusted", "bias_in_errors", "spread_in_errors"),
    ]
    return table.loc[:, order]


def two_sided(hits: FloatArray, runs: FloatArray) -> FloatArray:
    """Return the exact binomial p-value of so many intervals covering, twice the smaller tail."""
    below = binom.cdf(hits, runs, LEVEL)
    above = binom.sf(hits - 1.0, runs, LEVEL)
    return np.asarray(np.minimum(2.0 * np.minimum(below, above), 1.0))


def holm(p: FloatArray) -> FloatArray:
    """Return p-values adjusted by Holm's step-down rule."""
    order = np.argsort(p)
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(scaled)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return np.asarray(adjusted)


def chance_off(runs: int) -> float:
    """Return the probability that an exact coverage is seen off by more than three errors."""
    error = float(np.sqrt(LEVEL * (1.0 - LEVEL) / runs))
    hits = np.arange(runs + 1)
    outside = np.abs(hits / runs - LEVEL) > LIMIT * error
    return float(binom.pmf(hits[outside], runs, LEVEL).sum())
