"""Which functions a formula may call: those whose value for a unit depends on that unit alone.

A mean over the rows would be another one for other units, so that the same person would get other
columns; and formulas are read from model files, which must not be able to run anything.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from trajectories.errors import InputError

QUOTED = re.compile(r"`([^`]+)`")
FUNCTIONS = frozenset(
    [
        "I",
        "C",
        "bs",
        "cr",
        "cc",
        "cs",
        "poly",
        "center",
        "scale",
        "standardize",
        "hashed",
        "exp",
        "exp2",
        "exp10",
        "log",
        "log2",
        "log10",
        "Treatment",
        "Sum",
        "Helmert",
        "Diff",
        "Poly",
    ]
)
"""Functions of formulaic; those that look at all rows keep what they found for later units."""
ELEMENTWISE = frozenset(["where", "clip", "round"])
"""Functions of NumPy, besides its ufuncs, that take units one by one."""
SYNTAX = (
    ast.Expression,
    ast.Call,
    ast.keyword,
    ast.Name,
    ast.Attribute,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.List,
    ast.Tuple,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.expr_context,
)


def check_calls(parsed: Any) -> None:
    """Refuse terms that do more than compute with the values of a unit.

    Raises
    ------
    InputError
        For functions and methods other than those named here.
    """
    for term in parsed:
        for factor in term.factors:
            if factor.eval_method.value == "python":
                _check(str(factor.expr))


def _check(expression: str) -> None:
    try:
        tree = ast.parse(QUOTED.sub("quoted", expression), mode="eval")
    except SyntaxError:
        raise InputError(f"a term of the formula cannot be read: {expression!r}") from None
    for node in ast.walk(tree):
        if not isinstance(node, SYNTAX):
            raise _refusal(type(node).__name__)
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id not in FUNCTIONS:
                raise _refusal(f"{called.id}()")
            if not isinstance(called, ast.Name | ast.Attribute):
                raise _refusal("a call of a call")
        if isinstance(node, ast.Attribute) and not _known(node):
            raise _refusal(ast.unparse(node))


def _known(node: ast.Attribute) -> bool:
    if not isinstance(node.value, ast.Name) or node.attr.startswith("_"):
        return False
    if node.value.id == "contr":
        return True
    found = getattr(np, node.attr, None) if node.value.id == "np" else None
    return isinstance(found, float | np.ufunc) or (found is not None and node.attr in ELEMENTWISE)


def _refusal(what: str) -> InputError:
    return InputError(
        f"a term of the formula uses {what}: allowed are arithmetic, comparisons, np.log and the "
        "like, np.where, I(), C(), scale(), center(), poly() and splines, whose value for a person "
        "does not depend on who else is there; compute other covariates beforehand, in a column"
    )
