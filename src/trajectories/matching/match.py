"""Match controls to cases from frames."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from trajectories.errors import InputError, MatchingWarning
from trajectories.matching import names
from trajectories.matching.assign import account, assign
from trajectories.matching.columns import need_frame
from trajectories.matching.design import Design, make_design
from trajectories.matching.from_frames import frame_populations
from trajectories.matching.names import Distance, Method, Missing, Order
from trajectories.matching.population import Population
from trajectories.matching.sets import MatchedSets
from trajectories.matching.sources import FrameSource, Source
from trajectories.panel.arrays import FloatArray, IntArray, counted


def match(
    cases: pd.DataFrame,
    pool: pd.DataFrame | Mapping[str, pd.DataFrame],
    exact: Sequence[str] = (),
    nearest: Sequence[str] = (),
    *,
    distance: Distance | None = None,
    caliper: float | Mapping[str, float] | None = None,
    caliper_scale: str = "sd",
    ratio: int | tuple[int, int] = 1,
    replacement: bool = False,
    method: Method = "nearest",
    order: Order = "hardest",
    missing: Missing = "raise",
    seed: int = 0,
    unit: str | None = None,
    name: str = "cases",
) -> MatchedSets:
    """Match every case with controls from one or several pools.

    No outcome is looked at: only the columns named here are read.

    Parameters
    ----------
    cases : DataFrame
        A row a case.
    pool : DataFrame, or dict of DataFrames
        A row a person who may serve as control. Several pools by name make several populations
        of controls; nobody serves twice, in one or in two of them, unless ``replacement``. Where
        pools share persons, a pool earlier in the dict chooses first within each round.
    exact : sequence of str
        Columns in which a control must be equal to its case.
    nearest : sequence of str
        Columns in which it should be near: numbers, yes/no or dates (in days).
    distance : {"plain", "mahalanobis", "standardised", "propensity"}, optional
        "plain": the difference, or the length of the vector of differences, in the columns' own
        units. "standardised": each column divided by its standard deviation,
        sqrt((s²cases + s²pool)/2). "mahalanobis": with the covariance matrix pooled within cases
        and within pool. "propensity": the difference of log-odds of being a case, by logistic
        regression on the columns. Plain for one column and Mahalanobis for several when left out;
        a score of your own is one column.
    caliper : float, or dict of column → float, optional
        Largest distance (a number), or largest difference in each column named. The columns need
        not be among ``nearest``; ``"distance"`` stands for the distance in a dict too.
    caliper_scale : {"sd", "units"}
        What calipers are measured in: standard deviations, sqrt((s²cases + s²pool)/2) before
        matching, or the unit of the column. ``sets.calipers`` has the widths that came of it.
    ratio : int or (int, int)
        Controls per case, or the least and the most: a case then has as many as there are. A case
        with fewer than the least has none.
    replacement : bool
        Whether a control may serve several cases.
    method : {"nearest", "optimal"}
        "nearest": each case in turn takes the nearest control left, in rounds of one. "optimal":
        most places filled, then the least sum of distances (Rosenbaum 1989, Journal of the
        American Statistical Association 84(408), 1024-1032).
    order : {"hardest", "random", "data", "largest", "smallest"}
        Which case chooses first, by the nearest method: the one with the fewest eligible controls
        (ties: the farthest nearest one); at random; as the rows lie; by falling or rising score.
    missing : {"raise", "exclude"}
        What to do about missing values in these columns: raise an error; or leave the persons
        out, cases being listed with that reason.
    seed : int
        Seed of ties and random orders: same seed and data, same sets.
    unit : str, optional
        Column with the id of a person. "person", where every frame has it; else every row is
        another person.
    name : str
        Name of the population of the cases.

    Returns
    -------
    MatchedSets

    Raises
    ------
    InputError
        For arguments or columns that cannot be used, and when no case finds enough controls.

    Warns
    -----
    MatchingWarning
        When cases stay without controls, and when the pool holds cases.
    SeparationWarning
        When a propensity model tells cases and pool apart completely.
    """
    design = make_design(
        exact=exact,
        nearest=nearest,
        distance=distance,
        caliper=caliper,
        caliper_scale=caliper_scale,
        ratio=ratio,
        replacement=replacement,
        order=order,
        method=method,
        missing=missing,
        seed=seed,
    )
    pools = dict(pool) if isinstance(pool, Mapping) else {"controls": pool}
    check_names(name, tuple(pools))
    need_frame(cases, "cases")
    for label, frame in pools.items():
        need_frame(frame, f"pool {label!r}")
    unit = _unit([cases, *pools.values()], unit)
    populations, strata = frame_populations(cases, pools, design, unit)
    source = FrameSource(cases, pools, unit)
    return finish(populations, strata, design, source, name)


def _unit(frames: Sequence[pd.DataFrame], unit: str | None) -> str | None:
    """Return the column of ids: the one named, "person" where all have it, or None for none."""
    having = ["person" in getattr(frame, "columns", ()) for frame in frames]
    if unit is not None or not any(having):
        return unit
    if not all(having):
        raise InputError(
            "column 'person' in some of the frames only: who serves twice cannot be seen; give all "
            "of them their ids, or none"
        )
    return "person"


def check_names(name: str, populations: tuple[str, ...]) -> None:
    """Raise an InputError where populations are absent or share a name."""
    if not populations:
        raise InputError("no pool given: name at least one population of controls")
    if name in populations:
        raise InputError(f"name={name!r} is the name of a pool too: give the cases another")


def finish(
    populations: Sequence[Population],
    strata: IntArray,
    design: Design,
    source: Source,
    name: str,
) -> MatchedSets:
    """Assign controls, make the sets, check them, and say which cases have none."""
    taken = assign(populations, strata, design, _one_score(populations, design, source))
    table = account(populations, taken, design, source.case_persons())
    _report(table)
    return MatchedSets.assemble(populations, taken, table, design, source, name)


def _one_score(
    populations: Sequence[Population], design: Design, source: Source
) -> FloatArray | None:
    if design.order not in ("largest", "smallest"):
        return None
    score = getattr(populations[0].supply, "case_score", None)
    if score is None or not design.nearest:
        raise InputError(
            f"order={design.order!r} needs one score, and no calipers on other columns: "
            "order by 'hardest', 'random' or 'data'"
        )
    return np.asarray(score)


def _report(table: pd.DataFrame) -> None:
    """Warn of cases without controls; raise where there are no others."""
    without = table[(table["reason"] != names.MATCHED).to_numpy()]
    if not len(without):
        return
    for population, rows in table.groupby("population", sort=False, observed=True):
        lacking = without[without["population"] == population]
        if not len(lacking):
            continue
        counts = lacking["reason"].value_counts()
        why = "; ".join(f"{counted(int(n), 'case')}: {reason}" for reason, n in counts.items())
        if len(lacking) == len(rows):
            raise InputError(
                f"no case has enough controls among {population!r} ({why}): "
                "coarsen the exact columns, widen the calipers, or ask for fewer controls"
            )
        warnings.warn(
            f"{counted(len(lacking), 'case')} of {len(rows):,} without controls among "
            f"{population!r} ({why}); see .account",
            MatchingWarning,
            stacklevel=4,
        )
