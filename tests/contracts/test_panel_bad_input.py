"""Each kind of bad input ends in one clear line that carries no person's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import trajectories as tr

NAN, INF = np.nan, np.inf
AGES = [12, 13]
GOOD = [[1, 0], [0, 2], [0, 0]]
IDS = ["secret-a", "secret-b", "secret-c"]
TABLE = pd.DataFrame(GOOD, index=IDS, columns=["n12", "n13"])
FREE = TABLE * 0 + 0.5


def wide(counts=GOOD, **kwargs):
    return lambda: tr.Panel.from_wide(counts, **({"ages": AGES} | kwargs))


def table(counts=TABLE, **kwargs):
    return lambda: tr.Panel.from_wide(counts, **kwargs)


def long(frame=None, **kwargs):
    frame = {"unit": IDS, "age": [12, 12, 13], "count": [0, 1, 2]} | (frame or {})
    return lambda: tr.Panel.from_long(pd.DataFrame(frame), **kwargs)


def free(values):
    return wide(exposure=values)


BAD = {
    "no rows": (wide(np.empty((0, 2))), r"counts are empty \(0 rows, 2 columns\)"),
    "no columns": (table(TABLE[[]]), "counts are empty"),
    "one dimension": (wide([1, 2]), "1 dimension, 2 are needed"),
    "text": (wide([["a", "b"]]), "counts are not numeric"),
    "ragged": (wide([[1, 2], [3]]), "counts are not numeric"),
    "dates": (wide(np.array([["2001-01-01", "2002-01-01"]], "M8[D]")), "counts are not numeric"),
    "no numeric column": (
        table(TABLE.astype(str)),
        r"none of the 2 columns is numeric.*pandas.to_numeric",
    ),
    "a text column": (
        table(TABLE.reset_index()),
        r"column 'index' not numeric; make .* the index \(set_index\)",
    ),
    "infinite": (wide([[1, INF], [0, 1]]), r"infinite in 1 cell \(row 0\)"),
    "infinite both ways": (wide([[-INF, INF], [0, 1]]), r"infinite in 2 cells \(row 0\)"),
    "nothing observed of a unit": (
        wide([[1, 0], [NAN, NAN]]),
        r"1 unit of 2 without any observed cell \(row 1\): drop",
    ),
    "nothing observed at all": (wide([[NAN, NAN]]), "1 unit of 1 without any observed cell"),
    "ages unsorted": (wide(ages=[13, 12]), "not in increasing order: sort the columns"),
    "columns unsorted": (table(TABLE[["n13", "n12"]]), "not in increasing order"),
    "ages repeated": (wide(ages=[12, 12]), "1 age given twice"),
    "ages missing": (wide(ages=[12, NAN]), "1 age of 2 missing or infinite"),
    "ages infinite": (wide(ages=[12, INF]), "1 age of 2 missing or infinite"),
    "ages too few": (wide(ages=[12]), r"shape \(1,\), counts have 2 columns"),
    "ages as text": (wide(ages=["12", "13"]), "ages are not numeric"),
    "ages not a sequence": (wide(ages=12), r"shape \(\), counts have 2 columns"),
    "labels without ages": (
        table(TABLE.set_axis(["first", "n13"], axis=1)),
        "no age in the label of column 'first'",
    ),
    "labels of other things": (
        table(TABLE.set_axis(["sex1", "n13"], axis=1)),
        "labels begin differently",
    ),
    "ages other than the labels": (
        table(ages=[20, 21]),
        r"differs .* in 2 of 2 columns \(20 to 21 given, 12 to 13 in the labels\).* rename",
    ),
    "ages other than numeric labels": (
        table(TABLE.set_axis([12, 13], axis=1), ages=[12, 14]),
        "in 1 of 2 columns",
    ),
    "an array and weights of other units": (
        wide(units=IDS, weights=pd.Series(1.0, index=["secret-a", "secret-b", "x"])),
        "weights: 1 unit of the counts absent, 1 not among the counts",
    ),
    "an array and exposure of other units": (
        wide(units=[1, 2, 3], exposure=FREE),
        "exposure: 3 units of the counts absent, 3 not among the counts",
    ),
    "an array and exposure at other ages": (
        wide(exposure=FREE.set_axis([13, 14], axis=1)),
        "ages in its column labels are not those",
    ),
    "an array and exposure without ages": (
        wide(exposure=FREE.set_axis(["x", "y"], axis=1)),
        "exposure: no age in the label of column 'x', 'y'.* give an array",
    ),
    "units in two orders": (
        table(TABLE, units=IDS[::-1], weights=pd.Series(1.0, index=IDS)),
        "fits units= and the index of the counts in different orders",
    ),
    "units a table": (wide(units=TABLE), "units must be a sequence of ids, not DataFrame"),
    "rows a slice of ids": (
        lambda: wide()().subset(slice("secret-a", None)),
        "rows must be a boolean mask, a slice or row numbers",
    ),
    "rows ragged": (lambda: wide()().subset([[1], [1, 2]]), "rows must be a boolean mask"),
    "units no sequence": (wide(units=5), "units must be a sequence of ids, not int"),
    "units one text": (wide(units="secret-a"), "units= is text, and the counts are no table"),
    "a unit twice": (
        wide(units=["secret-a", "b", "secret-a"]),
        r"1 row with a unit id seen before \(row 2\)",
    ),
    "too few units": (wide(units=["a", "b"]), "units have length 2, counts have 3 rows"),
    "units missing": (wide(units=["a", None, "b"]), r"1 unit id missing \(row 1\)"),
    "units unhashable": (wide(units=[["secret"], ["b"], ["c"]]), "not hashable"),
    "weights too few": (wide(weights=[1, 2]), r"weights have shape \(2,\), counts have 3 rows"),
    "weights zero": (wide(weights=[1, 0, 1]), r"1 weight missing, .* \(row 1\)"),
    "weights negative": (wide(weights=[1, 1, -3]), r"1 weight .* negative \(row 2\)"),
    "weights missing": (wide(weights=[NAN, 1, 1]), r"1 weight missing, .* \(row 0\)"),
    "weights infinite": (wide(weights=[INF, 1, 1]), "1 weight missing, infinite"),
    "weights as text": (wide(weights=list("abc")), "weights are not numeric"),
    "weights of other units": (
        table(weights=pd.Series(1.0, index=["secret-a", "secret-b", "x"])),
        "weights: 1 unit of the counts absent, 1 not among the counts",
    ),
    "exposure negative": (
        free([[1, 1], [1, -1], [1, 1]]),
        r"negative in 1 observed cell \(row 1\): give the time free",
    ),
    "exposure zero with a count": (
        free([[0, 1], [1, 1], [0, 1]]),
        r"zero in 1 observed cell with a count \(row 0\): nobody offends .* floor",
    ),
    "exposure missing": (
        free([[1, NAN], [1, 1], [1, 1]]),
        "missing or infinite in 1 observed cell",
    ),
    "exposure infinite": (free([[1, INF], [1, 1], [1, 1]]), "missing or infinite in 1 observed"),
    "exposure of another shape": (
        free([[1, 1]]),
        r"exposure has shape \(1, 2\), counts have \(3, 2\)",
    ),
    "exposure as text": (free([["a", "b"]] * 3), "exposure values are not numeric"),
    "exposure with fewer ages": (
        table(exposure=FREE[["n12"]]),
        "exposure has 1 column, counts have 2",
    ),
    "exposure at other ages": (
        table(exposure=FREE.set_axis([13, 14], axis=1)),
        "ages in its column labels are not those",
    ),
    "exposure of other units": (
        table(exposure=FREE.rename({"secret-a": "secret-z"})),
        "exposure: 1 unit of the counts absent, 1 not among the counts",
    ),
    "exposure with a unit twice": (
        table(exposure=FREE.rename({"secret-a": "secret-b"})),
        "exposure: 1 row with a unit id seen",
    ),
    "long: no table": (lambda: tr.Panel.from_long([1]), "must be a pandas DataFrame"),
    "long: ages not a sequence": (long(ages=12), r"ages have shape \(\)"),
    "long: a column twice": (
        lambda: tr.Panel.from_long(
            pd.DataFrame([[1, 2, 3, 4]], columns=["unit", "age", "count", "age"])
        ),
        "column 'age' twice in the table",
    ),
    "long: no rows": (long({"unit": [], "age": [], "count": []}), "has no rows"),
    "long: no such column": (long(unit="person"), "column 'person' not in the table"),
    "long: a pair twice": (
        long({"unit": ["secret-a"] * 3, "age": [12, 13, 12]}),
        r"1 row with a unit and age seen before \(row 2\).*groupby",
    ),
    "long: a pair twice outside the ages kept": (
        long({"unit": ["secret-a"] * 3, "age": [12, 13, 13]}, ages=[12]),
        "1 row with a unit and age",
    ),
    "long: unit missing": (
        long({"unit": ["a", None, "b"]}),
        r"'unit': unit id missing in 1 row \(row 1\)",
    ),
    "long: unit unhashable": (long({"unit": [["secret"], ["b"], ["c"]]}), "not hashable"),
    "long: age missing": (long({"age": [12, NAN, 13]}), r"'age': age missing in 1 row \(row 1\)"),
    "long: age as text": (
        long({"age": ["12", "12", "13"]}),
        r"column 'age' holds numbers that are written as text: .*to_numeric",
    ),
    "long: no ages": (long(ages=[]), "ages are empty"),
    "long: no unit": (long(unit=None), "unit= must be the label of a column .* not NoneType"),
    "long: no row at these ages": (
        long(ages=range(50, 54)),
        r"column 'age': no row has one of ages= \(50 to 53 asked for, 12 to 13 found\)",
    ),
    "long: exposure a Series": (
        long(exposure=pd.Series([1.0, 1.0, 1.0])),
        "exposure= must be the label of a column of the table, not Series",
    ),
    "long: unit a list": (long(unit=IDS), "unit= must be the label of a column .* not list"),
    "long: count infinite": (long({"count": [0, INF, 1]}), "infinite in 1 cell"),
    "long: ages repeated": (long(ages=[12, 12]), "1 age given twice"),
    "long: a unit without a row at these ages": (
        long(ages=[12]),
        "1 unit of 3 without any observed",
    ),
    "long: two weights": (
        long({"unit": ["a", "a", "b"], "age": [1, 2, 1], "w": [1, 2, 1]}, weight="w"),
        "'w': 1 unit with more than one weight",
    ),
    "long: weight missing": (long({"w": [1, NAN, 1]}, weight="w"), "'w': weight missing in 1 row"),
    "long: exposure missing": (
        long({"e": [1, NAN, 1]}, exposure="e"),
        "missing or infinite in 1 obs",
    ),
    "floor of zero": (
        lambda: wide()().with_exposure_floor(0),
        "floor= must be a number of years free",
    ),
    "floor as text": (lambda: wide()().with_exposure_floor("0.1"), "floor= must be a number"),
    "floor missing": (lambda: wide()().with_exposure_floor(NAN), "floor= must be a number"),
    "subset empty": (lambda: wide()().subset([]), "counts are empty"),
    "subset twice": (lambda: wide()().subset([0, 0]), "1 row with a unit id seen before"),
    "subset beyond": (lambda: wide()().subset([3]), "1 row number beyond the panel's 3 units"),
    "subset mask too short": (lambda: wide()().subset([True]), "mask has length 1, .* 3 units"),
    "subset by id": (lambda: wide()().subset(["secret-a"]), "units.get_indexer"),
    "panel with NaN": (
        lambda: tr.Panel(np.array([[NAN, 1]]), np.arange(2)),
        "0 where not observed",
    ),
    "negative counts": (
        lambda: wide([[-1, 0]])().require_counts(),
        r"negative in 1 cell \(row 0\)",
    ),
    "fractional counts": (
        lambda: wide([[1, 0], [0.5, 0.5]])().require_counts(),
        r"fractional in 2 cells \(row 1\)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_one_line_without_a_persons_data(name):
    make, message = BAD[name]
    with pytest.raises(tr.errors.InputError, match=message) as error:
        make()
    text = str(error.value)
    assert "\n" not in text
    assert "secret" not in text
    assert error.value.__suppress_context__ or error.value.__context__ is None


def day(*values):
    return pd.to_datetime(pd.Series(values))


PERSONS = pd.DataFrame(
    {
        "person": [871, 872],
        "birth_date": day("2000-01-01", "1990-01-01"),
        "death_date": day("2014-02-01", None),
        "emigration_date": day(None, None),
        "population": ["a", "b"],
    }
)
OFFENCES = pd.DataFrame(
    {"person": [871], "offence_date": day("2012-02-01"), "offence_type": ["drugs"]}
)
SPELLS = pd.DataFrame(
    {
        "person": [871],
        "spell_type": ["detention"],
        "start_date": day("2012-12-31"),
        "end_date": day("2014-01-01"),
    }
)
RELATIONS = pd.DataFrame({"person": [], "relative": [], "relation": []})


def register(**tables):
    given = {"persons": PERSONS, "offences": OFFENCES, "spells": SPELLS, "relations": RELATIONS}
    return tr.Register(**(given | {"reference_date": "2021-07-02"} | tables))


def panel(ages=range(12, 15), tables=None, **kwargs):
    return lambda: tr.Panel.from_register(register(**(tables or {})), ages=ages, **kwargs)


def offence(date):
    return panel(tables={"offences": OFFENCES.assign(offence_date=day(date))})


def persons(**columns):
    return panel(tables={"persons": PERSONS.assign(**columns)})


def spells(**columns):
    return panel(tables={"spells": SPELLS.assign(**columns)})


BAD_REGISTER = {
    "types in a list of lists": (panel(event=[["drugs"]]), "event= must be .* a list of lists"),
    "ids in a list of lists": (panel(persons=[[871]]), "persons= must be .* a list of lists"),
    "ids in a table": (panel(persons=PERSONS), "persons= must be .*, not a table"),
    "no register": (
        lambda: tr.Panel.from_register(None),
        "must be a trajectories.Register, not NoneType",
    ),
    "a table for a register": (
        lambda: tr.Panel.from_register(PERSONS),
        "must be a trajectories.Register, not DataFrame; .*from_long",
    ),
    "no offence table": (lambda: register(offences=[1]), "offences must be a pandas DataFrame"),
    "no reference date": (lambda: register(reference_date=None), "reference_date is no date"),
    "strange reference date": (
        lambda: register(reference_date="soon"),
        "reference_date is no date",
    ),
    "no birth dates": (
        panel(tables={"persons": PERSONS.drop(columns="birth_date")}),
        "persons without column 'birth_date'",
    ),
    "check without columns": (
        lambda: register(spells=SPELLS[["person"]]).check(),
        "spells without column 'spell_type', 'start_date', 'end_date'",
    ),
    "dates as text": (
        persons(birth_date=["2000-01-01", "1990-01-01"]),
        "'birth_date' holds no dates .*to_datetime",
    ),
    "birth date missing": (
        persons(birth_date=day("2000-01-01", None)),
        r"missing in 1 row \(row 1\)",
    ),
    "a person twice": (persons(person=[871, 871]), r"1 row of persons .* seen before \(row 1\)"),
    "death before birth": (
        persons(death_date=day("1999-01-01", None)),
        r"death_date before birth_date in 1 row",
    ),
    "offence before birth": (offence("1999-12-31"), r"offences 1 before birth \(row 0\)"),
    "offence after death": (
        offence("2014-02-02"),
        "1 after death, emigration or the reference date",
    ),
    "offence in a year without a day free": (
        offence("2013-05-01"),
        "1 at an age without any time free",
    ),
    "offence without a date": (offence(None), "1 without a date"),
    "offence of an unknown person": (
        panel(tables={"offences": OFFENCES.assign(person=9)}),
        "1 offence of persons that the table of persons lacks",
    ),
    "detention backwards": (
        spells(end_date=day("2010-01-01")),
        "1 detention spell with end_date before start_date",
    ),
    "detention without a start": (spells(start_date=day(None)), "'start_date' missing in 1 row"),
    "detention of an unknown person": (
        spells(person=9),
        "1 detention spell of persons that the",
    ),
    "unknown type": (panel(event="theft"), "no offence of type 'theft'; the register has 'drugs'"),
    "ages not a sequence": (panel(ages=12), r"ages have shape \(\)"),
    "event a number": (panel(event=5), "event= must be a type, .* not int"),
    "persons a number": (panel(persons=871), "persons= must be a population, .* not int"),
    "no types": (panel(event=[]), "no type of offence given"),
    "mask of another table": (panel(event=pd.Series([True], index=[5])), "event: .* another index"),
    "mask too long": (
        panel(event=np.array([True, False])),
        "one True or False for each of the 1 row",
    ),
    "unknown population": (panel(persons="871"), "persons= is no population.* 'a', 'b'"),
    "unknown ids": (panel(persons=[871, 5, 6]), "persons= holds 2 ids that the register lacks"),
    "ids twice": (panel(persons=[871, 871]), "persons= holds 1 id twice"),
    "nobody": (panel(persons=[]), "no person chosen"),
    "until in the future": (panel(until="2030-01-01"), "after the register's reference date"),
    "until no date": (panel(until="soon"), "until is no date"),
    "no ages": (panel(ages=[]), "ages are empty"),
    "half ages": (panel(ages=[12.5]), "whole numbers"),
    "ages unsorted in a register": (panel(ages=[13, 12]), "not in increasing order"),
    "nobody observed": (panel(ages=[60]), "nobody is observed and free between age 60 and 60"),
}


@pytest.mark.parametrize("name", BAD_REGISTER)
def test_a_bad_register_ends_in_one_line_without_a_persons_data(name):
    make, message = BAD_REGISTER[name]
    with pytest.raises(tr.errors.InputError, match=message) as error:
        make()
    text = str(error.value)
    assert "\n" not in text
    assert "871" not in text
    assert "872" not in text
