"""Time-varying covariates: how panels take them, what is refused, what is named, what is saved."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import DegenerateSolutionWarning, InputError, ModelFileError

AGES = np.arange(15.0, 21.0)
N = 240


@lru_cache
def made() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcomes, work and a partner of two groups, shapes (N, 6)."""
    rng = np.random.default_rng(4)
    high = (np.arange(N) < 90)[:, None]
    job, partner = ((rng.random((N, 6)) < share).astype(float) for share in (0.5, 0.3))
    eta = np.where(high, 1.0, -1.0) - np.where(high, 0.5, 0.1) * job - 0.2 * partner
    return rng.poisson(np.exp(eta)).astype(float), job, partner


def panel_of(outcome=None, **covariates: np.ndarray) -> tr.Panel:
    counts, job, _ = made()
    held = covariates or {"job": job}
    return tr.Panel.from_wide(counts if outcome is None else outcome, ages=AGES, covariates=held)


@lru_cache
def fit(names: tuple[str, ...] = ("job",), common: bool = False):
    spec = tr.GroupTrajectories(2, "poisson", 1, time_varying=names, common_effects=common)
    return spec.fit(panel(), n_starts=6)


@lru_cache
def panel() -> tr.Panel:
    _, job, partner = made()
    return panel_of(job=job, partner=partner)


# -- how a panel takes them


def test_wide_long_and_later_give_the_same_panel() -> None:
    counts, job, partner = made()
    ids = [f"p{i}" for i in range(N)]
    wide = pd.DataFrame(counts, index=ids, columns=AGES)
    table = pd.DataFrame(job, index=ids, columns=AGES)
    rows = np.random.default_rng(0).permutation(N)
    shuffled = table.iloc[rows, ::-1]
    one = tr.Panel.from_wide(wide, covariates={"job": shuffled, "partner": partner})
    long = pd.DataFrame(
        {
            "person": np.repeat(ids, 6),
            "age": np.tile(AGES, N),
            "count": counts.ravel(),
            "job": job.ravel(),
            "partner": partner.ravel(),
        }
    )
    two = tr.Panel.from_long(long, unit="person", covariates=["job", "partner"])
    bare = tr.Panel.from_wide(wide)
    three = bare.with_covariates({"job": shuffled}).with_covariates(
        long.sample(frac=1, random_state=1), ["partner"]
    )
    for other in (two, three):
        assert list(other.covariates) == ["job", "partner"]
        for name in other.covariates:
            np.testing.assert_array_equal(other.covariates[name], one.covariates[name])
    assert "time-varying job, partner" in repr(one)


def test_subsets_and_ages_keep_them_aligned() -> None:
    counts, job, partner = made()
    empty = counts.copy()
    empty[:, 2] = np.nan
    panel = panel_of(empty, job=job, partner=partner)
    kept = panel.without_empty_ages().subset([5, 3])
    np.testing.assert_array_equal(kept.covariates["job"], np.delete(job, 2, axis=1)[[5, 3]])
    assert not kept.covariates["job"].flags.writeable


def test_person_years_of_a_register_can_be_carried() -> None:
    nobody = pd.Series([None, None], dtype="datetime64[ns]")
    persons = pd.DataFrame(
        {
            "person": [1, 2],
            "birth_date": pd.to_datetime(["2000-01-01", "2000-07-01"]),
            "death_date": nobody,
            "emigration_date": nobody,
        }
    )
    offences = pd.DataFrame(
        {"person": [1], "offence_date": pd.to_datetime(["2018-03-01"]), "offence_type": ["drugs"]}
    )
    spells = pd.DataFrame(
        {
            "person": [1, 2],
            "spell_type": ["job", "job"],
            "start_date": pd.to_datetime(["2019-01-01", "2018-07-01"]),
            "end_date": pd.to_datetime(["2020-01-01", "2019-07-01"]),
            "other": pd.array([None, None], dtype="Int64"),
        }
    )
    none = pd.DataFrame({"person": [], "relative": [], "relation": []})
    register = tr.Register(persons, offences, spells, none, pd.Timestamp("2021-12-31"))
    years = tr.lifecourse.person_years(register, range(18, 21))
    panel = tr.Panel.from_register(register, ages=range(18, 21)).with_covariates(years, ["job"])
    assert panel.covariates["job"].tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: {"job": w[:, :5]}, r"covariate 'job' has shape \(240, 5\)"),
        (lambda w: {"job": np.full(w.shape, "a")}, "covariate 'job'.* not numeric"),
        (lambda w: {3: w}, "name of a covariate must be text"),
        (lambda w: w, "mapping of name"),
        (
            lambda w: {"job": pd.DataFrame(w, columns=AGES + 1)},
            "covariate 'job': the ages in its column labels",
        ),
    ],
)
def test_bad_covariates_end_in_one_clear_line(make, message: str) -> None:
    counts, job, _ = made()
    with pytest.raises(InputError, match=message) as caught:
        tr.Panel.from_wide(counts, ages=AGES, covariates=make(job))
    assert "\n" not in str(caught.value)


