"""Checks of data and of fits keep quiet about few rows and few persons."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

import trajectories as tr
from trajectories import matching
from trajectories.matching.check import violations


def test_fits_without_exposure_withhold_the_same_groups() -> None:
    rng = np.random.default_rng(4)
    rates = np.repeat([0.3, 3.0, 25.0], [120, 60, 6])[:, None]
    exposure = np.full((186, 6), 1.0)
    exposure[:5, 0] = 0.4
    counts = rng.poisson(rates * exposure).astype(float)
    panel = tr.Panel.from_wide(counts, ages=np.arange(6), exposure=exposure)
    fit = tr.GroupTrajectories(3, "poisson", 0).fit(panel, n_starts=4)
    plain = fit.exposure_sensitivity(panel, floor=0.5, n_starts=2)
    with tr.disclosure(minimum_cell=10):
        shown = fit.exposure_sensitivity(panel, floor=0.5, n_starts=2)
    assert plain.loc["floor 0.5", "raised_cells"] == 5
    assert np.isnan(shown.loc["floor 0.5", "raised_cells"])
    small = int(fit.group_probabilities.idxmin())
    shares = shown[["share_1", "share_2", "share_3"]]
    assert shares[f"share_{small}"].isna().all()
    # of three shares that add up to one, a second goes too, the same in every fit
    assert shares.isna().all().sum() == 2
    assert shares.notna().all().sum() == 1
    assert "suppressed" not in plain.columns


def test_a_few_bad_rows_of_a_register_are_said_but_not_counted() -> None:
    register = tr.rapporteur.simulate(seed=3, n_general_offenders=0, n_non_offenders=0)
    offences = register.offences.copy()
    offences.loc[offences.index[:3], "person"] = -5
    broken = dataclasses.replace(register, offences=offences)
    plain = broken.check()
    bad = (plain["rows"] > 0).to_numpy()
    assert bad.any()
    assert plain["rows"][bad].max() < 10
    with tr.disclosure(minimum_cell=10):
        shown = broken.check()
    assert shown["rows"][bad].isna().all()
    assert shown["suppressed"][bad].all()
    assert (shown["rows"][~bad] == 0).all()


def test_a_match_checks_itself_with_every_number_under_the_switch() -> None:
    rng = np.random.default_rng(2)

    def people(n: int, first: int) -> pd.DataFrame:
        return pd.DataFrame({"person": np.arange(first, first + n), "age": rng.integers(20, 30, n)})

    with tr.disclosure(minimum_cell=10):
        sets = matching.match(people(30, 0), people(90, 1000), nearest=["age"])
        shown = matching.check_matched_sets(sets)
        assert (shown["violations"] == 0).all()
        # were three controls to serve twice, the match would see it and the table not count it
        sets.members.loc[sets.members.index[sets.members["role"] == "control"][:3], "distance"] += 9
        broken, shown = violations(sets), matching.check_matched_sets(sets)
    bad = (broken["violations"] > 0).to_numpy()
    assert bad.any()
    assert shown["violations"][bad].isna().all()
