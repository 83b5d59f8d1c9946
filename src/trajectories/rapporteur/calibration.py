"""What a calibration of the synthetic register holds: plain frozen records, no computing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FIRST_CELL = 12
"""Age at which careers can start: cell t is the age-year [t, t + 1)."""
LAST_CURVE_CELL = 40
"""Last cell of the planted curves (the panel's last age)."""
LAST_CELL = 74
"""Last cell in which an offence can happen: the oldest first trafficking plus the follow-up."""
OFFENCE_TYPES = ("violent", "property", "drugs", "traffic", "sexual", "trafficking", "other")

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class GroupCareer:
    """The career model of one trajectory group.

    Cells are age-years; arrays over cells start at ``FIRST_CELL`` and end at ``LAST_CELL``.

    Attributes
    ----------
    coefficients
        (b0, b1, b2) of the log rate, offences per year free, in x = (t − 26)/10 of the cell's age
        t, for t in 12..40.
    curve
        Planted rate by cell (offences per year free, the first trafficking offence included).
    other_rate
        Rate by cell of offences other than the first trafficking offence, per year free.
    trafficking_age
        Probability that the first trafficking offence falls in the cell.
    heterogeneity
        Variance of the person's own multiplier (gamma, mean 1) on ``other_rate``.
    short_detention
        (probability per cell, shortest, longest length in years) of an exogenous spell in a cell
        after the onset cell and before the cell of the first trafficking offence.
    long_detention
        (probability, shortest, longest length in years) of the spell that starts when the index
        case is registered.
    types
        Probability of each of ``OFFENCE_TYPES`` for an offence after the index case; before it,
        trafficking is left out and the rest rescaled.
    """

    coefficients: tuple[float, float, float]
    curve: Vector
    other_rate: Vector
    trafficking_age: Vector
    heterogeneity: float
    short_detention: tuple[float, float, float]
    long_detention: tuple[float, float, float]
    types: Vector


@dataclass(frozen=True)
class Timing:
    """The calendar of a career, the same in every group.

    Attributes
    ----------
    registration_years
        Calendar years in which the index case can be registered.
    registration_weights
        Probability of each of them; the day is uniform within the year.
    longest_lag
        The lag from first trafficking offence to its registration is uniform on (0, longest_lag)
        years.
    death, emigration
        Probability of dying or emigrating between the registration and the reference date, at a
        uniform moment.
    """

    registration_years: tuple[int, ...]
    registration_weights: Vector
    longest_lag: float
    death: float
    emigration: float


@dataclass(frozen=True)
class Calibration:
    """A complete planted truth for the synthetic register.

    Attributes
    ----------
    targets
        What the user asked to be planted, {figure key: value}; empty for the published truth.
    n_traffickers, n_general_offenders, n_non_offenders
        Numbers of persons of the three published rows.
    reference_date
        The planted ``observation_end``.
    groups
        The groups that are present, in the fixed order; a group of share 0 is left out.
    shares
        Group → probability (all four names; 0 for an absent group; they sum to 1).
    careers
        Group → career model (present groups only).
    timing
        Registration years, lag, death, emigration.
    attributes
        Attribute → {group or control population → probability}. Attributes: ``female,
        in_education, lives_at_home, welfare_or_no_income, job, child`` (all at the first
        trafficking offence, for controls at the index date), ``basic_qualification,
        single_parent, institution, migration_background, criminal_environment, criminal_parent,
        criminal_sibling, criminal_partner, trafficking_sibling, trafficking_partner`` (the last
        two among criminal siblings and criminal partners). Control populations:
        ``general_offenders, non_offenders``. All four groups are always there.
    environment_patterns
        Group or control population → array (2, 2, 2): joint probability of having a criminal
        (parent, sibling, partner); its margins and 1 − [0, 0, 0] are the attributes of the same
        names.
    effects
        Figure key of a direction (``effect_job_traffickers``, …) → planted log-odds per year.
    planted
        One row per published figure, in the published order: ``key, published, planted, status,
        how``. ``planted`` is a float, the ISO text of a date, or None where the row does not
        apply (status ``not applicable``: its group is absent). ``status`` is one of ``target``
        (the user's), ``published``, ``derived`` (re-derived because the user replaced rows it
        follows from), ``context`` (nothing simulated), ``not applicable``.
    curves
        Planted curves, tidy: ``group, age, mean`` (offences per year free), ages 12..40.
    """

    targets: Mapping[str, float | str]
    n_traffickers: int
    n_general_offenders: int
    n_non_offenders: int
    reference_date: pd.Timestamp
    groups: tuple[str, ...]
    shares: Mapping[str, float]
    careers: Mapping[str, GroupCareer]
    timing: Timing
    attributes: Mapping[str, Mapping[str, float]]
    environment_patterns: Mapping[str, Vector]
    effects: Mapping[str, float]
    planted: pd.DataFrame
    curves: pd.DataFrame