def test_a_missing_covariate_in_an_observed_cell_is_refused_with_the_count() -> None:
    counts, job, _ = made()
    holes = job.copy()
    holes[3, 1] = holes[7, [0, 2]] = np.nan
    with pytest.raises(InputError, match="'job' is missing or infinite in 3 observed cells"):
        panel_of(counts, job=holes)
    unseen = counts.copy()
    unseen[np.isnan(holes)] = np.nan
    assert panel_of(unseen, job=holes).covariates["job"][3, 1] == 0


def test_other_units_are_refused() -> None:
    counts, job, _ = made()
    wide = pd.DataFrame(counts, index=[f"p{i}" for i in range(N)], columns=AGES)
    other = pd.DataFrame(job, index=[f"q{i}" for i in range(N)], columns=AGES)
    with pytest.raises(InputError, match="240 units of the counts absent"):
        tr.Panel.from_wide(wide).with_covariates({"job": other})


def test_a_long_table_that_lacks_a_cell_is_refused_not_filled() -> None:
    counts, job, _ = made()
    bare = tr.Panel.from_wide(counts, ages=AGES)
    long = pd.DataFrame({"person": np.repeat(np.arange(N), 6), "age": np.tile(AGES, N)})
    long["job"] = job.ravel()
    with pytest.raises(InputError, match="missing or infinite in 2 observed cells"):
        bare.with_covariates(long.drop([4, 100]), ["job"])
    with pytest.raises(InputError, match="1 row with a unit and age seen before"):
        bare.with_covariates(pd.concat([long, long.iloc[:1]]), ["job"])
    with pytest.raises(InputError, match="column 'work' not in the table"):
        bare.with_covariates(long, ["work"])


