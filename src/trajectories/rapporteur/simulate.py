"""A synthetic register with a known truth: traffickers, two pools of controls, their relatives."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel import Register
from trajectories.rapporteur.attributes import draw_attributes
from trajectories.rapporteur.calibrate import calibrate
from trajectories.rapporteur.calibration import Calibration
from trajectories.rapporteur.careers import Careers, draw_careers
from trajectories.rapporteur.cohort import Cohort, Events, follow_up_end, stream
from trajectories.rapporteur.controls import draw_pool
from trajectories.rapporteur.figures import TRAFFICKERS
from trajectories.rapporteur.relations import draw_relatives
from trajectories.rapporteur.spells import draw_spells
from trajectories.rapporteur.tables import (
    Drawn,
    Keys,
    draw_keys,
    offences_table,
    persons_table,
    relations_table,
    spells_table,
)
from trajectories.rapporteur.truth import Truth
from trajectories.simulate.intervals import Intervals

CAREERS, ATTRIBUTES, SPELLS, RELATIVES, KEYS = range(5)
"""Numbers of the random streams of one part."""


def simulate(
    seed: int = 2024,
    targets: Mapping[str, float | str] | None = None,
    n_general_offenders: int = 12_000,
    n_non_offenders: int = 20_000,
) -> Register:
    """Draw a synthetic register in which every published figure is planted.

    Nothing in it is real. The traffickers' careers, attributes and relatives follow the
    published figures on domestic sex traffickers (``figures()``), or ``targets`` where given;
    they are random draws, not quotas, so estimates differ from planted values by chance.

    Parameters
    ----------
    seed
        Same seed and arguments, same tables. Each population has random streams of its own: the
        size of a pool changes neither the traffickers nor the other pool.
    targets
        Figure key → value to plant instead of the published one; the keys are those of
        ``figures()``, the values numbers (a direction: log-odds or a published word; the end of
        observation: a date). What follows from a replaced figure is derived anew, and published
        rows that cannot hold together with the targets move: see ``truth.figures``.
    n_general_offenders, n_non_offenders
        Sizes of the pools to match from.

    Returns
    -------
    Register
        ``persons``, ``offences``, ``spells``, ``relations``, ``reference_date`` and ``truth``
        (a :class:`Truth`). The traffickers are what is studied, so that panels are made of them
        unless told otherwise. Dates have the resolution of a day; ends are exclusive.
        ``truth.figures`` has a row a published figure, and its ``status`` says what became of it:
        ``published`` (planted at its published value, within the tolerance of its rounding),
        ``target`` (planted as asked), ``derived`` (moved: no longer within that tolerance, because
        of the targets), ``context`` (nothing is simulated for it), ``not applicable`` (its group
        is absent).

    Raises
    ------
    InputError
        For a seed or a size that is no whole number of 0 or more.
    TargetError
        For targets that are no dict, unknown keys, values of the wrong kind (numbers as text
        too), and targets that contradict each other or cannot be planted.
    """
    sizes = {"n_general_offenders": n_general_offenders, "n_non_offenders": n_non_offenders}
    for name, value in {"seed": seed, **sizes}.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 0:
            found = str(value) if isinstance(value, Real) else type(value).__name__
            raise InputError(f"{name} must be a whole number, 0 or more; got {found}")
    calibration = calibrate(targets)
    traffickers = _traffickers(calibration, stream(seed, 0, CAREERS))
    drawn = [_complete(calibration, traffickers, seed)]
    for part, n in ((1, n_general_offenders), (2, n_non_offenders)):
        rng = stream(seed, part, CAREERS)
        pool = draw_pool(calibration, part, int(n), traffickers, drawn[0].attributes.female, rng)
        drawn.append(_complete(calibration, pool, seed))
    keys = draw_keys(stream(seed, 0, KEYS))
    return Register(
        persons=persons_table(drawn, keys),
        offences=offences_table(drawn, keys),
        spells=spells_table(drawn, keys),
        relations=relations_table(drawn, keys),
        reference_date=calibration.reference_date,
        truth=_truth(calibration, traffickers, keys),
        study=TRAFFICKERS,
    )


def _traffickers(calibration: Calibration, rng: np.random.Generator) -> Cohort:
    """Draw the traffickers' careers."""
    careers = draw_careers(calibration, calibration.n_traffickers, rng)
    reference = calibration.reference_date.to_datetime64().astype("datetime64[D]")
    end = follow_up_end(careers.death_date, careers.emigration_date, reference)
    index_date = np.full(len(end), "NaT", dtype="datetime64[D]")
    first = careers.event_is_index
    index_date[careers.event_person[first]] = careers.event_date[first]
    return Cohort(
        part=0,
        strata=calibration.groups,
        stratum=careers.group,
        female=None,
        birth=careers.birth_date,
        death=careers.death_date,
        emigration=careers.emigration_date,
        end=end,
        index_date=index_date,
        events=Events(
            careers.event_person,
            careers.event_date,
            careers.event_type,
            careers.event_registration_date,
        ),
        detention=_detention(careers, end),
        reference_date=reference,
    )


def _detention(careers: Careers, end: np.ndarray) -> Intervals:
    """Return detention in order of person and start, cut at the end of follow-up."""
    person = careers.detention_person
    stop = np.fmin(careers.detention_end, end[person])
    order = np.lexsort((careers.detention_start, person))
    spells = Intervals(person[order], careers.detention_start[order], stop[order])
    return spells.take(spells.start < spells.end)


def _complete(calibration: Calibration, cohort: Cohort, seed: int) -> Drawn:
    """Draw attributes, spells and relatives of a cohort, each from its own stream."""
    part = cohort.part
    attributes = draw_attributes(calibration, cohort, stream(seed, part, ATTRIBUTES))
    spells = draw_spells(calibration, cohort, stream(seed, part, SPELLS))
    rng = stream(seed, part, RELATIVES)
    return Drawn(
        cohort, attributes, spells, draw_relatives(calibration, cohort, attributes, spells, rng)
    )


def _truth(calibration: Calibration, traffickers: Cohort, keys: Keys) -> Truth:
    """Gather what was planted."""
    person = keys.persons(traffickers)
    names = np.array(traffickers.strata, dtype=object)[traffickers.stratum]
    groups = pd.Series(names, index=pd.Index(person, name="person"), name="group", dtype="str")
    figures = calibration.planted.copy()
    applies = figures["planted"].notna().to_numpy()
    planted = pd.Series(
        figures["planted"].to_numpy(dtype=object)[applies],
        index=pd.Index(figures["key"].to_numpy()[applies], name="key"),
        name="planted",
        dtype=object,
    )
    shares = pd.Series(dict(calibration.shares), name="share", dtype=float)
    effects = pd.Series(dict(calibration.effects), name="log_odds", dtype=float)
    return Truth(
        groups=groups.sort_index(),
        planted=planted,
        shares=shares.rename_axis("group"),
        curves=calibration.curves.copy(),
        figures=figures,
        effects=effects.rename_axis("key"),
    )
