"""Joint models refuse what they cannot use, in one line that says what to do."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

AGES = np.arange(15, 20)


def counts(n_units: int = 40, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.choice([0.3, 3.0], n_units)[:, None], (n_units, 5)).astype(float)


def panel(n_units: int = 40, seed: int = 0, prefix: str = "secret") -> tr.Panel:
    units = [f"{prefix}{number}" for number in range(n_units)]
    return tr.Panel.from_wide(counts(n_units, seed), ages=AGES, units=units)


TWO = {"violence": tr.Outcome("poisson", 0), "drugs": tr.Outcome("poisson", 0)}
PAIR = {
    "violence": tr.GroupTrajectories(2, "poisson", 0),
    "drugs": tr.GroupTrajectories(2, "poisson", 0),
}


def message(action) -> str:
    with pytest.raises(tr.errors.InputError) as caught:
        action()
    text = str(caught.value)
    assert "secret" not in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: tr.MultiTrajectories(2, {}), "1 to 6 outcomes"),
        (lambda: tr.MultiTrajectories(2, {str(i): "poisson" for i in range(7)}), "has 7"),
        (lambda: tr.MultiTrajectories(2, ["poisson"]), "mapping"),
        (lambda: tr.MultiTrajectories(2, {1: "poisson"}), "named by text"),
        (lambda: tr.MultiTrajectories(2, {"violence": "poison"}), "outcome 'violence'"),
        (lambda: tr.MultiTrajectories(0, TWO), "n_groups"),
        (lambda: tr.DualTrajectories({"violence": tr.GroupTrajectories(2)}), "2 to 2"),
        (lambda: tr.DualTrajectories({"a": tr.GroupTrajectories(2), "b": 2}), "'b' needs"),
        (lambda: tr.Dropout(previous=3), "0, 1 or 2"),
        (lambda: tr.Dropout(degree=-1), "degree"),
        (lambda: tr.Dropout(covariates=["sex"]), "formula"),
        (lambda: tr.Dropout(time_varying="job"), "list of names"),
        (lambda: tr.DropoutTrajectories("poisson"), "GroupTrajectories"),
        (lambda: tr.DropoutTrajectories(tr.GroupTrajectories(2), 1), "tr.Dropout"),
    ],
)
def test_specifications_that_make_no_model(make, says) -> None:
    assert says in message(make)


@pytest.mark.parametrize("spec", [tr.MultiTrajectories(2, TWO), tr.DualTrajectories(PAIR)])
def test_panels_that_do_not_fit_together(spec) -> None:
    full = panel()
    some, others = full.subset(np.arange(30)), panel(prefix="secret_other")
    weighted = replace(full, weights=np.full(40, 2.0))
    for panels, says in [
        (full, "mapping of outcome name"),
        ({"violence": full}, "without a panel ['drugs']"),
        ({"violence": full, "drugs": counts()}, "'drugs' needs a Panel"),
        ({"violence": full, "drugs": some}, "of 40 units there are missing 10 in 'drugs', and 30"),
        ({"violence": full, "drugs": others}, "40 in 'violence', 40 in 'drugs', and 0"),
        ({"violence": full, "drugs": weighted}, "weights of 40 units differ"),
    ]:
        assert says in message(lambda given=panels: spec.fit(given))
    both = {"violence": full, "drugs": others}
    assert "no unit" in message(lambda: spec.fit(both, incomplete="leave_out"))
    assert "incomplete" in message(lambda: spec.fit(both, incomplete="yes"))
    assert "seed" in message(lambda: spec.fit({"violence": full, "drugs": full}, seed=-1))
    zero = tr.Panel.from_wide(np.zeros((40, 5)), ages=AGES, units=full.units)
    assert "zero" in message(lambda: spec.fit({"violence": full, "drugs": zero}))


def test_dual_trajectories_of_units_that_share_nothing_say_so() -> None:
    panels = {"violence": panel(), "drugs": panel(prefix="secret_other")}
    text = message(lambda: tr.DualTrajectories(PAIR).fit(panels, incomplete="keep", n_starts=2))
    assert "no unit has both outcomes" in text


def test_units_that_lack_an_outcome_are_kept_or_left_out_and_counted() -> None:
    full = panel()
    panels = {"violence": full, "drugs": full.subset(np.arange(30))}
    spec = tr.MultiTrajectories(2, TWO)
    kept = spec.fit(panels, incomplete="keep", n_starts=4)
    assert (kept.nobs, kept.n_absent, kept.n_left_out) == (40, {"violence": 0, "drugs": 10}, 0)
    assert "10 units lack drugs" in kept.summary()
    left = spec.fit(panels, incomplete="leave_out", n_starts=4)
    assert (left.nobs, left.n_left_out) == (30, 10)
    assert "10 units that lack an outcome were left out" in left.summary()
    only = kept.predict_proba({"violence": full}, incomplete="keep")
    assert only.shape == (40, 2)
    np.testing.assert_allclose(only.sum(axis=1), 1.0)


def test_prediction_refuses_what_the_model_was_not_fitted_to() -> None:
    spec = tr.MultiTrajectories(2, TWO)
    exposed = tr.Panel.from_wide(counts(), ages=AGES, exposure=np.full((40, 5), 0.5))
    plain = tr.Panel.from_wide(counts(), ages=AGES)
    res = spec.fit({"violence": exposed, "drugs": plain}, n_starts=4)
    assert "exposure" in message(lambda: res.predict_proba({"violence": plain, "drugs": plain}))
    older = tr.Panel.from_wide(counts(), ages=AGES + 1)
    text = message(lambda: res.predict_proba({"violence": exposed, "drugs": older}))
    assert "outcome 'drugs': 1 of 5 ages" in text
    assert "without a panel" in message(lambda: res.predict_proba({"violence": exposed}))


SPEC = tr.DropoutTrajectories(tr.GroupTrajectories(2, "poisson", 0), tr.Dropout(degree=0))


def left_early(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return counts with missing ends, and the age from which units were gone."""
    outcome = counts(60, seed)
    left = np.where(np.arange(60) % 3 == 0, 18.0, np.nan)
    outcome[left[:, None] <= AGES] = np.nan
    return outcome, left


