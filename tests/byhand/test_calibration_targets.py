"""Reading targets, and planted shares and attributes that agree with each other."""

from __future__ import annotations

import numpy as np
import pytest

from trajectories.errors import TargetError
from trajectories.rapporteur.environment import joint_table
from trajectories.rapporteur.figures import GROUPS, figures, half_unit, published_text
from trajectories.rapporteur.reconcile import reconcile_attributes, reconcile_shares
from trajectories.rapporteur.targets import DIRECTIONS, read_targets, tolerance

PUBLISHED = dict(zip(GROUPS, (0.36, 0.28, 0.21, 0.15), strict=True))


def test_half_a_unit_of_the_last_printed_digit_is_what_rounding_hides() -> None:
    assert half_unit("0.36") == pytest.approx(0.005)
    assert half_unit("30.4") == pytest.approx(0.05)
    assert half_unit("630") == 0.5


def test_the_published_figures_keep_their_printed_decimals() -> None:
    assert published_text()["female_high_rate_persistent"] == "0.00"
    assert figures()["key"].is_unique
    assert len(figures()) == 78


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ({"no_such_row": 1.0}, "unknown key, number 1 of 1; the keys are"),
        (
            {"male_share": 0.5, "share_low_rates": 1.0},
            "number 2 of 2, nearest known 'share_low_rate'",
        ),
        ({1: 1.0}, "unknown key"),
        ([1], "targets must be a dict"),
        ([], "targets must be a dict"),
        ({"onset_age_late_peak": "19"}, "onset_age_late_peak is text; give a finite number"),
        ({"onset_age_late_peak": [19]}, "onset_age_late_peak is of the kind list"),
        ({"effect_job_traffickers": "0.3"}, "effect_job_traffickers is text; give log-odds"),
        ({"share_low_rate": 1.4}, "share_low_rate is 1.4"),
        ({"share_low_rate": "many"}, "share_low_rate is text"),
        ({"share_low_rate": float("nan")}, "share_low_rate is nan"),
        ({"share_low_rate": True}, "share_low_rate is True"),
        ({"onset_age_late_peak": 3.0}, "onset_age_late_peak is 3"),
        ({"prior_cases_mean": -1}, "prior_cases_mean is -1"),
        ({"n_traffickers": 0}, "n_traffickers is 0"),
        ({"n_traffickers": 10.5}, "n_traffickers is 10.5"),
        ({"effect_job_traffickers": "harmful"}, "give log-odds or one of: protective"),
        ({"effect_job_traffickers": 50}, "effect_job_traffickers is 50"),
        ({"observation_end": "2010-01-01"}, "observation_end is 2010-01-01"),
        ({"observation_end": 2021}, "observation_end is 2021"),
        ({"observation_end": "yesterday"}, "observation_end is text"),
    ],
)
def test_a_target_that_cannot_be_is_refused_by_name(target: dict[str, object], words: str) -> None:
    with pytest.raises(TargetError) as caught:
        read_targets(target)  # type: ignore[arg-type]
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_directions_may_be_words_or_log_odds() -> None:
    targets = read_targets({"effect_job_traffickers": "none", "effect_partner_traffickers": 0.7})
    assert targets.values["effect_job_traffickers"] == 0.0
    assert targets.values["effect_partner_traffickers"] == 0.7
    assert targets.values["effect_job_general_offenders"] == DIRECTIONS["protective"]


def test_shares_left_open_are_rescaled_to_fill_up_to_one() -> None:
    assert reconcile_shares(read_targets(None)) == PUBLISHED
    shares = reconcile_shares(read_targets({"share_low_rate": 0.68}))
    # 0.32 is left for 0.28 + 0.21 + 0.15 = 0.64: each is halved.
    assert shares == pytest.approx(
        dict(zip(GROUPS, (0.68, 0.14, 0.105, 0.075), strict=True)), abs=1e-12
    )