# -- what a specification and a fit refuse


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time_varying": [3]}, "names of covariates, as text"),
        ({"time_varying": ["job", "job"]}, "names a covariate twice"),
        ({"time_varying": ["age"]}, "cannot be called 'age'"),
        ({"time_varying": ["age^2"]}, "cannot be called"),
        ({"time_varying": 3}, "must be names of covariates"),
        ({"common_effects": True}, "needs covariates"),
        ({"time_varying": ["job"], "common_effects": ["x"]}, "which time_varying does not"),
    ],
)
def test_bad_specifications_end_in_one_clear_line(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        tr.GroupTrajectories(2, **arguments)


def test_a_specification_says_its_covariates() -> None:
    spec = tr.GroupTrajectories(2, degree=1, time_varying="job", common_effects=True)
    assert spec.time_varying == ("job",)
    assert repr(spec).endswith("time_varying=('job',), common_effects=('job',))")
    assert spec == eval(repr(spec), {"GroupTrajectories": tr.GroupTrajectories, **vars_of()})


def vars_of() -> dict[str, object]:
    return {"Poisson": tr.families.Poisson, "Polynomial": tr.bases.Polynomial}


def spec(*names: str, degree: int = 1) -> tr.GroupTrajectories:
    return tr.GroupTrajectories(2, "poisson", degree, time_varying=names)


def test_a_panel_without_the_covariate_is_refused() -> None:
    with pytest.raises(InputError, match="lacks time-varying covariate 'partner'; it has 'job'"):
        spec("job", "partner").fit(panel_of())
    bare = tr.Panel.from_wide(made()[0], ages=AGES)
    with pytest.raises(InputError, match="lacks time-varying covariate 'job'; it has none"):
        fit().predict_proba(bare)
    with pytest.raises(InputError, match="lacks time-varying covariate"):
        fit().residuals(bare)


def test_a_constant_covariate_is_refused() -> None:
    with pytest.raises(InputError, match="'x' has the same value in every observed cell"):
        spec("x").fit(panel_of(x=np.full((N, 6), 4.0)))


def test_a_function_of_age_within_the_curve_is_refused_as_collinear() -> None:
    year = np.broadcast_to(AGES * 2 + 1, (N, 6)).copy()
    with pytest.raises(InputError, match="'year' is collinear: the curve over age determines"):
        spec("year").fit(panel_of(year=year))
    assert spec("year", degree=0).fit(panel_of(year=year), n_starts=4).converged


def test_covariates_that_determine_each_other_are_refused() -> None:
    _, job, partner = made()
    with pytest.raises(InputError, match=r"'job' is collinear.*together with the others"):
        spec("job", "both", "partner").fit(panel_of(job=job, partner=partner, both=job + partner))


def test_a_separating_covariate_is_named() -> None:
    counts, job, _ = made()
    counts = counts.copy()
    counts[:90][job[:90] == 1] = 0.0
    with pytest.warns(DegenerateSolutionWarning, match="the effect of 'job' ran off"):
        results = spec("job").fit(panel_of(counts, job=job), n_starts=6)
    assert results.stop_reason == "boundary"
    table = results.covariate_effects().set_index("group")
    assert np.isnan(table["standard_error"]).sum() == 1
    gone = int(table.index[table["standard_error"].isna()][0])
    assert np.isnan(results.bse["mean", gone, "job"])
    assert not np.isnan(results.bse["mean", gone, "age"])
    assert not results.test_equal_effects("job").applies


def test_a_covariate_that_does_not_vary_within_a_group_is_named() -> None:
    counts, job, _ = made()
    counts = counts.copy()
    counts[:90] += 12.0
    job = job.copy()
    job[90:] = 0.0
    with pytest.warns(DegenerateSolutionWarning, match="group 1: 'job' hardly varies among its"):
        results = spec("job").fit(panel_of(counts, job=job), n_starts=6)
    assert np.isnan(results.bse["mean", 1, "job"])
    assert results.bse["mean", 2, "job"] < 0.1


# -- curves at covariates


def test_without_a_choice_curves_stand_at_the_averages_and_say_so() -> None:
    results = fit(("job", "partner"))
    table = results.trajectories()
    first = table[table["group"] == 1]
    _, job, partner = made()
    assert first["job"].to_numpy() == pytest.approx(job.mean(axis=0))
    assert first["partner"].to_numpy() == pytest.approx(partner.mean(axis=0))
    assert results.curves_at == "job at its average at each age, partner at its average at each age"
    assert "job at its average" in results.summary()
    at = results.at({"job": 1, "partner": [0, 0, 0, 1, 1, 1]})
    assert at.curves_at == "job = 1, partner along a chosen path"
    pd.testing.assert_frame_equal(
        at.trajectories(), results.trajectories(at={"job": 1, "partner": [0, 0, 0, 1, 1, 1]})
    )
    series = pd.Series([1, 1, 1, 0, 0, 0], index=AGES[::-1])
    pd.testing.assert_frame_equal(
        at.trajectories(), results.at({"job": 1, "partner": series}).trajectories()
    )


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"work": 1}, "at= names 'work', and the model has 'job'"),
        ({"job": [1, 2]}, "give a number, or one for each of the 6 fitted ages"),
        ({"job": np.nan}, "missing or infinite"),
        ({"job": "x"}, "must be a number"),
        (3, "mapping of covariate"),
        ({"job": pd.Series([1.0], index=[15.0])}, "lacks 5 of the 6 ages"),
    ],
)
def test_bad_paths_end_in_one_clear_line(at, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message).replace("\\ ", " ")):
        fit().trajectories(at=at)


def test_expected_outcomes_follow_the_path_by_the_rate_ratio() -> None:
    results = fit()
    with_work, without = results.at({"job": 1}), results.at({"job": 0})
    ratio = with_work.expected_outcome()["expected"] / without.expected_outcome()["expected"]
    effects = results.covariate_effects().set_index("group")["estimate"]
    assert ratio.to_numpy() == pytest.approx(effects.to_numpy())


def test_models_without_covariates_have_no_path() -> None:
    plain = tr.GroupTrajectories(2, "poisson", 1).fit(panel(), n_starts=4)
    assert plain.time_varying == ()
    assert plain.curves_at == ""
    assert list(plain.trajectories()) == ["group", "age", "mean", "lower", "upper"]
    for ask in (lambda: plain.at({"job": 1}), plain.covariate_effects, plain.test_equal_effects):
        with pytest.raises(InputError, match="time-varying covariates"):
            ask()


# -- everything around a fit


def test_a_saved_model_loads_with_its_covariates(tmp_path: Path) -> None:
    results = fit(("job", "partner"), True)
    results.save(tmp_path / "model.json")
    again = tr.load(tmp_path / "model.json")
    pd.testing.assert_series_equal(again.params, results.params)
    pd.testing.assert_frame_equal(again.trajectories(), results.trajectories())
    pd.testing.assert_frame_equal(again.predict_proba(panel()), results.predict_proba(panel()))
    pd.testing.assert_frame_equal(again.covariate_effects(), results.covariate_effects())
    text = (tmp_path / "model.json").read_text()
    (tmp_path / "model.json").write_text(text.replace('"partner"', '"married"'))
    with pytest.raises(ModelFileError):
        tr.load(tmp_path / "model.json")


