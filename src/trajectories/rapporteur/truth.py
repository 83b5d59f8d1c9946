"""What was planted in a synthetic register."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class Truth:
    """The truth behind a synthetic register.

    Attributes
    ----------
    groups
        Person → name of the trajectory group that the person's career was drawn from; the
        traffickers only.
    planted
        Figure key → planted value: a number for counts, means and shares (as float) and for
        directions (log-odds per age-year), the ISO text for a date. Rows that do not apply to
        this truth, because their group is absent, are left out; ``figures`` names them.
    shares
        Group → planted probability.
    curves
        ``group, age, mean``: planted offences per year free in the age-years 12..40.
    figures
        ``key, published, planted, status, how``: one row per published figure.
    effects
        Figure key of a direction → planted within-person log-odds of offending in an age-year.
    """

    groups: pd.Series
    planted: pd.Series
    shares: pd.Series
    curves: pd.DataFrame
    figures: pd.DataFrame
    effects: pd.Series

    def __repr__(self) -> str:
        shares = ", ".join(f"{name} {share:.2f}" for name, share in self.shares.items())
        changed = int((self.figures["status"] == "target").sum())
        return (
            f"Truth({len(self.groups)} traffickers; {shares}; "
            f"{len(self.planted)} of {len(self.figures)} figures planted, {changed} on request)"
        )
