"""The typology against curves whose level, peak and decline are worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectories.errors import InputError
from trajectories.groups.typology import TypologyRules, measure_curve, typology
from trajectories.groups.typology_labels import distinct_labels

AGES = np.arange(12.0, 41.0)


def triangle(peak_age: float, peak_rate: float, rise: float, fall: float) -> np.ndarray:
    """Rates that rise from 0 in ``rise`` years to the peak and fall to 0 in ``fall`` years."""
    up = 1.0 - (peak_age - AGES) / rise
    down = 1.0 - (AGES - peak_age) / fall
    return peak_rate * np.clip(np.minimum(up, down), 0.0, None)


CURVES = {
    "low": triangle(22.0, 0.3, 15.0, 40.0),
    "early": triangle(17.0, 2.0, 6.0, 12.0),
    "late": triangle(28.0, 1.5, 10.0, 14.0),
    "persistent": triangle(24.0, 3.0, 16.0, 24.0),
    "rising": 0.2 + 0.05 * (AGES - 12.0),
    "between": triangle(22.0, 1.5, 8.0, 8.0),
}
NAMES = {
    "low": "low_rate",
    "early": "early_peak",
    "late": "late_peak",
    "persistent": "high_rate_persistent",
    "rising": None,
    "between": None,
}


def tidy(*curves: np.ndarray, ages: np.ndarray = AGES) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame({"group": k, "age": ages, "mean": curve})
        for k, curve in enumerate(curves, start=1)
    )


def named(curve: np.ndarray, ages: np.ndarray = AGES, **kwargs: object) -> pd.Series:
    return typology(tidy(curve, ages=ages), **kwargs).loc[1]  # type: ignore[arg-type]


def test_the_numbers_of_a_triangle_are_those_worked_out_by_hand() -> None:
    # peak 2 at 17; half of it at 14 (6 years of rise) and at 23 (12 years of fall); zero at 29
    numbers = measure_curve(AGES, CURVES["early"])
    # rates at 12..17: 2/6 * (1..6) = 7 in all; at 18..28: 2/12 * (11..1) = 11 in all; 29 ages
    assert numbers.level == pytest.approx(18.0 / 29.0)
    assert (numbers.peak_age, numbers.peak_rate) == (17.0, 2.0)
    assert numbers.years_above_half == pytest.approx(9.0)
    assert numbers.decline == pytest.approx(10.0 / 12.0)  # ten of twelve years down
    assert numbers.years_followed == 10.0


def test_the_half_peak_stretch_is_interpolated_between_uneven_ages() -> None:
    # half of the peak 4 is 2: reached at 10 + (2-1)/(4-1)*10 and left at 20 + (4-2)/(4-0)*4
    numbers = measure_curve(np.array([10.0, 20.0, 24.0]), np.array([1.0, 4.0, 0.0]))
    assert numbers.years_above_half == pytest.approx((20.0 - 10.0 - 10.0 / 3.0) + 2.0)


@pytest.mark.parametrize("kind", CURVES)
def test_each_shape_gets_its_name_or_none(kind: str) -> None:
    row = named(CURVES[kind])
    assert row["name"] == NAMES[kind]
    assert row["reason"]


def test_none_stays_none_and_does_not_become_nan() -> None:
    assert typology(tidy(CURVES["rising"], CURVES["low"])).loc[1, "name"] is None


def test_a_curve_still_rising_at_the_end_has_no_peak_and_the_reason_says_so() -> None:
    row = named(CURVES["rising"])
    assert math.isnan(row["decline"])
    assert "last age observed" in row["reason"]


def test_a_high_curve_still_rising_at_the_end_is_persistent_and_the_reason_says_so() -> None:
    row = named(1.5 + 0.02 * (AGES - 12.0))
    assert row["name"] == "high_rate_persistent"
    assert "still at its highest" in row["reason"]


def test_a_fall_from_the_first_age_on_is_early_but_never_late() -> None:
    falling = 1.8 * np.exp(-(AGES - 12.0) / 8.0)
    assert named(falling)["name"] == "early_peak"
    row = named(falling, ages=AGES + 15.0)
    assert row["name"] is None
    assert "first age observed" in row["reason"]


def test_a_decline_that_is_regained_is_no_decline() -> None:
    u_shape = 0.4 + 1.2 * ((AGES - 26.0) / 14.0) ** 2
    u_shape[0] += 0.1
    row = named(u_shape)
    assert row["peak_age"] == 12.0
    assert row["decline"] == pytest.approx(1.0 - 1.6 / 1.7)
    assert row["name"] is None


def test_a_flat_curve_is_low_persistent_or_nothing() -> None:
    assert named(np.full(29, 0.1))["name"] == "low_rate"
    assert named(np.full(29, 1.2))["name"] == "high_rate_persistent"
    row = named(np.full(29, 0.6))
    assert row["name"] is None
    assert (row["peak_age"], row["decline"]) == (12.0, 0.0)


def test_a_curve_of_zeros_is_low_rate() -> None:
    row = named(np.zeros(29))
    assert (row["name"], row["peak_rate"], row["decline"]) == ("low_rate", 0.0, 0.0)


def test_a_short_panel_cannot_show_persistence() -> None:
    ages = np.arange(14.0, 20.0)
    row = named(np.array([2.0, 2.1, 2.2, 2.1, 2.0, 1.9]), ages=ages)
    assert row["name"] is None
    assert "5.0 years" in row["reason"]


@pytest.mark.parametrize("n_groups", range(1, 7))
def test_any_number_of_groups_is_named_one_by_one(n_groups: int) -> None:
    kinds = list(CURVES)[:n_groups]
    table = typology(tidy(*(CURVES[kind] for kind in kinds)))
    assert list(table.index) == list(range(1, n_groups + 1))
    assert list(table["name"]) == [NAMES[kind] for kind in kinds]


def test_two_groups_may_carry_the_same_name_and_none_is_forced() -> None:
    table = typology(tidy(*[CURVES["late"]] * 2, *[CURVES["rising"]] * 2))
    assert list(table["name"]) == ["late_peak", "late_peak", None, None]


@given(st.permutations(list(CURVES)), st.randoms(use_true_random=False))
def test_order_of_groups_and_of_rows_changes_no_name(order: list[str], random: object) -> None:
    frame = tidy(*(CURVES[kind] for kind in order))
    frame = frame.sample(frac=1.0, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    table = typology(frame)
    assert {k: table.loc[k, "name"] for k in range(1, 7)} == {
        k: NAMES[kind] for k, kind in enumerate(order, start=1)
    }


def test_a_group_of_next_to_nobody_is_not_named() -> None:
    table = typology(tidy(CURVES["low"], CURVES["early"]), shares={1: 0.999, 2: 0.001})
    assert list(table["name"]) == ["low_rate", None]
    assert "0.1 %" in table.loc[2, "reason"]


def test_scaled_rules_name_scaled_curves_alike() -> None:
    monthly = tidy(*(CURVES[kind] / 12.0 for kind in CURVES))
    assert list(typology(monthly, rules=TypologyRules().scaled(1 / 12))["name"]) == list(
        NAMES.values()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"low_level": -1.0},
        {"high_level": math.nan},
        {"early_decline": 1.5},
        {"late_decline": 0.0},
        {"early_until": 30.0},
        {"low_level": 0.6},
    ],
)
def test_rules_that_contradict_themselves_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        TypologyRules(**wrong)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"group": [1], "age": [12.0]}), "mean"),
        (tidy(CURVES["low"]).iloc[:0], "no rows"),
        (tidy(-CURVES["early"]), "below 0"),
        (tidy(np.full(29, np.nan)), "not finite"),
        (pd.concat([tidy(CURVES["low"])] * 2), "repeat"),
    ],
)
def test_curves_that_are_no_curves_are_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        typology(frame)


def test_a_group_without_a_share_is_refused() -> None:
    with pytest.raises(InputError, match="no share"):
        typology(tidy(CURVES["low"], CURVES["low"]), shares={1: 1.0})


def two(name: str) -> dict[str, np.ndarray]:
    """Return two curves of one name that differ in level."""
    return {"little": 0.6 * CURVES[name], "much": CURVES[name]}


def labelled(curves: dict[str, np.ndarray]) -> dict[str, str | None]:
    parts = [
        pd.DataFrame({"group": group, "age": AGES, "mean": rates})
        for group, rates in curves.items()
    ]
    return dict(typology(pd.concat(parts))["label"])


def test_groups_of_one_name_are_told_apart_by_level() -> None:
    assert labelled(two("early")) == {"little": "early_peak, lower", "much": "early_peak, higher"}
    three = labelled({"much": 1.5 * CURVES["early"], **two("early"), "low": CURVES["low"]})
    assert labelled({**two("early"), "most": 1.5 * CURVES["early"], "low": CURVES["low"]}) == {
        "little": "early_peak, lower",
        "much": "early_peak, middle",
        "most": "early_peak, higher",
        "low": "low_rate",
    }
    assert three["low"] == "low_rate"


def test_groups_of_one_level_are_told_apart_by_the_age_of_the_peak() -> None:
    curves = {"first": triangle(17.0, 2.0, 6.0, 12.0), "next": triangle(19.0, 2.0, 6.0, 12.0)}
    assert labelled(curves) == {"first": "early_peak, earlier", "next": "early_peak, later"}


def test_equal_curves_carry_the_number_of_their_group() -> None:
    assert labelled({"7": CURVES["late"], "9": CURVES["late"]}) == {
        "7": "late_peak, group 7",
        "9": "late_peak, group 9",
    }


def test_four_groups_of_one_name_say_their_place() -> None:
    levels = {str(scale): scale * CURVES["early"] for scale in (0.8, 0.5, 1.4, 1.1)}
    assert labelled(levels) == {
        "0.5": "early_peak, 1 of 4 by level",
        "0.8": "early_peak, 2 of 4 by level",
        "1.1": "early_peak, 3 of 4 by level",
        "1.4": "early_peak, 4 of 4 by level",
    }


def test_suppressed_numbers_are_not_compared() -> None:
    rows = {"name": ["early_peak"] * 3, "level": [0.5, np.nan, 0.9], "peak_age": [17.0, np.nan, 17]}
    labels = distinct_labels(pd.DataFrame(rows, index=[1, 2, 3]))
    assert list(labels) == ["early_peak, lower", "early_peak, group 2", "early_peak, higher"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["early", "late", "low", "persistent"]), st.floats(0.3, 1.7)),
        min_size=1,
        max_size=7,
    ),
    st.randoms(use_true_random=False),
)
def test_labels_are_all_different_and_follow_the_curves_not_the_numbers(
    shapes: list[tuple[str, float]], random: Any
) -> None:
    curves = {group: scale * CURVES[kind] for group, (kind, scale) in enumerate(shapes, start=1)}
    labels = labelled(curves)  # type: ignore[arg-type]
    given_ones = [label for label in labels.values() if label is not None]
    assert len(set(given_ones)) == len(given_ones)
    order = list(curves)
    random.shuffle(order)
    again = labelled({new: curves[old] for new, old in enumerate(order, start=1)})  # type: ignore[misc]
    for new, old in enumerate(order, start=1):
        before, after = labels[old], again[new]  # type: ignore[index]
        equal = [g for g in curves if np.allclose(curves[g], curves[old], rtol=1e-6)]
        if len(equal) == 1 and "group" not in str(before):
            assert after == before