def test_the_bootstrap_and_folds_carry_covariates() -> None:
    results = fit()
    table = results.bootstrap(panel(), n_replicates=40, seed=1).conf_int()
    assert ("mean", 2, "job") in table.index
    folds = tr.groups.cross_validate(
        panel(), [spec(), spec("job", "partner")], folds=2, cutoff_age=18, seed=0
    ).table
    assert folds["heldout_llf"].iloc[1] > folds["heldout_llf"].iloc[0]
    assert np.isfinite(folds["forecast_llf"]).all()


def test_robust_and_clustered_errors_know_the_covariates() -> None:
    results = fit()
    robust = results.with_covariance("robust", panel())
    own = pd.Series(np.arange(N), index=panel().units)
    clustered = results.with_covariance("cluster", panel(), own)
    assert clustered.bse.to_numpy() == pytest.approx(robust.bse.to_numpy(), rel=1e-6)
    assert robust.bse.to_numpy() == pytest.approx(results.bse.to_numpy(), rel=0.5)
    other = replace(panel(), covariates={"job": 1 - panel().covariates["job"]})
    with pytest.raises(InputError, match="not the panel that was fitted"):
        results.with_covariance("robust", other)


def test_selection_and_degrees_take_covariates() -> None:
    chosen = tr.select(panel(), n_groups=(1, 2), degree=1, time_varying=["job"], n_starts=6)
    assert chosen.results[(tr.families.Poisson(), 1, 2)].llf == pytest.approx(fit().llf, abs=1e-6)
    path = tr.groups.degree_search(panel(), 2, highest=2, time_varying=["job"], n_starts=6)
    assert path.results.time_varying == ("job",)
    assert path.results.llf <= path.path["llf"].iloc[0] + 1e-6


def test_a_bootstrap_test_of_one_group_more() -> None:
    one = tr.GroupTrajectories(1, "poisson", 1, time_varying=["job"]).fit(panel())
    test = tr.groups.bootstrap_likelihood_ratio(panel(), one, fit(), n_replicates=9, seed=0)
    assert test.p_value <= 0.1


def test_nested_models_are_told_by_their_covariates() -> None:
    plain = tr.GroupTrajectories(2, "poisson", 1).fit(panel(), n_starts=6)
    full = fit(("job", "partner"))
    assert full.likelihood_ratio_test(plain).df == 4
    assert full.likelihood_ratio_test(fit()).df == 2
    shared = fit(("job", "partner"), True)
    assert full.likelihood_ratio_test(shared).df == 2
    names = ["job", "partner"]
    bent = tr.GroupTrajectories(2, "poisson", 2, time_varying=names, common_effects=True)
    larger = bent.fit(panel(), n_starts=6)
    assert "per group" in larger.likelihood_ratio_test(fit()).reason
    other = tr.GroupTrajectories(2, "poisson", 3, time_varying=["partner"]).fit(panel(), n_starts=6)
    assert "'job', which the larger lacks" in other.likelihood_ratio_test(fit()).reason


def test_checking_the_fit_goes_by_the_covariates_of_each_person() -> None:
    results = fit()
    table = results.dispersion(panel(), n_simulated=19).set_index(["measure", "group"])
    assert table.loc[("pearson", "all"), "ratio"] == pytest.approx(1.0, abs=0.15)
    assert results.adequacy(panel=panel())["avepp"].min() > 0.8
    results.typology()
    results.peak_age()


def test_profiles_are_refused_in_one_line() -> None:
    for ask in (tr.profiles.score, tr.profiles.contributions):
        with pytest.raises(InputError, match=r"needs time-varying covariates \(job\)"):
            ask(fit(), panel())


def test_small_groups_are_hidden_in_the_table_of_effects() -> None:
    results = fit()
    with tr.disclosure(minimum_cell=120):
        table = results.covariate_effects()
    hidden = table.set_index("group")
    assert np.isnan(hidden.loc[2, "estimate"])
    assert not np.isnan(hidden.loc[1, "estimate"])
    with tr.disclosure(minimum_cell=120):
        shared = fit(("job",), True).covariate_effects()
    assert not shared["estimate"].isna().any()


def test_the_interface_warns_of_nothing_for_a_proper_fit() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit.__wrapped__()