def test_leaving_that_contradicts_the_panel() -> None:
    outcome, left = left_early()
    units = [f"secret{number}" for number in range(60)]
    gone = tr.Panel.from_wide(outcome, ages=AGES, units=units)
    for options, says in [
        ({"left": np.full(60, 16.0)}, "60 units are observed at or after the age"),
        ({"left": left[:50]}, "shape (50,)"),
        ({"left": pd.Series(left[:50], index=units[:50])}, "left lacks 10 of 60 units"),
        ({"left": ["never"] * 60}, "must be ages"),
        ({"left": np.full(60, np.nan)}, "nobody leaves"),
        ({"followed_until": 16.0}, "60 units are observed after the age that followed_until"),
        ({"followed_until": np.where(np.isnan(left), 19.0, 17.0)}, "nobody leaves"),
        ({"followed_until": np.where(np.isnan(left), np.nan, 17.0)}, "missing for 40 units"),
        ({"covariates": pd.DataFrame({"x": range(60)}, index=units)}, "both a formula"),
    ]:
        assert says in message(lambda given=options: SPEC.fit(gone, **given))
    assert "nobody leaves" in message(lambda: SPEC.fit(panel()))
    assert "needs a Panel" in message(lambda: SPEC.fit(outcome))
    with_formula = tr.DropoutTrajectories(SPEC.curves, tr.Dropout(covariates="~ x"))
    assert "both a formula" in message(lambda: with_formula.fit(gone))
    constant = pd.DataFrame({"x": np.ones(60)}, index=units)
    assert "x" in message(lambda: with_formula.fit(gone, covariates=constant))
    steep = tr.DropoutTrajectories(SPEC.curves, tr.Dropout(degree=4))
    assert "at least 5 ages" in message(lambda: steep.fit(gone))
    varying = tr.DropoutTrajectories(SPEC.curves, tr.Dropout(time_varying=["job"]))
    assert "job" in message(lambda: varying.fit(gone))


