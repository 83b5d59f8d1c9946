"""Time at risk of a few persons, each day counted with a calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trajectories.errors import InputError
from trajectories.panel import Register, time_at_risk


def dates(values):
    return pd.to_datetime(pd.Series(list(values), dtype="object"), format="%Y-%m-%d")


def register(persons, spells=(), reference_date="2021-07-02"):
    person, birth, death, emigration = zip(*persons, strict=True)
    held, start, stop = zip(*spells, strict=True) if spells else ((), (), ())
    return Register(
        persons=pd.DataFrame(
            {
                "person": person,
                "birth_date": dates(birth),
                "death_date": dates(death),
                "emigration_date": dates(emigration),
            }
        ),
        offences=pd.DataFrame(
            {"person": [], "offence_date": pd.to_datetime([]), "offence_type": []}
        ),
        spells=pd.DataFrame(
            {
                "person": list(held),
                "spell_type": "detention",
                "start_date": dates(start),
                "end_date": dates(stop),
            }
        ),
        relations=pd.DataFrame({"person": [], "relative": [], "relation": []}),
        reference_date=reference_date,
    )


def day(text):
    return np.datetime64(text, "D")


def rows_of(risk):
    table = risk.frame()
    return [
        (person, str(start.date()), str(stop.date()))
        for person, start, stop in table.itertuples(index=False)
    ]


def test_follow_up_ends_with_the_day_of_death_emigration_or_reference():
    risk = time_at_risk(
        register(
            [
                ("a", "2000-01-01", "2000-01-10", None),
                ("b", "2000-01-01", None, "2000-01-10"),
                ("c", "2021-07-01", None, None),
                ("d", "2000-01-01", "2000-01-10", "2000-01-10"),
                ("e", "2000-01-01", "2021-07-02", None),
                ("f", "2000-01-01", "2021-07-03", None),
            ]
        )
    )
    assert risk.days().tolist() == [10, 10, 2, 10, 7854, 7854]
    assert list(risk.reason) == [
        "death",
        "emigration",
        "reference_date",
        "death",
        "death",
        "reference_date",
    ]
    assert risk.end[2] == day("2021-07-03")
    assert risk.years()["a"] == 10 / 365.25


def test_detention_is_cut_out_once_and_runs_over_a_birthday_and_a_leap_day():
    risk = time_at_risk(
        register(
            [("a", "2000-02-29", None, None)],
            [
                ("a", "2016-02-20", "2016-03-05"),  # 14 days: 9 of February, 29 among them, 5
                ("a", "2016-03-01", "2016-03-11"),  # six more
                ("a", "2016-03-11", "2016-03-12"),  # adjoins
                ("a", "2017-01-01", "2017-01-01"),  # no day
            ],
        ),
        start=16,
    )
    # 16 is reached on 2016-02-29, in detention
    assert risk.begin[0] == day("2016-02-29")
    assert rows_of(risk) == [("a", "2016-03-12", "2021-07-03")]
    whole = time_at_risk(
        register([("a", "2000-02-29", None, None)], [("a", "2016-02-20", "2016-03-05")])
    )
    assert rows_of(whole) == [("a", "2000-02-29", "2016-02-20"), ("a", "2016-03-05", "2021-07-03")]
    held = whole.held()
    assert (held.stop - held.start).tolist() == [14]


def test_an_open_spell_lasts_to_the_end_and_kept_detention_takes_nothing_off():
    reg = register([("a", "2000-01-01", None, None)], [("a", "2000-01-11", None)])
    assert time_at_risk(reg).days().tolist() == [10]
    assert time_at_risk(reg, detention="kept").days().tolist() == [7854]
    assert time_at_risk(reg, until="2000-01-05").days().tolist() == [5]


def test_days_between_and_the_clock_count_free_days_only():
    risk = time_at_risk(
        register(
            [("x", "1990-01-01", None, None), ("a", "2000-01-01", None, None)],
            [("a", "2010-01-11", "2010-01-21"), ("a", "2010-02-01", "2010-02-02")],
        ),
        persons=["a"],
        start=10,
    )
    row = np.full(5, 1)
    first = ["2010-01-01", "2010-01-05", "2010-01-15", "2009-01-01", "2010-01-31"]
    last = ["2010-01-11", "2010-01-25", "2010-01-18", "2010-01-03", "2010-02-03"]
    assert risk.days_between(row, first, last).tolist() == [10, 10, 0, 2, 2]
    assert risk.days_between(row[:1], last[:1], first[:1]).tolist() == [-10]
    assert risk.clock(row[:3], ["2010-01-01", "2010-01-02", "2010-01-21"]).tolist() == [0, 1, 10]
    assert risk.clock([1], [risk.end[1]]).tolist() == risk.days().tolist()
    assert risk.is_observed([1, 1, 0], ["2010-01-15", "2009-12-31", "2010-01-15"]).tolist() == [
        True,
        False,
        False,
    ]


def test_a_start_of_ones_own_chooses_its_persons_and_one_after_the_end_gives_no_time():
    reg = register(
        [
            ("a", "1990-01-01", None, None),
            ("b", "1990-01-01", "2015-01-01", None),
            ("c", "1990-01-01", None, None),
        ]
    )
    index = pd.Series(pd.to_datetime(["2021-07-01", "2015-06-01"]), index=["c", "b"])
    risk = time_at_risk(reg, start=index)
    assert risk.years().index.tolist() == ["c", "b"]
    assert risk.days().tolist() == [2, 0]
    table = risk.follow_up()
    assert table["reason"].tolist() == ["reference_date", "death"]
    assert table["days"].tolist() == [2, 0]
    assert time_at_risk(reg, persons=["b"], start=index).days().tolist() == [0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": 12.5}, "start= must be None"),
        ({"start": -1}, "below 0"),
        ({"start": pd.Series(["2010"], index=["zx9"])}, "start= holds no dates"),
        ({"start": pd.Series([pd.NaT], index=["zx9"], dtype="datetime64[s]")}, "lacks 1 date"),
        (
            {"start": pd.Series(pd.to_datetime(["1980-01-01"]), index=["zx9"])},
            "1 date before the person's birth",
        ),
        (
            {"persons": "all", "start": pd.Series(pd.to_datetime(["2010-01-01"]), index=["q"])},
            "lacks 1 date of a person",
        ),
        ({"detention": "ignored"}, "removed"),
        ({"until": "2030-01-01"}, "after the register's reference date"),
    ],
)
def test_what_cannot_be_is_refused_without_naming_anybody(arguments, message):
    reg = register([("zx9", "1990-01-01", None, None)])
    with pytest.raises(InputError, match=message) as error:
        time_at_risk(reg, **arguments)
    assert "zx9" not in str(error.value)
    assert "1980" not in str(error.value)


def test_dates_outside_follow_up_and_persons_not_asked_for_are_refused():
    reg = register([("zx9", "1990-01-01", None, None), ("zx8", "1990-01-01", None, None)])
    risk = time_at_risk(reg, persons=["zx9"], start=20)
    with pytest.raises(InputError, match=r"clock: 2 dates missing or outside .* \(rows 0, 1"):
        risk.clock([0, 0], ["2009-12-31", "NaT"])
    with pytest.raises(InputError, match="1 row of persons without a known time at risk"):
        risk.days_between([1], ["2011-01-01"], ["2012-01-01"])
    with pytest.raises(InputError, match="1 date missing"):
        risk.days_between([0], ["NaT"], ["2012-01-01"])
    assert repr(risk) == "<TimeAtRisk: 1 person, 11.5 years in 1 interval>"
