"""The generic blocks that synthetic registers are built of do what they say."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectories.errors import InputError, TargetError
from trajectories.rapporteur.levels import solve_level, solve_scale
from trajectories.simulate import panel_from_groups
from trajectories.simulate.calendar import age_in_years, birthdays
from trajectories.simulate.identifiers import scramble, scrambling_key
from trajectories.simulate.intervals import Intervals, runs, subtract

DAY = np.datetime64("2000-01-01", "D")
spans = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40), st.integers(1, 12)), max_size=8)


def intervals(rows: list[tuple[int, int, int]]) -> Intervals:
    person, start, length = np.array(sorted(rows), np.int64).reshape(-1, 3).T
    return Intervals(person, DAY + start, DAY + start + length)


def apart(rows: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Keep intervals that start after the person's last kept one has ended."""
    kept: list[tuple[int, int, int]] = []
    for person, start, length in sorted(rows):
        if not kept or kept[-1][0] != person or sum(kept[-1][1:]) <= start:
            kept.append((person, start, length))
    return kept


def covered(x: Intervals) -> set[tuple[int, int]]:
    return {
        (int(who), day)
        for who, start, end in zip(x.person, x.start, x.end, strict=True)
        for day in range((start - DAY).astype(int), (end - DAY).astype(int))
    }


@given(whole=spans, holes=spans)
def test_cutting_out_leaves_exactly_the_other_days(
    whole: list[tuple[int, int, int]], holes: list[tuple[int, int, int]]
) -> None:
    one, other = intervals(apart(whole)), intervals(apart(holes))
    rest = subtract(one, other)
    assert covered(rest) == covered(one) - covered(other)
    assert len(covered(rest)) == int((rest.end - rest.start).astype(int).sum())


@given(rows=st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=4))
def test_runs_cover_exactly_the_true_cells(rows: list[list[bool]]) -> None:
    state = np.array(rows)
    again = np.zeros_like(state)
    for row, first, stop in zip(*runs(state), strict=True):
        assert not again[row, max(first - 1, 0) : stop].any()
        again[row, first:stop] = True
    assert (again == state).all()


@given(birth=st.dates(dt.date(1930, 1, 1), dt.date(2005, 12, 31)), age=st.integers(0, 90))
def test_a_birthday_is_the_first_day_of_that_age(birth: dt.date, age: int) -> None:
    born = np.array([birth], dtype="datetime64[D]")
    day = birthdays(born, age)
    assert age_in_years(born, day)[0] == age
    assert age_in_years(born, day - np.timedelta64(1, "D"))[0] == age - 1
    if (birth.month, birth.day) != (2, 29):
        assert day[0] == np.datetime64(birth.replace(year=birth.year + age), "D")


@given(seed=st.integers(0, 2**32))
def test_scrambled_identifiers_are_unique_over_parts_and_have_eleven_digits(seed: int) -> None:
    key = scrambling_key(np.random.default_rng(seed))
    ids = np.concatenate([scramble(np.arange(2_000), part, key) for part in range(6)])
    assert len(np.unique(ids)) == len(ids)
    assert ids.min() >= 10**10
    assert ids.max() < 10**11


def test_a_level_plants_the_share_on_average_over_ages_and_personal_effects() -> None:
    rng = np.random.default_rng(1)
    offset = np.array([-np.inf, -0.5, 0.0, 1.0])
    weight = np.array([0.1, 0.2, 0.3, 0.4])
    level = solve_level("job", 0.7, offset, weight, 1.5)
    logit = level + offset + 1.5 * rng.standard_normal((200_000, 4))
    chance = (1 / (1 + np.exp(-logit))).mean(axis=0)
    assert chance @ weight == pytest.approx(0.7, abs=0.003)


def test_a_share_beyond_what_ages_allow_is_refused() -> None:
    offset, weight = np.array([-np.inf, 0.0]), np.array([0.4, 0.6])
    with pytest.raises(TargetError, match=r"job, late_peak: .* of 0\.9 .* only 0\.6 are old"):
        solve_level("job, late_peak", 0.9, offset, weight, 1.0)
    with pytest.raises(TargetError, match=r"child: .* of 0\.8 .* only 0\.5 are old"):
        solve_scale("child", 0.2, np.array([0.0, 1.0]), np.array([0.5, 0.5]), 1.5)


def test_a_scale_plants_the_share_with_an_event() -> None:
    hazard, weight = np.linspace(0.0, 2.0, 50), np.full(50, 0.02)
    scale = solve_scale("child", 0.6, hazard, weight, 1.5)
    assert (1 + scale * hazard / 1.5) ** -1.5 @ weight == pytest.approx(0.6)


def test_a_panel_from_groups_has_the_planted_shares_and_means() -> None:
    curves = np.array([[0.5, 1.0, 0.2], [2.0, 3.0, 4.0]])
    drawn = panel_from_groups([0.3, 0.7], curves, 20_000, [12, 13, 14], exposure=0.5, inflation=0.2)
    share = (drawn.groups == 1).mean()
    assert abs(share - 0.3) < 4 * np.sqrt(0.21 / 20_000)
    for k in (1, 2):
        counts = drawn.panel.outcomes[drawn.groups == k]
        error = counts.std(axis=0) / np.sqrt(len(counts))
        assert (abs(counts.mean(axis=0) - 0.4 * curves[k - 1]) < 4 * error).all()


def test_a_panel_from_groups_is_the_same_for_the_same_seed_and_prints_no_unit() -> None:
    one, two = (panel_from_groups([1.0], [[1.0, 2.0]], 9, [1, 2], rng=4) for _ in range(2))
    assert (one.panel.outcomes == two.panel.outcomes).all()
    assert repr(one) == "SimulatedPanel(9 units, 2 ages, 1 groups)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shares": [0.4, 0.4]}, "sum to 1"),
        ({"curves": [[1.0, 1.0]]}, "shape"),
        ({"curves": [[1.0, -1.0], [1.0, 1.0]]}, "0 or more"),
        ({"inflation": 1.5}, "inflation"),
    ],
)
def test_a_wrong_model_for_a_panel_is_refused(arguments: dict[str, object], message: str) -> None:
    model = {"shares": [0.5, 0.5], "curves": [[1.0, 1.0], [2.0, 2.0]], "n": 5, "ages": [1, 2]}
    with pytest.raises(InputError, match=message):
        panel_from_groups(**{**model, **arguments})