def test_a_previous_outcome_that_never_differs_is_refused() -> None:
    outcome = np.ones((30, 5))
    outcome[:10, 3:] = np.nan
    outcome[:, 3:] += np.arange(30)[:, None] % 2
    flat = tr.DropoutTrajectories(
        tr.GroupTrajectories(1, "poisson", 0), tr.Dropout(previous=1, degree=0)
    )
    outcome[:, :4] = np.where(np.isnan(outcome[:, :4]), np.nan, 1.0)
    text = message(lambda: flat.fit(tr.Panel.from_wide(outcome, ages=AGES)))
    assert "previous_1: the same in every period at risk" in text


def test_a_group_that_nobody_leaves_is_named_and_its_errors_are_withheld() -> None:
    rng = np.random.default_rng(5)
    group = np.arange(120) % 2
    outcome = rng.poisson(np.array([0.2, 6.0])[group][:, None], (120, 5)).astype(float)
    outcome[(group == 1) & (np.arange(120) % 4 == 1), 3:] = np.nan
    with pytest.warns(tr.errors.DegenerateSolutionWarning, match="nobody of group 1 leaves"):
        res = SPEC.fit(tr.Panel.from_wide(outcome, ages=AGES), n_starts=6)
    assert res.stop_reason is tr.StopReason.BOUNDARY
    leaving = res.leaving().set_index("group")
    assert leaving.loc[1, "upper"].isna().all()
    assert leaving.loc[2, "upper"].notna().all()
    assert res.group_probability_intervals().notna().all().all()
    assert res.bse.loc["outcome"].notna().all()


def test_gaps_are_missing_and_the_end_of_follow_up_is_no_leaving() -> None:
    outcome, left = left_early()
    outcome[1, 2] = np.nan  # a gap
    outcome[4, 3:] = np.nan  # followed until 17 only
    until = np.full(60, 19.0)
    until[4] = 17.0
    gone = tr.Panel.from_wide(outcome, ages=AGES)
    by_end = SPEC.fit(gone, followed_until=until, n_starts=4)
    assert by_end.n_left == 20
    assert SPEC.fit(gone, n_starts=4).n_left == 21
    # who did not leave is missing at the end: known to be there, so at risk and staying
    told = SPEC.fit(gone, left=left, n_starts=4)
    assert told.n_left == 20
    at_risk = told.leaving().groupby("age")["persons"].sum()
    assert list(at_risk.round(6)) == [60.0, 60.0, 60.0, 40.0]
    assert by_end.leaving().groupby("age")["persons"].sum().iloc[-1] == pytest.approx(39.0)


def test_tables_are_withheld_under_disclosure_control() -> None:
    outcome, _ = left_early()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tr.errors.DegenerateSolutionWarning)
        res = SPEC.fit(tr.Panel.from_wide(outcome, ages=AGES), n_starts=4)
        dual = tr.DualTrajectories(PAIR).fit({"violence": panel(), "drugs": panel()}, n_starts=4)
    with tr.disclosure(minimum_cell=10_000):
        tables = [
            res.leaving(),
            res.staying(),
            res.trajectories(),
            res.adequacy(),
            res.group_probability_intervals(),
            dual.joint_probabilities(),
            dual.conditional_probabilities(),
            dual.trajectories(),
            dual.adequacy(),
        ]
        for table in tables:
            assert table["suppressed"].all()
            numbers = [n for n in ("probability", "mean", "share", "avepp") if n in table]
            assert table[numbers].isna().all().all()
        assert "Parameters are left out" in dual.summary()
