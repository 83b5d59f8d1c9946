"""The figures on recidivism that the study publishes, from a register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from trajectories.disclosure_control import disclosed
from trajectories.errors import InputError
from trajectories.numerics.normal import normal_quantile
from trajectories.numerics.share_limits import clopper_pearson
from trajectories.numerics.types import BoolArray, FloatArray
from trajectories.panel.arrays import names
from trajectories.panel.classification import OffenceClassification
from trajectories.panel.follow_up import FollowUp
from trajectories.panel.offence_labels import is_named
from trajectories.panel.register import Register
from trajectories.recidivism.by_group import by_group, group_probabilities
from trajectories.recidivism.fixed_window import fixed_window

BY_TYPE = {"property": "property", "violent": "violent", "drug": "drugs"}
"""Name in the published keys → type or group of offences."""
STUDIED = "trafficking"


@disclosed()
def recidivism_figures(
    register: Register,
    posterior: pd.DataFrame | None = None,
    index: Any = "trafficking",
    until: Any = None,
    years: tuple[float, ...] = (2, 5, 7),
    level: float = 0.95,
    methods: Sequence[str] | None = None,
    *,
    classification: OffenceClassification | None = None,
    specific: str | Sequence[str] | None = None,
    types: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Estimate the figures on recidivism that the study publishes, or the same of other offences.

    Parameters
    ----------
    register : Register
    posterior : DataFrame, optional
        Index person, a column a trajectory group: adds figures by group.
    index, until
        As for ``FollowUp.from_register``: the clock runs from the registration of the index case
        in calendar time, detention included.
    years : tuple of float
        Fixed windows.
    level : float
    methods : sequence of str, optional
        Of ``fixed_window``; all when left out.
    classification : OffenceClassification, optional
        By default that of the register.
    specific : str or sequence of str, optional
        Types or groups of which a new offence is specific recidivism; by default the index where
        it is a name of a type or group, else trafficking.
    types : dict, optional
        Name in the key → type or group of offences with a figure of its own; by default the
        study's, ``{"property": "property", "violent": "violent", "drug": "drugs"}``.

    Returns
    -------
    DataFrame
        ``key, group, window, method, persons, events, share, lower, upper``. Keys:

        - ``general_recidivism`` and ``specific_recidivism`` to the end of follow-up: the share with
          a new offence (with a new specific one) of all, however long they were observed.
        - ``specific_share_of_recidivists``: of those with any new offence, the share with a new
          specific one; missing where nobody has any.
        - ``general_recidivism_2y`` …, and by type at five years, in fixed windows: every method of
          ``fixed_window``.

    Raises
    ------
    InputError
        As ``FollowUp.from_register``, and for types that neither the classification nor the
        register has.
    """
    types = BY_TYPE if types is None else dict(types)
    if specific is None:
        specific = index if isinstance(index, str) and index != "any" else STUDIED

    def followed(event: str) -> FollowUp:
        return FollowUp.from_register(
            register,
            index=index,
            event=event,
            until=until,
            classification=classification,
            specific=specific,
        )

    general, same = followed("any"), followed("specific")
    _refuse_unknown(register, classification, types)
    frames = [_to_the_end(general, same, None, level)]
    frames += [_windows(f"general_recidivism_{y:g}y", general, y, level, methods) for y in years]
    of_types = {name: followed(kind) for name, kind in types.items()} | {"specific": same}
    frames += [
        _windows(f"{name}_recidivism_5y", own, 5.0, level, methods)
        for name, own in of_types.items()
    ]
    if posterior is not None:
        frames.append(_to_the_end(general, same, posterior, level))
        frames += [
            _group_windows(name, follow_up, posterior, y, level)
            for name, follow_up in (("general", general), ("specific", same))
            for y in years
        ]
    return pd.concat(frames, ignore_index=True)


