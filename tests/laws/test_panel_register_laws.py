"""A panel from a register against a loop over persons and days, written here."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

import trajectories as tr

REFERENCE = date(2016, 3, 1)
AGES = [12, 13, 15]
DAY = timedelta(days=1)


def birthday(birth, age):
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:  # 29 February
        return date(birth.year + age, 3, 1)


def days_between(first, after):
    return {first + n * DAY for n in range((after - first).days)}


def last_day(person):
    return min(day for day in (person["death"], person["emigration"], REFERENCE) if day)


def slow(persons):
    """Return counts, exposure and observed, by looking at every day of every person."""
    shape = (len(persons), len(AGES))
    counts, exposure, observed = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    for i, person in enumerate(persons):
        held = set()
        for start, stop in person["detention"]:
            held |= days_between(start, stop or REFERENCE + DAY)
        for t, age in enumerate(AGES):
            year = days_between(birthday(person["birth"], age), birthday(person["birth"], age + 1))
            free = {day for day in year if day <= last_day(person)} - held
            observed[i, t] = bool(free)
            exposure[i, t] = len(free) / len(year)
            counts[i, t] = sum(day in year for day in person["offences"])
    return counts, exposure, observed


@st.composite
def lives(draw):
    birth = draw(st.dates(date(1999, 12, 1), date(2003, 3, 5)) | st.just(date(2000, 2, 29)))
    later = st.dates(date(2012, 1, 1), date(2018, 1, 1))
    person = {
        "birth": birth,
        "death": draw(st.none() | later),
        "emigration": draw(st.none() | later),
        "detention": [],
    }
    for start in draw(st.lists(st.dates(date(2011, 6, 1), REFERENCE), max_size=5)):
        length = draw(st.none() | st.integers(0, 40) | st.integers(300, 800))
        person["detention"].append((start, None if length is None else start + length * DAY))
    offences = draw(st.lists(st.dates(birth, last_day(person)), max_size=8))
    person["offences"] = []
    _, _, observed = slow([person])
    for day in offences:
        age = next(a for a in range(20) if day < birthday(birth, a + 1))
        if age not in AGES or observed[0, AGES.index(age)]:
            person["offences"].append(day)
    return person


def dates(values):
    return pd.to_datetime(pd.Series(list(values), dtype="object"))


def register(persons, order=None):
    rows = [(i, *spell) for i, p in enumerate(persons) for spell in p["detention"]]
    crimes = [(i, day) for i, p in enumerate(persons) for day in p["offences"]]
    if order is not None:
        order.shuffle(rows)
        order.shuffle(crimes)
    return tr.Register(
        persons=pd.DataFrame(
            {
                "person": np.arange(len(persons)),
                "birth_date": dates(p["birth"] for p in persons),
                "death_date": dates(p["death"] for p in persons),
                "emigration_date": dates(p["emigration"] for p in persons),
            }
        ),
        offences=pd.DataFrame(
            {
                "person": [i for i, _ in crimes],
                "offence_date": dates(day for _, day in crimes),
                "offence_type": "other",
            }
        ),
        spells=pd.DataFrame(
            {
                "person": [row[0] for row in rows],
                "spell_type": "detention",
                "start_date": dates(row[1] for row in rows),
                "end_date": dates(row[2] for row in rows),
            }
        ),
        relations=pd.DataFrame({"person": [], "relative": [], "relation": []}),
        reference_date=REFERENCE,
    )


def panel_of(persons, order=None):
    everybody = [*persons, COMPLETE]
    return tr.Panel.from_register(register(everybody, order), ages=AGES)


# observed at every age, so that no age is without anybody
COMPLETE = {
    "birth": date(1990, 5, 5),
    "death": None,
    "emigration": None,
    "detention": [],
    "offences": [date(2004, 1, 1)],
}


def mask(panel):
    return np.ones(panel.outcomes.shape, bool) if panel.observed is None else panel.observed


def years_free(panel):
    return mask(panel).astype(float) if panel.exposure is None else panel.exposure


@given(st.lists(lives(), max_size=4), st.randoms(use_true_random=False))
def test_counts_and_exposure_equal_those_of_a_loop_over_days(persons, random):
    counts, exposure, observed = slow([*persons, COMPLETE])
    kept = observed.any(axis=1)
    panel = panel_of(persons, random)
    assert panel.units.tolist() == np.flatnonzero(kept).tolist()
    np.testing.assert_array_equal(panel.outcomes, np.where(observed, counts, 0)[kept])
    np.testing.assert_array_equal(mask(panel), observed[kept])
    np.testing.assert_allclose(years_free(panel), exposure[kept], rtol=1e-15)


@given(lives(), st.integers(1, 400))
def test_splitting_or_repeating_a_spell_of_detention_changes_nothing(person, days):
    assume(person["detention"])
    start, stop = person["detention"][0]
    middle = min(start + days * DAY, stop or REFERENCE)
    split = person | {"detention": [*person["detention"][1:], (start, middle), (middle, stop)]}
    repeated = person | {"detention": [*person["detention"], (start, stop)]}
    assume(start <= middle)
    panel = panel_of([person])
    for other in (panel_of([split]), panel_of([repeated])):
        np.testing.assert_array_equal(years_free(other), years_free(panel))
        np.testing.assert_array_equal(other.outcomes, panel.outcomes)


@given(lives())
def test_exposure_adds_up_to_the_days_free(person):
    panel = panel_of([person])
    assume(panel.n_units == 2)
    births = [birthday(person["birth"], age) for age in AGES]
    lengths = [
        (birthday(person["birth"], age + 1) - b).days for age, b in zip(AGES, births, strict=True)
    ]
    held = set()
    for start, stop in person["detention"]:
        held |= days_between(start, stop or REFERENCE + DAY)
    free = sum(
        day <= last_day(person) and day not in held
        for b, length in zip(births, lengths, strict=True)
        for day in days_between(b, b + length * DAY)
    )
    np.testing.assert_allclose(years_free(panel)[0] @ lengths, free, rtol=1e-14)


# time at risk, which panel, careers and recidivism share


def free_days(person, start=None):
    held = set()
    for first, stop in person["detention"]:
        held |= days_between(first, stop or REFERENCE + DAY)
    return days_between(start or person["birth"], last_day(person) + DAY) - held


def numbers(days):
    return np.array(sorted(days), dtype="datetime64[D]")


@given(st.lists(lives(), min_size=1, max_size=4), st.none() | st.integers(0, 17))
def test_time_at_risk_is_what_a_loop_over_days_finds(persons, age):
    risk = tr.time_at_risk(register(persons), start=age)
    for i, person in enumerate(persons):
        expected = free_days(person, None if age is None else birthday(person["birth"], age))
        mine = risk.row == i
        found = [
            np.arange(first, stop)
            for first, stop in zip(risk.start[mine], risk.stop[mine], strict=True)
        ]
        np.testing.assert_array_equal(np.concatenate([*found, numbers([])]), numbers(expected))
        assert (risk.stop[mine][:-1] < risk.start[mine][1:]).all(), "apart from each other"
    assert risk.days().sum() == sum(
        len(free_days(p, None if age is None else birthday(p["birth"], age))) for p in persons
    )


@given(st.lists(lives(), min_size=1, max_size=4), st.data())
def test_days_between_and_the_clock_count_the_days_of_the_loop(persons, data):
    risk = tr.time_at_risk(register(persons))
    row = data.draw(st.integers(0, len(persons) - 1))
    some = st.dates(date(1999, 1, 1), date(2019, 1, 1))
    first, middle, last = sorted(data.draw(st.tuples(some, some, some)))
    free = free_days(persons[row])
    counted = sum(first <= day < last for day in free)
    assert risk.days_between([row], [first], [last]).item() == counted
    assert risk.days_between([row], [last], [first]).item() == -counted
    parts = risk.days_between([row, row], [first, middle], [middle, last])
    assert parts.sum() == counted
    if risk.begin[row] <= np.datetime64(middle) <= risk.end[row]:
        assert risk.clock([row], [middle]).item() == sum(day < middle for day in free)
    assert risk.clock([row], [risk.end[row]]).item() == len(free)


@given(st.lists(lives(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_order_of_rows_ids_and_splitting_of_spells_change_no_time_at_risk(persons, random):
    risk = tr.time_at_risk(register(persons)).follow_up()
    # split every spell in the middle, shuffle the rows, and rename the persons
    split = []
    for person in persons:
        parts = []
        for start, stop in person["detention"]:
            middle = start + (((stop or REFERENCE) - start) // 2)
            parts += [(start, middle), (middle, stop)] if start <= middle else [(start, stop)]
        split.append(person | {"detention": parts})
    other = register(split, random)
    order = list(range(len(persons)))
    random.shuffle(order)
    rename = {i: f"p{7 * i + 3}" for i in order}
    renamed = tr.Register(
        persons=other.persons.iloc[order].replace({"person": rename}),
        offences=other.offences.replace({"person": rename}),
        spells=other.spells.replace({"person": rename}),
        relations=other.relations,
        reference_date=REFERENCE,
    )
    found = tr.time_at_risk(renamed).follow_up().set_index("person")
    expected = risk.assign(person=risk["person"].map(rename)).set_index("person")
    pd.testing.assert_frame_equal(
        found.loc[expected.index], expected, check_names=False, check_index_type=False
    )


@given(st.lists(lives(), max_size=4))
def test_total_time_at_risk_is_the_sum_over_persons_and_over_ages(persons):
    reg = register([*persons, COMPLETE])
    risk = tr.time_at_risk(reg)
    alone = [tr.time_at_risk(reg, persons=[i]).days().sum() for i in range(len(persons) + 1)]
    assert risk.days().sum() == sum(alone)
    lengths = risk.stop - risk.start
    assert lengths.astype(int).sum() == risk.days().sum()
    np.testing.assert_allclose(risk.years().sum(), risk.days().sum() / 365.25, rtol=1e-14)
    # exposure over all ages, each year weighted with its days
    none = tr.Register(reg.persons, reg.offences.iloc[:0], reg.spells, reg.relations, REFERENCE)
    panel = tr.Panel.from_register(none, ages=range(27), drop_unobserved=True)
    days = 0.0
    for i, unit in enumerate(panel.units):
        birth = [*persons, COMPLETE][unit]["birth"]
        lengths = [(birthday(birth, a + 1) - birthday(birth, a)).days for a in range(27)]
        days += years_free(panel)[i] @ lengths
    np.testing.assert_allclose(days, risk.days().sum(), rtol=1e-12)


@given(st.lists(lives(), max_size=4), st.none() | st.dates(date(2012, 1, 1), REFERENCE))
def test_panel_totals_are_the_offences_within_follow_up_at_these_ages(persons, until):
    everybody = [*persons, COMPLETE]
    reg = register(everybody)
    panel = tr.Panel.from_register(reg, ages=AGES, until=until)
    risk = tr.time_at_risk(reg, until=until)
    row = reg.offences["person"].to_numpy(dtype=int)
    observed = risk.is_observed(row, reg.offences["offence_date"].to_numpy())
    at_age = [
        any(birthday(p["birth"], a) <= day < birthday(p["birth"], a + 1) for a in AGES)
        for p in everybody
        for day in p["offences"]
    ]
    assert panel.outcomes.sum() == (observed & np.array(at_age, dtype=bool)).sum()
