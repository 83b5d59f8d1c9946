"""Laws of person-years and within-person effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trajectories import Register, lifecourse
from trajectories.errors import InputError

SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=8)
RULES = ("most_of_year", "any_day", "first_day")


def drawn_register(seed: int, n: int = 12) -> Register:
    """Draw persons with overlapping spells, some held, some dead."""
    rng = np.random.default_rng(seed)
    birth = np.datetime64("1990-01-01") + rng.integers(0, 4000, n).astype("timedelta64[D]")
    death = np.where(
        rng.random(n) < 0.3,
        birth + rng.integers(6000, 11000, n).astype("timedelta64[D]"),
        np.datetime64("NaT", "D"),
    )
    m = 8 * n
    person = rng.integers(0, n, m)
    start = birth[person] + rng.integers(5500, 10500, m).astype("timedelta64[D]")
    stop = start + rng.integers(0, 1200, m).astype("timedelta64[D]")
    end = np.where(rng.random(m) < 0.15, np.datetime64("NaT", "D"), stop)
    spells = pd.DataFrame(
        {
            "person": person,
            "spell_type": rng.choice(["job", "biological_child", "detention"], m),
            "start_date": pd.to_datetime(start),
            "end_date": pd.to_datetime(end),
        }
    )
    offender = rng.integers(0, n, 3 * n)
    date = birth[offender] + rng.integers(5500, 10500, 3 * n).astype("timedelta64[D]")
    known = date <= np.fmin(death, np.datetime64("2018-12-31"))[offender]
    offences = pd.DataFrame(
        {
            "person": offender[known],
            "offence_date": pd.to_datetime(date[known]),
            "offence_type": "any",
        }
    )
    persons = pd.DataFrame(
        {
            "person": np.arange(n),
            "birth_date": pd.to_datetime(birth),
            "death_date": pd.to_datetime(death),
            "emigration_date": pd.NaT,
        }
    )
    relations = pd.DataFrame({"person": [], "relative": [], "relation": []})
    return Register(persons, offences, spells, relations, pd.Timestamp("2018-12-31"))


def day_by_day(register: Register, person: int, first, stop, rule: str) -> tuple[float, float]:
    """Count days at risk, and say whether a job is in force, one day after the other."""
    row = register.persons.iloc[person]
    last = min(d for d in (row["death_date"], register.reference_date) if not pd.isna(d))
    days = pd.date_range(first, stop, inclusive="left")
    days = days[(days <= last) & (days >= row["birth_date"])]
    own = register.spells[register.spells["person"] == person]

    def inside(kind: str, when: pd.DatetimeIndex) -> np.ndarray:
        found = np.zeros(len(when), dtype=bool)
        for spell in own[own["spell_type"] == kind].itertuples():
            end = pd.Timestamp("2100-01-01") if pd.isna(spell.end_date) else spell.end_date
            found |= (when >= spell.start_date) & (when < end)
        return found

    free = ~inside("detention", days)
    if rule == "first_day":
        return float(free.sum()), float(inside("job", pd.DatetimeIndex([first]))[0])
    held = (inside("job", days) & free).sum()
    if not free.any():
        return 0.0, np.nan
    return float(free.sum()), float(held > 0 if rule == "any_day" else 2 * held > free.sum())


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_circumstances_are_those_counted_day_by_day(rule, seed):
    register = drawn_register(seed, n=4)
    table = lifecourse.person_years(
        register, calendar_years=range(2008, 2014), circumstances=["job"], in_force=rule
    )
    for row in table.itertuples():
        first, stop = pd.Timestamp(f"{row.year}-01-01"), pd.Timestamp(f"{row.year + 1}-01-01")
        free, job = day_by_day(register, row.person, first, stop, rule)
        assert row.years_free == pytest.approx(free / (stop - first).days)
        np.testing.assert_equal(row.job, job)


@given(seed=SEEDS)
def test_splitting_a_spell_changes_nothing(seed):
    register = drawn_register(seed)
    spells = register.spells
    rng = np.random.default_rng(seed)
    known = spells["end_date"].notna().to_numpy()
    length = (spells["end_date"] - spells["start_date"]).dt.days.fillna(0).to_numpy()
    cut = spells["start_date"] + pd.to_timedelta(np.floor(rng.random(len(spells)) * length), "D")
    early = spells.assign(end_date=cut)[known]
    late = spells.assign(start_date=cut)[known]
    parts = pd.concat([early, late, spells[~known]]).sample(frac=1.0, random_state=seed % 1000)
    halves = Register(
        register.persons, register.offences, parts, register.relations, register.reference_date
    )
    wanted = ["job", "biological_children"]
    pd.testing.assert_frame_equal(
        lifecourse.person_years(register, range(15, 28), circumstances=wanted),
        lifecourse.person_years(halves, range(15, 28), circumstances=wanted),
    )


@given(seed=SEEDS)
def test_no_offence_of_the_years_asked_for_is_lost_or_counted_twice(seed):
    register = drawn_register(seed)
    table = lifecourse.person_years(register, range(60))
    assert table["offences"].sum() == len(register.offences)


@given(seed=SEEDS)
def test_lags_of_the_register_are_those_of_the_table(seed):
    register = drawn_register(seed)
    table = lifecourse.person_years(register, range(12, 30), circumstances=["job"], lags=[1])
    added = lifecourse.add_lags(table.drop(columns="job_lag1"), ["job"], [1])
    inside = table["age"] > table.groupby("person")["age"].transform("min")
    np.testing.assert_array_equal(
        table.loc[inside, "job_lag1"].to_numpy(), added.loc[inside, "job_lag1"].to_numpy()
    )


def drawn_years(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n), 8)
    level = rng.normal(size=n)[person]
    return pd.DataFrame(
        {
            "person": person,
            "population": np.where(person % 2, "b", "a"),
            "age": np.tile(np.arange(18, 26), n),
            "job": (rng.random(len(person)) < 0.5).astype(float),
            "partner": (rng.random(len(person)) < 0.4).astype(float),
            "offended": (rng.random(len(person)) < 1 / (1 + np.exp(-level))).astype(int),
        }
    )


def fitted(table: pd.DataFrame, **kwargs):
    try:
        return lifecourse.within_person(table, **{"by": "population", "age_df": 2, **kwargs})
    except InputError:
        assume(False)
        raise


@few
@given(seed=SEEDS)
def test_order_of_rows_and_names_of_persons_change_no_effect(seed):
    table = drawn_years(seed)
    fit = fitted(table)
    other = table.sample(frac=1.0, random_state=seed % 1000)
    other["person"] = "p" + (other["person"] * 7919 % 1009).astype(str)
    found = fitted(other)
    np.testing.assert_allclose(found.params, fit.params, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.bse, fit.bse, rtol=1e-6)
    pd.testing.assert_frame_equal(found.information, fit.information)


@few
@given(seed=SEEDS)
def test_the_pooled_model_has_the_estimates_of_separate_ones(seed):
    table = drawn_years(seed)
    both = fitted(table).effects.set_index(["population", "exposure"])
    for name, part in table.groupby("population"):
        # the knots of the spline are those of all ages, which are the same in both
        alone = fitted(part, by=None).effects.set_index("exposure")
        for column in ("log_estimate", "std_error", "p_value"):
            np.testing.assert_allclose(both.loc[name, column], alone[column], rtol=1e-6, atol=1e-9)


@few
@given(seed=SEEDS)
def test_the_order_of_populations_changes_no_test(seed):
    table = drawn_years(seed)
    other = table.assign(population=table["population"].map({"a": "z", "b": "y"}))
    one, two = fitted(table).test_equal(), fitted(other).test_equal()
    assert one.statistic == pytest.approx(two.statistic, rel=1e-6, abs=1e-9)
    assert one.df == two.df == 2


@few
@given(seed=SEEDS)
def test_a_constant_added_to_a_persons_exposure_changes_no_effect(seed):
    table = drawn_years(seed)
    shift = np.random.default_rng(seed).normal(scale=10, size=60)
    other = table.assign(job=table["job"] + shift[table["person"]])
    one, two = fitted(table), fitted(other)
    np.testing.assert_allclose(one.params, two.params, rtol=1e-6, atol=1e-8)


@few
@given(seed=SEEDS)
def test_rows_without_time_free_change_no_effect(seed):
    table = drawn_years(seed).assign(years_free=1.0)
    held = table.groupby("person").tail(1).assign(age=26, years_free=0.0, job=np.nan)
    fit, other = fitted(table), fitted(pd.concat([table, held]))
    np.testing.assert_allclose(other.params, fit.params, rtol=1e-7, atol=1e-9)
    assert other.information["left_out_no_time_free"].sum() == 60
