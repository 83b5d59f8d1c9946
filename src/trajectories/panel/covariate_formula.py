"""What a formula of covariates says: its terms, the variables it needs, its reference categories.

Formulas are read by `formulaic`, which is imported here and only when a formula is given.
"""

from __future__ import annotations

import ast
import warnings
from typing import Any

import numpy as np
import pandas as pd

from trajectories.errors import InputError
from trajectories.panel.arrays import names
from trajectories.panel.formula_calls import QUOTED, check_calls


def parse_formula(formula: str) -> Any:
    """Return the formula as formulaic reads it: a right-hand side with an intercept and terms.

    Raises
    ------
    InputError
        If it is no text, cannot be read, or has a left-hand side, several parts, no intercept, no
        term, or a function that looks at other rows or does more than compute.
    """
    from formulaic import Formula, SimpleFormula
    from formulaic.errors import FormulaicError

    if not isinstance(formula, str):
        raise InputError(
            f"a formula is text, for instance '~ age_first + sex', not a {type(formula).__name__}"
        )
    try:
        parsed = Formula(formula)
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise InputError(
            f"the formula {formula!r} cannot be read ({type(error).__name__}): write terms with "
            "plus signs, for instance '~ age_first + sex', and column names with spaces in "
            "backticks"
        ) from None
    if not isinstance(parsed, SimpleFormula):
        raise InputError(
            f"the formula {formula!r} has a left-hand side, or parts divided by |: groups are what "
            "is explained, so write only the covariates, '~ age_first + sex'"
        )
    terms = [str(term) for term in parsed]
    if "1" not in terms:
        raise InputError(
            f"the formula {formula!r} leaves the intercept out: groups differ in size, so leave "
            "the intercept in"
        )
    if len(terms) == 1:
        raise InputError(f"the formula {formula!r} names no covariate")
    check_calls(parsed)
    return parsed


def variables_of(parsed: Any, columns: pd.Index[Any]) -> list[str]:
    """Return the columns that a formula needs, in the order of the formula.

    Raises
    ------
    InputError
        For variables that are no columns.
    """
    found: dict[str, None] = {}
    for term in parsed:
        for factor in term.factors:
            kind = factor.eval_method.value
            if kind == "lookup":
                found[str(factor.expr)] = None
            elif kind == "python":
                found |= dict.fromkeys(_names_in(str(factor.expr), columns))
    unknown = [name for name in found if name not in columns]
    if unknown:
        raise InputError(
            f"the formula names {names(unknown)}, no column of the covariates; there are "
            f"{names(columns)}"
        )
    if not found:
        raise InputError("the formula names no column of the covariates")
    doubled = [name for name in found if not isinstance(columns.get_loc(name), int)]
    if doubled:
        raise InputError(f"covariates have several columns named {names(doubled)}: name them apart")
    return list(found)


def categories_of(parsed: Any, columns: pd.Index[Any]) -> set[str]:
    """Return the columns that ``C(...)`` declares to be categories, numbers among them.

    Raises
    ------
    InputError
        If C() holds an expression, or a column that is a number elsewhere in the formula: what a
        new unit's category is could then not be checked.
    """
    found: set[str] = set()
    for factor in {str(f.expr): f for term in parsed for f in term.factors}.values():
        if factor.eval_method.value == "python" and str(factor.expr).startswith("C("):
            quoted = QUOTED.findall(str(factor.expr))
            call = ast.parse(QUOTED.sub("quoted_name", str(factor.expr)), mode="eval").body
            first = call.args[0] if isinstance(call, ast.Call) and call.args else None
            name = first.id if isinstance(first, ast.Name) else None
            name = quoted[0] if name == "quoted_name" else name
            if name is None or name not in columns:
                raise InputError(
                    "C() in a formula takes a column: compute its categories beforehand, in a "
                    "column of their own"
                )
            found.add(name)
    others = [
        _names_in(str(f.expr), columns)
        for term in parsed
        for f in term.factors
        if f.eval_method.value == "python" and not str(f.expr).startswith("C(")
    ]
    plain = {
        str(f.expr) for term in parsed for f in term.factors if f.eval_method.value == "lookup"
    }
    both = found & (plain | {name for own in others for name in own})
    if both:
        raise InputError(
            f"the formula has {names(sorted(both))} inside C() and outside: use a copy of the "
            "column under another name for one of them"
        )
    return found


def _names_in(expression: str, columns: pd.Index[Any]) -> list[str]:
    """Return the variables in an expression: names that are neither called nor modules."""
    quoted = QUOTED.findall(expression)
    tree = ast.parse(QUOTED.sub("0", expression), mode="eval")
    heads: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call | ast.Attribute):
            inner: ast.AST = node.func if isinstance(node, ast.Call) else node.value
            heads.add(id(inner))
    free = [
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and (id(node) not in heads or node.id in columns)
    ]
    return [*quoted, *free]


def model_matrix(parsed: Any, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a formula without the intercept.

    Parameters
    ----------
    parsed : Formula, or the spec of an earlier matrix
        With a spec the columns are those of the earlier matrix, categories and scales included.
    frame : DataFrame
        Numbers, booleans and categories; nothing missing.

    Returns
    -------
    DataFrame
        ``attrs`` holds ``terms`` (each with its columns, counted from 0) and ``spec``.
    """
    from formulaic.errors import FormulaicError

    source = parsed["spec"] if isinstance(parsed, dict) else parsed
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what a term makes of a number is checked afterwards
            made = source.get_model_matrix(frame, context={}, na_action="ignore", output="pandas")
    except (FormulaicError, ArithmeticError, ValueError, TypeError, NameError, KeyError) as error:
        raise InputError(
            f"a term of the formula cannot be computed ({type(error).__name__}): it may hold an "
            "unknown function, or one that does not fit the column"
        ) from None
    spec = made.model_spec
    places = {str(term): list(where) for term, where in spec.term_indices.items()}
    intercept = places.pop("1")[0]
    matrix: pd.DataFrame = pd.DataFrame(made).drop(columns=made.columns[intercept])
    matrix.attrs["terms"] = {
        term: tuple(int(j - (j > intercept)) for j in where) for term, where in places.items()
    }
    matrix.attrs["spec"] = spec
    return matrix


def references_of(spec: Any, frame: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, str]:
    """Return the reference category of each categorical or boolean variable in the formula.

    A factor that is coded otherwise (a column a category, or other contrasts) is not listed.
    """
    from formulaic.transforms.contrasts import TreatmentContrasts

    found: dict[str, str] = {}
    for factor, state in spec.factor_contrasts.items():
        coded = any(f"{factor}[T." in column for column in columns)
        if coded and isinstance(state.contrasts, TreatmentContrasts):
            base = state.contrasts.base
            found[str(factor)] = str(base if base in state.levels else state.levels[0])
    for name in frame.columns:
        if frame[name].dtype == bool:
            found.setdefault(str(name), "False")
    return found