def _refuse_unknown(
    register: Register, classification: OffenceClassification | None, types: Mapping[str, str]
) -> None:
    """Refuse types that nothing knows, in terms of the argument that names them."""
    kinds = register.classification if classification is None else classification
    here = register.offences["offence_type"]
    unknown = [
        kind
        for kind in types.values()
        if not is_named(here, kind).any() and (kinds is None or not kinds.named(kind))
    ]
    if unknown:
        known = here if kinds is None else kinds.table["offence_group"]
        choices = sorted(known.dropna().unique(), key=str)
        raise InputError(
            f"recidivism_figures: no type or group of offences {names(unknown)}; say which have a "
            f"figure of their own with types={{'name': 'type or group'}}, {{}} for none; there are "
            f"{names(choices)}"
        )


def _reoffended(follow_up: FollowUp) -> BoolArray:
    """Return who has the event of interest, a value a person."""
    found = np.zeros(follow_up.n_persons, dtype=bool)
    found[follow_up.person[follow_up.cause == 1]] = True
    return found


def _to_the_end(
    general: FollowUp, specific: FollowUp, posterior: pd.DataFrame | None, level: float
) -> pd.DataFrame:
    again, same = _reoffended(general), _reoffended(specific)
    everybody = np.ones(len(again), dtype=bool)
    figures = {
        "general_recidivism": (everybody, again),
        "specific_recidivism": (everybody, same),
        "specific_share_of_recidivists": (again, same & again),
    }
    rows: list[dict[str, Any]] = []
    if posterior is None:
        for key, (base, yes) in figures.items():
            n, events = float(base.sum()), float(yes.sum())
            share = events / n if n > 0 else np.nan
            limits = clopper_pearson(events, n, level) if n > 0 else (0.0, 1.0)
            rows.append(_row(key, "all", "to the end of follow-up", n, events, share, limits))
        return pd.DataFrame(rows)
    chances, _ = group_probabilities(general, posterior)
    for k, group in enumerate(posterior.columns):
        for key, (base, yes) in figures.items():
            n, events, share, limits = _weighted_share(chances[base, k], yes[base], level)
            rows.append(_row(key, group, "to the end of follow-up", n, events, share, limits))
    return pd.DataFrame(rows)


def _weighted_share(
    chance: FloatArray, yes: BoolArray, level: float
) -> tuple[float, float, float, tuple[float, float]]:
    n, events = float(chance.sum()), float(chance @ yes)
    share = events / n if n > 0 else 0.0
    if not 0.0 < share < 1.0:
        return n, events, share, clopper_pearson(events, n, level) if n > 0 else (0.0, 1.0)
    error = float(np.sqrt(((chance * (yes - share)) ** 2).sum())) / n
    half = normal_quantile(level) * error / (share * (1.0 - share))
    centre = float(logit(share))
    return n, events, share, (float(expit(centre - half)), float(expit(centre + half)))


def _row(
    key: str,
    group: Any,
    method: str,
    persons: float,
    events: float,
    share: float,
    limits: tuple[float, float],
    window: float = np.inf,
) -> dict[str, Any]:
    return {
        "key": key,
        "group": group,
        "window": window,
        "method": method,
        "persons": persons,
        "events": events,
        "share": share,
        "lower": limits[0],
        "upper": limits[1],
    }


def _windows(
    key: str, follow_up: FollowUp, years: float, level: float, methods: Sequence[str] | None
) -> pd.DataFrame:
    table = fixed_window(follow_up, (years,), level=level, methods=methods)
    return table.drop(columns="stratum").assign(key=key, group="all")


def _group_windows(
    name: str, follow_up: FollowUp, posterior: pd.DataFrame, years: float, level: float
) -> pd.DataFrame:
    table = by_group(follow_up, posterior, (years,), level=level)
    table = table.rename(columns={"time": "window", "incidence": "share"}).drop(columns="se")
    return table.assign(key=f"{name}_recidivism_{years:g}y", method="cumulative_incidence")
