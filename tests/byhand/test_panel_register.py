"""A register of a few persons, each cell worked out with a calendar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import trajectories as tr
from trajectories.errors import InputError


def dates(values):
    return pd.to_datetime(pd.Series(values), format="%Y-%m-%d")


def register(persons, offences=(), spells=(), reference_date="2021-07-02"):
    person, birth, death, emigration, *more = zip(*persons, strict=True)
    table = pd.DataFrame(
        {
            "person": person,
            "birth_date": dates(birth),
            "death_date": dates(death),
            "emigration_date": dates(emigration),
        }
    )
    if more:
        table["population"] = list(more[0])
    who, day, kind = zip(*offences, strict=True) if offences else ((), (), ())
    held, spell, start, stop = zip(*spells, strict=True) if spells else ((), (), (), ())
    return tr.Register(
        persons=table,
        offences=pd.DataFrame({"person": who, "offence_date": dates(day), "offence_type": kind}),
        spells=pd.DataFrame(
            {
                "person": held,
                "spell_type": spell,
                "start_date": dates(start),
                "end_date": dates(stop),
            }
        ),
        relations=pd.DataFrame({"person": [], "relative": [], "relation": []}),
        reference_date=reference_date,
    )


def test_age_runs_from_birthday_to_the_day_before_the_next():
    reg = register(
        [(1, "2000-05-10", None, None)],
        [
            (1, day, "other")
            for day in (
                "2012-05-09",
                "2012-05-10",
                "2013-05-09",
                "2013-05-10",
                "2014-05-09",
                "2014-05-10",
            )
        ],
    )
    panel = tr.Panel.from_register(reg, ages=[12, 13])
    assert panel.outcomes.tolist() == [[2, 2]]
    assert panel.exposure.tolist() == [[1, 1]]
    assert panel.observed is None


def test_born_on_29_february_has_a_birthday_on_1_march_of_other_years():
    reg = register(
        [(1, "2000-02-29", None, None)],
        [
            (1, "2013-02-28", "other"),
            (1, "2013-03-01", "other"),
            (1, "2016-02-28", "other"),
            (1, "2016-02-29", "other"),
        ],
    )
    panel = tr.Panel.from_register(reg, ages=[12, 13, 14, 15, 16])
    assert panel.outcomes.tolist() == [[1, 1, 0, 1, 1]]


@pytest.mark.parametrize("column", [2, 3])
def test_death_and_emigration_end_follow_up_that_day_included(column):
    person = [1, "2000-05-10", None, None]
    person[column] = "2013-05-19"  # ten days into age 13
    panel = tr.Panel.from_register(
        register([person, (2, "1990-01-01", None, None)], [(1, "2013-05-19", "other")]),
        ages=[12, 13, 14],
    )
    assert panel.observed[0].tolist() == [True, True, False]
    assert panel.exposure[0].tolist() == [1, 10 / 365, 0]
    assert panel.outcomes[0].tolist() == [0, 1, 0]


def test_the_reference_date_ends_follow_up_and_until_ends_it_earlier():
    reg = register(
        [(1, "2000-01-01", None, None), (2, "1990-01-01", None, None)],
        [(1, "2013-02-01", "other"), (1, "2012-02-01", "other")],
        reference_date="2013-02-10",
    )
    panel = tr.Panel.from_register(reg, ages=[12, 13])
    assert panel.exposure.tolist() == [[1, 41 / 365], [1, 1]]
    assert panel.outcomes[0].tolist() == [1, 1]
    earlier = tr.Panel.from_register(reg, ages=[12, 13], until="2013-01-10")
    assert earlier.exposure[0].tolist() == [1, 10 / 365]
    assert earlier.outcomes[0].tolist() == [1, 0]


def test_overlapping_detention_is_taken_off_once_and_a_year_without_a_free_day_is_missing():
    reg = register(
        [(1, "2000-01-01", None, None), (2, "1990-01-01", None, None)],
        spells=[
            (1, "detention", "2012-01-11", "2012-01-21"),  # ten days
            (1, "detention", "2012-01-16", "2012-01-26"),  # five more
            (1, "detention", "2012-01-12", "2012-01-13"),  # within the first
            (1, "job", "2012-01-01", "2012-12-31"),  # no detention
            (1, "detention", "2013-12-31", "2015-01-02"),  # all of 14
        ],
    )
    panel = tr.Panel.from_register(reg, ages=[12, 13, 14, 15])
    np.testing.assert_allclose(panel.exposure[0], [351 / 366, 364 / 365, 0, 364 / 365], rtol=1e-15)
    assert panel.observed[0].tolist() == [True, True, False, True]


def test_detention_without_an_end_lasts_to_the_end_of_follow_up():
    reg = register(
        [(1, "2000-01-01", None, None)],
        spells=[(1, "detention", "2013-01-11", None)],
        reference_date="2013-06-30",
    )
    panel = tr.Panel.from_register(reg, ages=[12, 13])
    assert panel.exposure.tolist() == [[1, 10 / 365]]


def test_events_can_be_a_type_some_types_or_marked_offences():
    reg = register(
        [(1, "2000-01-01", None, None)],
        [(1, "2012-02-01", kind) for kind in ("violent", "violent", "drugs", "traffic")],
    )

    def total(event):
        return tr.Panel.from_register(reg, ages=[12], event=event).outcomes.sum()

    assert [total("any"), total("violent"), total(["violent", "drugs"])] == [4, 2, 3]
    assert total(reg.offences["offence_type"] != "traffic") == 3
    assert total((reg.offences["offence_type"] == "drugs")[::-1]) == 1


def test_persons_can_be_a_population_ids_or_marked_rows():
    reg = register(
        [
            (1, "2000-01-01", None, None, "a"),
            (2, "2000-01-01", None, None, "b"),
            (3, "2000-01-01", None, None, "a"),
        ],
        [(3, "2012-02-01", "drugs")],
    )

    def units(persons):
        return tr.Panel.from_register(reg, ages=[12], persons=persons).units.tolist()

    assert units(None) == [1, 2, 3]
    assert units("a") == [1, 3]
    assert units([3, 2]) == [3, 2]
    assert units(reg.persons["person"] > 1) == [2, 3]
    assert tr.Panel.from_register(reg, ages=[12], persons=[3, 2]).outcomes.tolist() == [[1], [0]]


def test_without_a_choice_the_population_studied_is_taken():
    people = [(1, "2000-01-01", None, None, "a"), (2, "2000-01-01", None, None, "b")]
    study = replace(register(people), study="b")
    assert tr.Panel.from_register(study, ages=[12]).units.tolist() == [2]
    assert tr.Panel.from_register(study, ages=[12], persons="a").units.tolist() == [1]
    assert tr.Panel.from_register(study, ages=[12], persons="all").units.tolist() == [1, 2]
    assert "a study of b" in repr(study)
    with pytest.raises(InputError, match=r"register.study is no population.* 'a', 'b'"):
        tr.Panel.from_register(replace(study, study="c"), ages=[12])


def test_a_person_never_observed_is_left_out_and_counted_or_refused_on_request():
    reg = register([(1, "2000-01-01", None, None), (2, "2015-01-01", None, None)])
    with pytest.raises(tr.errors.InputError, match="1 person of 2 never observed"):
        tr.Panel.from_register(reg, ages=[12], drop_unobserved=False)
    panel = tr.Panel.from_register(reg, ages=[12])
    assert panel.units.tolist() == [1]
    assert panel.n_left_out == 1
    assert "1 person left out" in repr(panel)
    audit = panel.audit().set_index("check")
    assert audit.loc["persons of the register left out", "units"] == 1


def test_a_sound_register_passes_its_check_and_each_fault_is_counted():
    sound = register(
        [(1, "2000-01-01", None, None)],
        [(1, "2012-01-01", "drugs")],
        [(1, "job", "2018-01-01", None)],
    )
    assert sound.check()["rows"].sum() == 0

    faulty = register(
        [
            (1, "2000-01-01", "1999-01-01", None),
            (2, "2000-01-01", None, None),
            (2, "2000-01-01", None, None),
            (3, None, None, "2022-01-01"),
        ],
        [
            (2, "1999-01-01", "drugs"),
            (2, "2022-01-01", "drugs"),
            (9, "2012-01-01", None),
            (2, None, "drugs"),
        ],
        [(2, "job", "2018-01-01", "2017-01-01"), (8, "job", None, None)],
    )
    table = faulty.check().set_index(["table", "check"])["rows"]
    expected = {
        ("persons", "person in a row given twice"): 1,
        ("persons", "birth_date missing"): 1,
        ("persons", "death_date before birth_date"): 1,
        ("persons", "emigration_date after the reference date"): 1,
        ("offences", "person not among persons"): 1,
        ("offences", "offence_date missing"): 1,
        ("offences", "offence_type missing"): 1,
        ("offences", "offence_date before birth"): 1,
        ("offences", "offence_date after the end of follow-up"): 1,
        ("spells", "person not among persons"): 1,
        ("spells", "start_date missing"): 1,
        ("spells", "end_date before start_date"): 1,
    }
    assert table[table > 0].to_dict() == expected


def test_the_representation_of_a_register_shows_sizes_only():
    assert repr(register([(871, "2000-01-01", None, None)])) == (
        "<Register: 1 person, 0 offences, 0 spells, 0 relations, until 2021-07-02>"
    )
