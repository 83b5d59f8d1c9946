"""Covariates are aligned by unit, coded as stated, and refused with a reason of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectories.errors import InputError, ModelFileError
from trajectories.panel.covariate_document import design_document, design_from_document
from trajectories.panel.covariates import read_covariates

N = 30


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "x": random.normal(size=N),
            "z": random.normal(size=N),
            "sex": random.choice(["male", "female"], N),
            "school": pd.Categorical(random.choice(["low", "mid"], N), ["mid", "low", "high"]),
            "job": np.arange(N) % 2 == 0,
            "same": 3,
            "born": pd.date_range("2000", periods=N),
            "gap": pd.array([None, *range(1, N)], dtype="Int64"),
            "code": [f"c{i}" for i in range(N)],
            "two words": random.normal(size=N),
        },
        index=pd.Index([f"u{i}" for i in range(N)], name="person"),
    )
    table["twice"] = 2 * table["x"] + 1
    return table


def test_terms_have_their_columns_and_categories_their_reference(frame: pd.DataFrame) -> None:
    formula = "~ x + sex + C(school, contr.treatment('low')) + job + `two words` + np.exp(z)"
    design = read_covariates(formula, frame, frame.index)
    school = "C(school, contr.treatment('low'))"
    assert design.columns == (
        "x",
        "sex[T.male]",
        f"{school}[T.mid]",
        "job",
        "two words",
        "np.exp(z)",
    )
    assert design.terms["sex"] == (1,)
    assert [j for where in design.terms.values() for j in where] == list(range(6))
    assert design.references == {"sex": "female", school: "low", "job": "False"}
    assert np.array_equal(design.matrix[:, 1], frame["sex"] == "male")
    assert np.array_equal(design.matrix[:, 2], frame["school"] == "mid")
    assert np.array_equal(design.matrix[:, 5], np.exp(frame["z"]))


def test_a_category_that_no_unit_has_makes_no_column(frame: pd.DataFrame) -> None:
    design = read_covariates("~ school", frame, frame.index)
    assert design.columns == ("school[T.low]",)
    assert design.references == {"school": "mid"}


@given(st.permutations(range(N)))
def test_order_of_rows_and_units_does_not_matter(frame: pd.DataFrame, order: list[int]) -> None:
    design = read_covariates("~ x * sex + bs(z, df=4)", frame, frame.index)
    moved = read_covariates("~ x * sex + bs(z, df=4)", frame.iloc[order], frame.index)
    assert np.array_equal(design.matrix, moved.matrix)
    other = read_covariates("~ x * sex + bs(z, df=4)", frame, frame.index[order])
    np.testing.assert_allclose(design.matrix[order], other.matrix, rtol=1e-12, atol=1e-14)


def test_other_units_get_the_same_columns(frame: pd.DataFrame) -> None:
    """Scales, knots and categories are those of the first units."""
    design = read_covariates("~ scale(x) + sex + poly(z, 2)", frame, frame.index)
    some = frame.index[:4]
    assert np.allclose(design.for_units(frame, some), design.matrix[:4], rtol=1e-12)
    with pytest.raises(InputError, match=r"^covariate 'sex': 1 unit of a category that the model"):
        design.for_units(frame.assign(sex=["other", *frame["sex"][1:]]), frame.index)
    with pytest.raises(InputError, match=r"^covariates are missing for 1 of 30 units \('x' 1\)"):
        design.for_units(frame.assign(x=[np.nan, *frame["x"][1:]]), frame.index)


def test_units_without_a_value_are_refused_or_counted(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"^covariates are missing for 1 of 30 units \('gap' 1\)"):
        read_covariates("~ gap", frame, frame.index)
    design = read_covariates("~ gap", frame, frame.index, missing="drop")
    assert (design.n_units, design.n_missing, design.missing) == (N, 1, "drop")
    assert np.array_equal(design.rows, np.arange(1, N))
    assert np.array_equal(design.matrix[:, 0], np.arange(1, N))


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x", "the formula 'y ~ x' has a left-hand side"),
        ("~ x - 1", "the formula '~ x - 1' leaves the intercept out"),
        ("~ 1", "the formula '~ 1' names no covariate"),
        ("~ (x", r"the formula '~ \(x' cannot be read \(FormulaSyntaxError\)"),
        ("~ x | z", "the formula '~ x | z' has a left-hand side, or parts"),
        ("~ age + x", "the formula names 'age', no column of the covariates; there are 'x', 'z'"),
        ("~ nothing(x)", r"a term of the formula uses nothing\(\)"),
        ("~ same", "covariates: 'same' is the same for all 30 units"),
        ("~ x + sex + twice", "covariates are collinear: 'twice' follows from 'x'"),
        ("~ born", r"covariate 'born' has dtype datetime64"),
        ("~ code", "covariate 'code' has 30 categories among 30 units"),
        ("~ np.log(same - 3)", r"covariates: 30 units with an infinite value, or none"),
        ("~ bs(x, df=35)", "the formula makes 35 columns for 30 units"),
    ],
)
def test_what_cannot_be_used_has_a_message_of_its_own(
    frame: pd.DataFrame, formula: str, message: str
) -> None:
    with pytest.raises(InputError, match=f"^{message}") as found:
        read_covariates(formula, frame, frame.index)
    assert "\n" not in str(found.value)
    assert not any(unit in str(found.value).split() for unit in frame.index)


def test_frames_that_do_not_fit_the_units_are_refused(frame: pd.DataFrame) -> None:
    cases = [
        (frame.iloc[:10], r"^covariates lack 20 of 30 units"),
        (frame.reset_index(), r"^covariates lack 30 of 30 units"),
        (pd.concat([frame, frame.iloc[:2]]), r"^covariates: 2 rows with a unit id seen before"),
        (frame["x"], r"^covariates must be a DataFrame indexed by unit id, not a Series"),
    ]
    for given_frame, message in cases:
        with pytest.raises(InputError, match=message):
            read_covariates("~ x", given_frame, frame.index)
    with pytest.raises(InputError, match=r"^missing must be 'refuse' or 'drop', not 'ignore'"):
        read_covariates("~ x", frame, frame.index, missing="ignore")


def test_numbers_declared_as_categories_are_categories_everywhere(frame: pd.DataFrame) -> None:
    numbered = frame.assign(wave=np.arange(N) % 3 + 1.0)
    design = read_covariates("~ C(wave) + job", numbered, numbered.index)
    assert design.columns == ("C(wave)[T.2.0]", "C(wave)[T.3.0]", "job")
    assert design.categories == {"wave": (1.0, 2.0, 3.0)}
    assert np.array_equal(design.for_units(numbered, numbered.index), design.matrix)
    with pytest.raises(InputError, match="of a category that the model was not fitted to"):
        design.for_units(numbered.assign(wave=7.0), numbered.index)
    again = design_from_document(design_document(design))
    assert np.array_equal(again.for_units(numbered, numbered.index), design.matrix)


def test_booleans_stay_booleans_for_other_units(frame: pd.DataFrame) -> None:
    design = read_covariates("~ x + job", frame, frame.index)
    as_numbers = frame.assign(job=frame["job"].astype(float))
    assert np.array_equal(design.for_units(as_numbers, frame.index), design.matrix)
    for wrong in (0.5, 2.0):
        with pytest.raises(InputError, match="neither true nor false"):
            design.for_units(frame.assign(job=wrong), frame.index)
    with pytest.raises(InputError, match="neither true nor false"):
        design.for_units(frame.assign(job=frame["job"].astype(str)), frame.index)


@pytest.mark.parametrize("formula", ["~ C(x > 0)", "~ C(sex) + C(job):x + job", "~ C(np.floor(z))"])
def test_categories_that_cannot_be_checked_later_are_refused(
    frame: pd.DataFrame, formula: str
) -> None:
    with pytest.raises(InputError, match=r"C\(\)"):
        read_covariates(formula, frame, frame.index)


@pytest.mark.parametrize(
    "term",
    [
        "I(x - np.mean(x))",  # another mean among other units: other columns for the same person
        "I(x - x.mean())",
        "x.rank()",
        "np.cumsum(x)",
        "np.add.accumulate(x)",
        "lag(x)",
        "I(x + __import__('os').getpid())",
        "I(x + eval('1'))",
        "I([1 for _ in x])",
        "I(x + np.__version__)",
    ],
)
def test_functions_of_other_rows_and_of_the_machine_are_refused(
    frame: pd.DataFrame, term: str
) -> None:
    with pytest.raises(InputError, match="a term of the formula uses"):
        read_covariates(f"~ z + {term}", frame, frame.index)


@pytest.mark.parametrize(
    "term",
    [
        "np.log1p(np.abs(x))",
        "np.where(x > 0, 1, 0)",
        "scale(x)",
        "center(x)",
        "I(x**2 / np.pi)",
        "bs(x, df=4)",
        "poly(x, 2)",
        "{x * z}",
        "np.clip(x, -1, 1)",
        "exp(`two words`)",
    ],
)
def test_a_unit_has_the_same_columns_whoever_else_is_there(frame: pd.DataFrame, term: str) -> None:
    design = read_covariates(f"~ {term}", frame, frame.index)
    some = frame.index[3:7]
    assert design.for_units(frame, some) == pytest.approx(design.matrix[3:7], rel=1e-12, abs=1e-12)


def test_a_model_file_cannot_run_anything(frame: pd.DataFrame) -> None:
    document = design_document(read_covariates("~ x", frame, frame.index))
    document["formula"] = "~ I(x + __import__('os').getpid())"
    with pytest.raises(ModelFileError, match="refused"):
        design_from_document(document)


def test_no_covariate_is_called_intercept(frame: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="cannot be called 'intercept'"):
        read_covariates("~ x + intercept", frame.rename(columns={"z": "intercept"}), frame.index)
