"""The thresholds that decide a group's name, and the reasons for their values."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite

from trajectories.errors import InputError

__all__ = ["TypologyRules"]


@dataclass(frozen=True, slots=True)
class TypologyRules:
    """Hold the thresholds of the typology; rates are offences per year free, ages are years.

    The names are tried in this order, and the first that fits is given:

    1. ``low_rate``: level at most ``low_level`` and peak rate at most ``low_peak``;
    2. ``high_rate_persistent``: level at least ``high_level``, and ``persistent_years`` or more
       without a break at half of the peak rate or above;
    3. ``early_peak``: highest by age ``early_until``, and ``decline_years`` later at least
       ``early_decline`` of the peak rate is lost and not regained;
    4. ``late_peak``: highest at age ``late_from`` or later, and ``decline_years`` later at
       least ``late_decline`` of the peak rate is lost and not regained.

    A curve that is highest at the last observed age shows no decline and is no peak. One that
    is highest at the first observed age may have peaked before it: it can be an early peak, but
    not a late one. Ages between ``early_until`` and ``late_from`` belong to neither, because a
    fitted peak is uncertain by a year or two.

    Attributes
    ----------
    low_level, low_peak : float
        An offence every three to four years on average, and never more than one in two years:
        the age-crime curve of such a group has no peak worth a name.
    high_level : float
        An offence or more in every year free, averaged over all observed ages.
    persistent_years : float
        Twelve years is longer than adolescence: a peak that is over by the early twenties
        cannot pass, whatever its height.
    early_until, late_from : float
        The aggregate age-crime curve peaks in the late teens. A peak by 21 is the usual one,
        drawn sharper; a peak from 23 on is a career that grows when most others end.
    decline_years : float
        Ten years after the peak the decline is read.
    early_decline, late_decline : float
        Half is lost by an early peak. A third is enough for a late peak, which has fewer
        observed years left to fall in.
    smallest_share : float
        A group with a smaller share of the persons is not named.

    Notes
    -----
    Levels are absolute. The alternative, levels relative to the mean of the panel, was
    rejected: some group is always below the mean, so that a relative rule forces names; and a
    group would change its name when other persons join the panel, so that no two studies
    could be compared. Absolute levels do depend on what is counted. Where a panel counts
    something else than registered offences per year (convictions, self-reports, months),
    ``rules.scaled(factor)`` multiplies all rates, and the rules stay stated as numbers.
    """

    low_level: float = 0.3
    low_peak: float = 0.5
    high_level: float = 1.0
    persistent_years: float = 12.0
    early_until: float = 21.0
    late_from: float = 23.0
    decline_years: float = 10.0
    early_decline: float = 0.5
    late_decline: float = 1.0 / 3.0
    smallest_share: float = 0.01

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isfinite(value) or value < 0.0:
                raise InputError(f"{field.name} is {value}; give a finite number of at least 0")
        for name in ("early_decline", "late_decline", "smallest_share"):
            if getattr(self, name) > 1.0:
                raise InputError(f"{name} is {getattr(self, name)}; it is a share, at most 1")
        for name in ("early_decline", "late_decline", "decline_years"):
            if getattr(self, name) == 0.0:
                raise InputError(f"{name} is 0; without a decline there is no peak")
        for low, high in (
            ("low_level", "low_peak"),
            ("low_level", "high_level"),
            ("early_until", "late_from"),
        ):
            if getattr(self, low) > getattr(self, high):
                raise InputError(f"{low} is above {high}; it has to be at most as large")

    def scaled(self, factor: float) -> TypologyRules:
        """Return the same rules with every rate multiplied by ``factor``."""
        return replace(
            self,
            low_level=self.low_level * factor,
            low_peak=self.low_peak * factor,
            high_level=self.high_level * factor,
        )
