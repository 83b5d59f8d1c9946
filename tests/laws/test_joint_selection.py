"""Choosing numbers of groups of joint models: every candidate is the fit that it says it is."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr

RNG = np.random.default_rng(8)
GROUP = RNG.integers(0, 2, (150, 1))
OTHER = np.where(RNG.random((150, 1)) < 0.8, GROUP, 1 - GROUP)
PANELS = {
    "counts": tr.Panel.from_wide(
        RNG.poisson(0.4 + 2.5 * GROUP, (150, 5)).astype(float), ages=np.arange(5)
    ),
    "score": tr.Panel.from_wide(RNG.normal(2.5 * OTHER, 1.0, (150, 4)), ages=np.arange(4)),
}
MULTI = tr.MultiTrajectories(
    2, {"counts": tr.Outcome("poisson", 0), "score": tr.Outcome("censored_normal", 0)}
)
DUAL = tr.DualTrajectories(
    {
        "counts": tr.GroupTrajectories(2, "poisson", 0),
        "score": tr.GroupTrajectories(2, "censored_normal", 0),
    }
)


@pytest.mark.filterwarnings("error")
def test_candidates_of_a_multi_trajectory_model_are_its_fits() -> None:
    found = tr.select_joint(MULTI, PANELS, range(1, 4), n_starts=6)
    assert found.table["n_groups"].tolist() == [1, 2, 3]
    assert found.candidates == (1, 2, 3)
    own = MULTI.fit(PANELS, n_starts=6)
    row = found.table.set_index("n_groups").loc[2]
    assert row["llf"] == pytest.approx(own.llf, abs=1e-9)
    for name in ("n_params", "bic", "bic_cells", "aic", "icl", "relative_entropy"):
        assert row[name] == pytest.approx(getattr(own, name), abs=1e-8)
    assert row["smallest_share"] == pytest.approx(own.group_probabilities.min())
    best, rule = found.recommend("bic")
    assert best.bic == found.table.loc[found.table["usable"], "bic"].min()
    assert rule.startswith("lowest bic among the")
    assert rule.rstrip(")").split(": ")[1].startswith(f"{best.n_groups} groups")


def test_a_dual_model_has_every_pair_and_one_group_is_independence() -> None:
    numbers = {"counts": (1, 2), "score": (1, 2, 3)}
    found = tr.select_joint(DUAL, PANELS, numbers, n_starts=6)
    assert len(found.table) == 6
    assert found.table[["counts", "score"]].drop_duplicates().shape[0] == 6
    assert found.results[2, 2].llf == pytest.approx(DUAL.fit(PANELS, n_starts=6).llf, abs=1e-9)
    flat = found.results[1, 2]
    alone = [
        tr.GroupTrajectories(1, "poisson", 0).fit(PANELS["counts"]).llf,
        tr.GroupTrajectories(2, "censored_normal", 0).fit(PANELS["score"], n_starts=6).llf,
    ]
    assert flat.llf == pytest.approx(sum(alone), rel=1e-10)
    best, rule = found.recommend()
    assert tuple(best.n_groups.values()) == (2, 2)
    assert "2 of counts and 2 of score (groups)" in rule
    more = tr.select_joint(DUAL, PANELS, (2,), n_starts=6, n_jobs=2)
    assert more.results[2, 2].llf == found.results[2, 2].llf


def test_a_model_with_leaving_takes_what_its_fit_takes() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(0.4 + 2.5 * GROUP, (150, 6)).astype(float)
    gone = np.cumsum(rng.random((150, 6)) < 0.12 + 0.15 * GROUP, axis=1) > 0
    gone[:, 0] = False
    counts[gone] = np.nan
    panel = tr.Panel.from_wide(counts, ages=np.arange(6))
    left = np.where(gone.any(axis=1), gone.argmax(axis=1), np.nan)
    spec = tr.DropoutTrajectories(tr.GroupTrajectories(3, "poisson", 0), tr.Dropout(0, degree=0))
    found = tr.select_joint(spec, panel, (1, 2), n_starts=4, left=left)
    own = tr.DropoutTrajectories(tr.GroupTrajectories(2, "poisson", 0), tr.Dropout(0, degree=0))
    assert found.results[2].llf == pytest.approx(own.fit(panel, left=left).llf, abs=1e-8)
    assert found.recommend()[0].n_groups == 2


def test_what_cannot_be_fitted_stays_in_the_table_with_its_reason() -> None:
    few = {name: panel.subset(np.arange(9)) for name, panel in PANELS.items()}
    found = tr.select_joint(MULTI, few, (1, 6), n_starts=2)
    assert not found.table["usable"].iloc[1]
    assert "fewer than the" in found.table["stop_reason"].iloc[1]
    assert found.recommend()[0].n_groups == 1


@pytest.mark.parametrize(
    ("spec", "n_groups", "message"),
    [
        (MULTI, [], "different whole numbers"),
        (MULTI, [2, 2], "different whole numbers"),
        (MULTI, [0], "different whole numbers"),
        (MULTI, {"counts": [1]}, "by outcome is for a dual model"),
        (DUAL, {"counts": [1]}, "by outcome is for a dual model"),
        (tr.GroupTrajectories(2), [1, 2], "trajectories.select is for one outcome"),
    ],
)
def test_numbers_of_groups_that_are_none_are_refused(spec, n_groups, message) -> None:
    with pytest.raises(tr.errors.InputError, match=message):
        tr.select_joint(spec, PANELS, n_groups)


def test_a_degree_per_group_is_refused() -> None:
    spec = tr.DualTrajectories(
        {
            "counts": tr.GroupTrajectories(2, "poisson", (0, 1)),
            "score": tr.GroupTrajectories(2, "censored_normal", 0),
        }
    )
    with pytest.raises(tr.errors.InputError, match="a degree per group goes with one number"):
        tr.select_joint(spec, PANELS, (1, 2))
