"""A register of a few persons followed by hand, day by day."""

from __future__ import annotations

import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError


def day(text: str | None) -> pd.Timestamp:
    return pd.NaT if text is None else pd.Timestamp(text)


PERSONS = [
    # person, death, emigration, sex
    (1, None, None, "male"),  # reoffends, in and after detention
    (2, "2010-04-10", None, "male"),  # dies 99 days after the day the clock starts
    (3, None, "2010-03-01", "female"),  # emigrates
    (4, None, None, "female"),  # no index case
    (5, None, None, "male"),  # detained from registration on, reoffends later, twice in a day
    (6, None, None, "male"),  # never released
]
OFFENCES = [
    # person, offence, registration, type, case
    (1, "2009-12-01", "2010-01-01", "trafficking", 10),
    (1, "2009-12-20", "2010-02-01", "property", 10),  # the index case's own second offence
    (1, "2010-01-01", "2010-01-02", "violent", 11),  # on the day of registration: not after it
    (1, "2010-02-05", "2010-02-07", "property", 12),  # in detention
    (1, "2010-03-02", "2010-03-04", "drugs", 13),
    (1, "2010-06-01", "2010-06-04", "trafficking", 14),
    (2, "2009-11-01", "2010-01-01", "trafficking", 20),
    (3, "2009-11-01", "2010-01-01", "trafficking", 30),
    (4, "2010-01-05", "2010-02-01", "property", 40),
    (5, "2009-11-01", "2010-01-01", "trafficking", 50),
    (5, "2010-07-11", "2010-07-15", "traffic", 51),
    (5, "2010-07-11", "2010-07-15", "traffic", 52),
    (6, "2009-10-01", "2010-01-01", "trafficking", 60),
    (6, "2005-10-01", "2005-11-01", "property", 61),
]
SPELLS = [
    (1, "2010-02-01", "2010-02-11"),  # ten days, 31 days after the clock's first day
    (5, "2010-01-02", "2010-07-01"),  # from the day after registration
    (6, "2010-01-01", None),
]


@pytest.fixture
def register() -> tr.Register:
    persons = pd.DataFrame(PERSONS, columns=["person", "death_date", "emigration_date", "sex"])
    for column in ("death_date", "emigration_date"):
        persons[column] = pd.to_datetime([day(text) for text in persons[column]])
    persons["birth_date"] = pd.Timestamp("1980-01-01")
    names = ["person", "offence_date", "registration_date", "offence_type", "case"]
    offences = pd.DataFrame(OFFENCES, columns=names)
    for column in names[1:3]:
        offences[column] = pd.to_datetime(offences[column])
    spells = pd.DataFrame(SPELLS, columns=["person", "start_date", "end_date"])
    for column in ("start_date", "end_date"):
        spells[column] = pd.to_datetime([day(text) for text in spells[column]])
    return tr.Register(
        persons,
        offences.sample(frac=1.0, random_state=0),
        spells.assign(spell_type="detention"),
        pd.DataFrame({"person": [], "relative": [], "relation": []}),
        day("2010-12-31"),
    )


def rows(register: tr.Register, **options: object) -> list[tuple]:
    follow_up = tr.FollowUp.from_register(register, time_unit="days", **options)
    frame = follow_up.frame()[["person", "start", "stop", "event"]]
    return [tuple(row) for row in frame.itertuples(index=False)]


def test_first_new_case_with_detention_kept(register: tr.Register) -> None:
    # the clock's first day is 2 January: 5 February is the 35th day
    assert rows(register) == [
        (1, 0, 35, "reoffence"),
        (2, 0, 99, "death"),
        (3, 0, 59, "emigration"),
        (5, 0, 191, "reoffence"),
        (6, 0, 364, "censored"),
    ]


def test_detention_removed_takes_days_out_of_the_risk_set(register: tr.Register) -> None:
    assert rows(register, detention="removed") == [
        (1, 0, 30, "censored"),  # 2 to 31 January; gone from 1 to 10 February
        (1, 40, 60, "reoffence"),  # 2 March is the 60th day; the offence inside does not count
        (2, 0, 99, "death"),
        (3, 0, 59, "emigration"),
        (5, 180, 191, "reoffence"),
    ]
    left = tr.FollowUp.from_register(register, detention="removed").left_out.set_index("check")
    assert left.loc["offences in detention, which is removed", "rows"] == 1
    assert left.loc["persons in detention throughout", "persons"] == 1
    assert left.loc["persons without an index case", "persons"] == 1
    assert left.loc["further offences on the same day", "rows"] == 1


def test_time_free_stops_the_clock_in_detention(register: tr.Register) -> None:
    assert rows(register, detention="removed", time="free") == [
        (1, 0, 50, "reoffence"),
        (2, 0, 99, "death"),
        (3, 0, 59, "emigration"),
        (5, 0, 11, "reoffence"),
    ]


def test_clock_from_release(register: tr.Register) -> None:
    found = rows(register, clock="release", detention="removed")
    assert (5, 0, 11, "reoffence") in found
    assert all(row[0] != 6 for row in found), "never released"
    assert found[0] == (1, 0, 30, "censored"), "was free at registration"


def test_clock_from_the_offence(register: tr.Register) -> None:
    # from 2 December on; the other offence of the index case is no new one
    assert rows(register, clock="offence")[0] == (1, 0, 31, "reoffence")