def test_shares_that_fill_one_leave_the_other_groups_out() -> None:
    shares = reconcile_shares(read_targets({"share_low_rate": 0.6, "share_early_peak": 0.4}))
    assert list(shares.values()) == [0.6, 0.4, 0.0, 0.0]


def test_shares_that_do_not_add_up_are_named_with_their_sum() -> None:
    with pytest.raises(TargetError, match=r"add up to 1\.2, not 1: share_low_rate = 0\.3"):
        reconcile_shares(read_targets({f"share_{g}": 0.3 for g in GROUPS}))


def test_a_row_about_an_absent_group_is_refused() -> None:
    asked = {"share_high_rate_persistent": 0.0, "prior_cases_high_rate_persistent": 20.0}
    with pytest.raises(TargetError, match="prior_cases_high_rate_persistent = 20 is about a group"):
        reconcile_shares(read_targets(asked))


def test_published_attributes_agree_within_their_rounding() -> None:
    values = reconcile_attributes(read_targets(None), PUBLISHED)
    printed = published_text()
    for name in ("female", "criminal_environment"):
        for group in GROUPS:
            key = f"{name}_{group}"
            assert abs(values[name][group] - float(printed[key])) <= tolerance(key, printed[key])
    male = 1 - sum(PUBLISHED[g] * values["female"][g] for g in GROUPS)
    assert abs(male - 0.88) < 0.005 + 1e-5
    assert min(min(by.values()) for by in values.values()) >= 0.0
    assert max(max(by.values()) for by in values.values()) <= 1.0


def test_a_requested_overall_row_moves_the_groups_and_is_met() -> None:
    values = reconcile_attributes(read_targets({"male_share": 0.6}), PUBLISHED)
    female = sum(PUBLISHED[g] * values["female"][g] for g in GROUPS)
    assert female == pytest.approx(0.4, abs=1e-6)


def test_an_overall_row_gives_way_to_requested_group_rows() -> None:
    values = reconcile_attributes(read_targets({"female_low_rate": 0.9}), PUBLISHED)
    assert values["female"]["low_rate"] == pytest.approx(0.9, abs=1e-6)
    assert values["female"]["early_peak"] == pytest.approx(0.11, abs=1e-3)


def test_only_the_requests_in_conflict_are_named() -> None:
    asked = {
        "criminal_parent_high_rate_persistent": 0.9,
        "criminal_environment_high_rate_persistent": 0.5,
        "female_low_rate": 0.3,
    }
    with pytest.raises(TargetError) as caught:
        reconcile_attributes(read_targets(asked), PUBLISHED)
    message = str(caught.value)
    assert "criminal_parent_high_rate_persistent = 0.9" in message
    assert "criminal_environment_high_rate_persistent = 0.5" in message
    assert "female" not in message


def test_requests_in_conflict_only_through_the_shares_name_the_shares() -> None:
    asked = {"female_low_rate": 0.9, "male_share": 0.88, "share_low_rate": 0.5}
    shares = reconcile_shares(read_targets(asked))
    with pytest.raises(TargetError, match=r"male_share = 0\.88, share_low_rate = 0\.5"):
        reconcile_attributes(read_targets(asked), shares)


def test_a_joint_table_of_independent_relatives_is_the_product() -> None:
    table = joint_table([0.5, 0.2, 0.1], 1 - 0.5 * 0.8 * 0.9)
    assert table[0, 0, 0] == pytest.approx(0.36)
    assert table[1, 0, 1] == pytest.approx(0.5 * 0.8 * 0.1)


@pytest.mark.parametrize("union", [0.6, 0.75, 0.95, 1.0])
def test_a_joint_table_has_the_margins_and_the_union_asked_for(union: float) -> None:
    margins = [0.3, 0.5, 0.4]
    table = joint_table(margins, union)
    assert table.min() >= 0.0
    assert table[0, 0, 0] == pytest.approx(1 - union, abs=1e-8)
    for axis, p in enumerate(margins):
        assert np.take(table, 1, axis).sum() == pytest.approx(p, abs=1e-6)
