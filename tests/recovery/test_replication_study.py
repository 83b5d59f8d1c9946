"""Every published figure that an estimator can address is estimated, whatever was planted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError
from trajectories.rapporteur.figures import GROUPS
from trajectories.rapporteur.planted_truths import PLANTED_TRUTHS, planted_groups, targets_of
from trajectories.rapporteur.quantities import STAGES, stage_of
from trajectories.rapporteur.study import study

NORMAL = 1.959964
SMALL = {"n_general_offenders": 1_500, "n_non_offenders": 1_500, "family": "poisson"}


@cache
def followed(truth: str) -> tr.rapporteur.Replication:
    groups = planted_groups(PLANTED_TRUTHS[truth])
    return tr.rapporteur.replicate(5, truth=truth, n_groups=groups, **SMALL)


def test_every_addressable_row_has_an_estimate_with_an_interval(replicated) -> None:
    table = replicated.table.set_index("key")
    aside = table["stage"].isin(["context", "design"])
    assert list(table.index[aside]) == [
        *("n_traffickers", "observation_end", "victims_per_year_low", "victims_per_year_high"),
        *("n_general_offenders", "n_non_offenders"),
    ]
    rest = table[~aside]
    assert len(rest) == 72
    assert (rest["status"] == "estimated").all()
    assert rest[["estimate", "lower", "upper", "recovered", "persons"]].notna().all(axis=None)
    assert ((rest["lower"] <= rest["estimate"]) & (rest["estimate"] <= rest["upper"])).all()


def test_context_is_labelled_and_not_counted(replicated) -> None:
    table = replicated.table.set_index("key")
    context = table.loc[["victims_per_year_low", "victims_per_year_high"]]
    assert (context["status"] == "context: no estimator needed, not counted").all()
    assert context[["estimate", "lower", "upper"]].isna().all(axis=None)
    assert context["recovered"].isna().all()
    design = table[table["stage"] == "design"]
    assert design["status"].str.startswith("by design").all()
    assert design["recovered"].isna().all()
    assert "of 72 estimated figures" in repr(replicated)


def test_the_table_has_one_row_for_every_published_figure_in_their_order(replicated) -> None:
    figures = tr.rapporteur.figures()
    table = replicated.table
    assert list(table["key"]) == list(figures["key"])
    assert list(table["quantity"]) == list(figures["quantity"])
    assert list(table.columns) == [
        *("key", "quantity", "population", "group", "unit", "published", "planted"),
        *("estimate", "lower", "upper", "recovered", "status", "stage", "persons"),
    ]
    assert set(table["stage"]) <= set(STAGES)
    assert table.loc[table["stage"] == "within_person", "unit"].eq("log-odds").all()


@pytest.mark.parametrize("truth", ["other", "reversed_effects", "more_recidivism", "risk_factors"])
def test_estimates_follow_another_planted_truth(truth: str) -> None:
    made = followed(truth)
    table = made.table[made.table["recovered"].notna()]
    miss = (table["estimate"] - table["planted"].astype(float)).abs()
    error = (table["upper"] - table["lower"]) / (2.0 * NORMAL)
    assert (miss / error < 4.0).all(), table.loc[miss / error >= 4.0, "key"].tolist()
    assert table["recovered"].astype(bool).mean() > 0.85
    moved = made.tables["followed"]
    assert set(PLANTED_TRUTHS[truth]) <= set(moved["key"])
    assert moved["recovered"].astype(bool).mean() > 0.75
    assert moved["holds_published"].mean() < 0.5


def test_nothing_moves_where_the_published_figures_are_planted(replicated) -> None:
    assert len(replicated.tables["followed"]) == 0
    assert replicated.truth == "published"
    assert followed("other").truth == "other"


def test_the_matched_comparison_is_of_as_many_controls_as_cases(replicated) -> None:
    rows = replicated.table.set_index("key")["estimate"]
    assert rows["n_general_offenders"] == rows["n_non_offenders"] == rows["n_traffickers"] == 630
    members = replicated.sets.members
    assert not members["person"].duplicated().any()
    table = replicated.tables["populations"].set_index("population")
    assert table.loc["non_offenders", "offences"] == 0
    assert table.loc["general_offenders", "compared"] == 630


def test_effects_and_recidivism_are_those_of_their_own_estimators(replicated) -> None:
    table = replicated.table.set_index("key")
    effects = replicated.within_person.effects.set_index(["population", "exposure"])
    job = effects.loc[("general_offenders", "job")]
    assert table.loc["effect_job_general_offenders", "estimate"] == job["log_estimate"]
    upper = table.loc["effect_job_general_offenders", "upper"]
    assert np.exp(upper) == pytest.approx(job["upper"])
    figures = tr.recidivism.recidivism_figures(replicated.register)
    net = figures[(figures["key"] == "drug_recidivism_5y") & (figures["method"] == "kaplan_meier")]
    assert table.loc["drug_recidivism_5y", "estimate"] == net["share"].item()


def test_a_register_without_controls_says_so_and_is_studied_all_the_same(replicated) -> None:
    register = tr.rapporteur.simulate(2024, n_general_offenders=0, n_non_offenders=0)
    done = study(replace(register, truth=None), 4, "poisson", describe=False)
    table = done.table.set_index("key")
    reason = "not estimated: the register holds no controls"
    for key in (
        *("basic_qualification_non_offenders", "trafficking_partners_controls"),
        *("effect_partner_general_offenders", "n_non_offenders"),
    ):
        assert table.loc[key, "status"].startswith(reason), key
    for key in ("effect_partner_traffickers", "general_recidivism_5y"):
        assert table.loc[key, "status"] == "estimated"
    assert table["planted"].isna().all()
    # the traffickers are the same, with or without controls, with or without their truth
    seen = replicated.table.set_index("key")
    own = table.index[table["stage"].isin(["groups", "trajectories", "careers", "recidivism"])]
    columns = ["estimate", "lower", "upper"]
    pd.testing.assert_frame_equal(table.loc[own, columns], seen.loc[own, columns])


def test_scores_of_others_come_true_and_no_history_without_offence_is_scored(replicated) -> None:
    examples = replicated.tables["score_examples"].set_index("history")
    assert examples.loc["no offence; now 24", "most_likely_group"] == "refused"
    assert examples.loc["no offence; now 24", ["probability", "expected_ahead"]].isna().all()
    busy = "two or three a year since 14; now 25"
    assert examples.loc[busy, "most_likely_group"] == "high_rate_persistent"
    forecast = replicated.tables["score_forecast"]
    whole = forecast[(forecast["measure"] == "observed_to_expected") & forecast["age"].isna()]
    assert 0.85 < whole["estimate"].item() < 1.15
    areas = replicated.tables["score_groups"].query("measure == 'auc'")
    assert len(areas) == 4
    assert areas["estimate"].min() > 0.9


def test_at_least_five_other_truths_are_there_by_name_and_an_unknown_one_is_refused() -> None:
    table = tr.rapporteur.truths()
    assert len(table) >= 6
    assert list(table.index) == list(PLANTED_TRUTHS)
    assert table["what"].is_unique
    assert targets_of("published") == {}
    with pytest.raises(InputError, match="no planted truth of that name; did you mean 'equal'"):
        tr.rapporteur.replicate(truth="equality")


@pytest.mark.parametrize("truth", PLANTED_TRUTHS)
def test_a_share_of_relatives_is_planted_alike_in_all_groups(truth: str) -> None:
    # groups differ in how many criminal relatives their members have, so that another weighting
    # than by persons would plant another share than the table says
    from trajectories.rapporteur.reconcile import reconcile_attributes, reconcile_shares
    from trajectories.rapporteur.targets import read_targets

    targets = read_targets(PLANTED_TRUTHS[truth])
    found = reconcile_attributes(targets, reconcile_shares(targets))
    for name in ("trafficking_sibling", "trafficking_partner"):
        values = [found[name][group] for group in GROUPS]
        assert max(values) - min(values) < 1e-6
        assert values[0] == pytest.approx(targets.values[f"{name}s_traffickers"], abs=1e-6)


def test_every_figure_belongs_to_a_stage() -> None:
    rows = tr.rapporteur.figures().itertuples()
    found = [stage_of(r.key, r.population, r.group, r.kind) for r in rows]
    assert pd.Series(found).value_counts().to_dict() == {
        "groups": 31,
        "matched": 11,
        "recidivism": 9,
        "within_person": 7,
        "careers": 6,
        "trajectories": 4,
        "traffickers": 4,
        "design": 4,
        "context": 2,
    }