def test_repeated_events(register: tr.Register) -> None:
    found = rows(register, detention="removed", repeated=True)
    assert [row for row in found if row[0] == 1] == [
        (1, 0, 30, "censored"),
        (1, 40, 60, "reoffence"),
        (1, 60, 151, "reoffence"),
        (1, 151, 364, "censored"),
    ]
    assert [row for row in found if row[0] == 5] == [
        (5, 180, 191, "reoffence"),
        (5, 191, 364, "censored"),
    ]


def test_a_case_of_several_offences_is_one_event(register: tr.Register) -> None:
    more = pd.DataFrame({"person": 1, "offence_type": "drugs", "case": [13, 12, 12]})
    more["offence_date"] = pd.to_datetime(["2010-04-01", "2010-02-20", "2010-02-21"])
    more["registration_date"] = more["offence_date"]
    offences = pd.concat([register.offences, more], ignore_index=True)
    tables = (register.persons, offences, register.spells, register.relations)
    with_more = tr.Register(*tables, register.reference_date)
    options = {"detention": "removed", "repeated": True}
    assert [row for row in rows(with_more, **options) if row[0] == 1] == [
        (1, 0, 30, "censored"),
        (1, 40, 50, "reoffence"),  # case 12 began in detention: 20 February is its first day free
        (1, 50, 60, "reoffence"),  # case 13, on 2 March; its offence of 1 April is no other case
        (1, 60, 151, "reoffence"),
        (1, 151, 364, "censored"),
    ]
    left = tr.FollowUp.from_register(with_more, **options).left_out.set_index("check")
    assert left.loc["further offences of a new case", "rows"] == 2


@pytest.mark.parametrize(
    ("event", "stops"),
    [
        ("any", {1: 35, 5: 191}),
        ("general", {1: 35, 5: 191}),
        ("specific", {1: 151}),
        ("special", {1: 151}),
        ("drugs", {1: 60}),
        ("traffic", {5: 191}),
        (lambda offences: offences["statutory_maximum"] >= 10, {1: 151}),
    ],
)
def test_which_events_count(register: tr.Register, event: object, stops: dict) -> None:
    found = rows(register, event=event)
    assert {row[0]: row[2] for row in found if row[3] == "reoffence"} == stops


def test_serious_events_follow_the_classification(register: tr.Register) -> None:
    kinds = tr.OffenceClassification.default().classify(register.offences)
    for event in ("serious", "very_serious"):
        wanted = kinds[kinds[event] & (kinds["registration_date"] > "2010-01-02")]
        found = rows(register, event=event)
        again = {row[0] for row in found if row[3] == "reoffence"}
        assert again == set(wanted["person"]) - {4}


def test_dated_by_registration(register: tr.Register) -> None:
    # the violent case is registered on 2 January, the first day of the clock
    assert rows(register, event_date="registration_date")[0] == (1, 0, 1, "reoffence")


def test_until_and_potential_follow_up(register: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(register, until="2010-04-11", time_unit="days")
    assert follow_up.stop.tolist() == [35, 99, 59, 100, 100]
    assert follow_up.potential is not None
    assert follow_up.potential.tolist() == [100] * 5
    free = tr.FollowUp.from_register(register, detention="removed", time="free")
    assert free.potential is None


def test_covariates_and_strata(register: tr.Register) -> None:
    follow_up = tr.FollowUp.from_register(
        register, covariates=["sex", "age_at_start", "prior_cases", "start_year"], stratum="sex"
    )
    table = follow_up.frame()
    assert table["prior_cases"].tolist() == [0, 0, 0, 0, 1]
    assert table["start_year"].tolist() == [2010] * 5
    assert table["stratum"].tolist() == ["male", "male", "female", "male", "male"]
    assert table["age_at_start"].round(1).tolist() == [30.0] * 5


def test_all_attributes_of_persons_are_covariates_unless_told(register: tr.Register) -> None:
    covariates = tr.FollowUp.from_register(register).covariates
    assert covariates.columns.tolist() == ["sex", "age_at_start", "prior_cases"]
    assert tr.FollowUp.from_register(register, covariates=[]).covariates.empty


def test_an_index_date_of_ones_own(register: tr.Register) -> None:
    index = pd.Series(pd.to_datetime(["2010-01-01"] * 2), index=[4, 1])
    found = rows(register, index=index)
    assert found == [(1, 0, 35, "reoffence"), (4, 0, 4, "reoffence")]
    with pytest.raises(InputError, match="needs index offences"):
        rows(register, index=index, event="special")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clock": "birth"}, "clock= must be one of"),
        ({"time": "free"}, 'time="free" stops the clock in detention'),
        ({"event": "piracy"}, "event='piracy': no such offences"),
        ({"index": "piracy"}, "index='piracy': no such offences"),
        ({"event": lambda offences: [True]}, "event= must return True or False"),
        ({"covariates": ["shoe_size"]}, "covariate 'shoe_size' is no column of persons"),
        ({"stratum": "shoe_size"}, "persons without column 'shoe_size'"),
        ({"event_date": "judgement_date"}, "event_date= must be one of"),
        ({"until": "2030-01-01"}, "lies after the register's reference date"),
        ({"until": "2009-12-31"}, "nobody is at risk"),
        ({"persons": [4]}, "index='trafficking': no such offences"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    register: tr.Register, options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tr.FollowUp.from_register(register, **options)
