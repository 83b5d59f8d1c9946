"""Laws of follow-up: the same register, followed in two ways that must agree."""

from __future__ import annotations

import numpy as np
import pytest

import trajectories as tr


@pytest.fixture(scope="module", params=[1, 2024])
def register(request: pytest.FixtureRequest) -> tr.Register:
    return tr.rapporteur.simulate(seed=request.param, n_general_offenders=0, n_non_offenders=0)


def follow(register: tr.Register, **options: object) -> tr.FollowUp:
    return tr.FollowUp.from_register(register, time_unit="days", **options)


def rows(follow_up: tr.FollowUp) -> list[tuple]:
    table = follow_up.frame()[["person", "start", "stop", "event"]]
    return [tuple(row) for row in table.itertuples(index=False)]


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("clock", ["registration", "release", "offence"])
def test_time_free_is_calendar_time_without_detention(
    register: tr.Register, clock: str, repeated: bool
) -> None:
    calendar, free = (
        follow(register, clock=clock, detention="removed", time=time, repeated=repeated)
        for time in ("calendar", "free")
    )
    assert calendar.time_at_risk() == free.time_at_risk()
    assert calendar.events()["reoffence"] == free.events()["reoffence"]
    assert free.n_rows <= calendar.n_rows


def test_without_detention_all_clocks_are_one(register: tr.Register) -> None:
    spells = register.spells[register.spells["spell_type"] != "detention"]
    at_large = tr.Register(
        register.persons,
        register.offences,
        spells,
        register.relations,
        register.reference_date,
        study=register.study,
    )
    wanted = rows(follow(at_large))
    for options in (
        {"detention": "removed"},
        {"detention": "removed", "time": "free"},
        {"clock": "release"},
    ):
        assert rows(follow(at_large, **options)) == wanted


def test_the_first_of_repeated_events_is_the_first_event(register: tr.Register) -> None:
    for options in ({}, {"detention": "removed"}):
        repeated = follow(register, repeated=True, **options)
        assert repeated.repeated
        assert rows(repeated.first_events()) == rows(follow(register, **options))


def test_special_is_specific_where_the_index_is_of_the_specific_type(
    register: tr.Register,
) -> None:
    assert rows(follow(register, event="special")) == rows(follow(register, event="specific"))


def test_narrower_events_come_no_sooner(register: tr.Register) -> None:
    widest = follow(register, event="any")
    for event in ("serious", "very_serious", "specific", "property"):
        narrow = follow(register, event=event)
        assert narrow.persons.tolist() == widest.persons.tolist()
        assert (narrow.stop >= widest.stop).all()
        assert narrow.events()["reoffence"] <= widest.events()["reoffence"]


def test_nobody_is_followed_beyond_the_potential_time(register: tr.Register) -> None:
    follow_up = follow(register, repeated=True)
    assert follow_up.potential is not None
    assert (follow_up.stop <= follow_up.potential[follow_up.person]).all()


def test_order_of_the_tables_changes_nothing(register: tr.Register) -> None:
    mixed = tr.Register(
        register.persons.sample(frac=1.0, random_state=1),
        register.offences.sample(frac=1.0, random_state=2),
        register.spells.sample(frac=1.0, random_state=3),
        register.relations,
        register.reference_date,
        study=register.study,
    )
    options = {"repeated": True, "detention": "removed", "covariates": ["sex", "prior_cases"]}
    one, other = (follow(table, **options).frame() for table in (register, mixed))
    order = ["person", "start"]
    one, other = (table.sort_values(order, ignore_index=True) for table in (one, other))
    assert one.equals(other)


def test_gap_times_start_anew_after_each_event(register: tr.Register) -> None:
    repeated = follow(register, repeated=True)
    gaps = repeated.gap_times()
    assert gaps.stratum is not None
    first = np.append(True, (np.diff(gaps.person) != 0) | (np.diff(gaps.stratum) != 0))
    assert (gaps.start[first] == 0).all()
    assert gaps.time_at_risk() == pytest.approx(repeated.time_at_risk())
    assert gaps.events().tolist() == repeated.events().tolist()
