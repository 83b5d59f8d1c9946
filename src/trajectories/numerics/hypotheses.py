"""What a test says: its null in words, statistic, distribution and p-value, or why it says none.

One class for the tests of all models whose statistic has a known distribution under the null. A
bootstrap test has none: it holds its simulated statistics instead
(:class:`trajectories.groups.BootstrapTest`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from scipy.special import chdtrc

from trajectories.errors import InputError


@dataclass(frozen=True, repr=False)
class HypothesisTest:
    """The outcome of a test.

    Attributes
    ----------
    null : str
        The null hypothesis, in words.
    method : str
        Kind of test, and for a Wald test the covariance it rests on.
    statistic : float
    df : int
        Degrees of freedom.
    p_value : float
        Probability, under the null, of a statistic at least as large.
    distribution : str
        Of the statistic under the null.
    caution : str
        What to bear in mind; empty if nothing.
    """

    null: str
    method: str
    statistic: float
    df: int
    p_value: float
    distribution: str
    caution: str = ""

    @property
    def applies(self) -> bool:
        """True: the test could be made."""
        return True

    def __str__(self) -> str:
        """Return the test as a few lines of text."""
        lines = [
            self.method,
            f"  null: {self.null}",
            f"  statistic {self.statistic:.4f}, {self.distribution}, p-value {self.p_value:.4g}",
        ]
        return "\n".join(lines + ([f"  caution: {self.caution}"] if self.caution else []))

    def __repr__(self) -> str:
        """Say the hypothesis and the result in one line."""
        return (
            f"<{self.method}: {self.null}; statistic {self.statistic:.4g}, {self.distribution}, "
            f"p-value {self.p_value:.3g}>"
        )


@dataclass(frozen=True)
class InapplicableTest:
    """A test that does not apply, and why; asking for its numbers is an error that says so.

    Attributes
    ----------
    null : str
        The null hypothesis, in words.
    method : str
    reason : str
        Why the test does not apply, and what to do instead.
    """

    null: str
    method: str
    reason: str

    @property
    def applies(self) -> bool:
        """False: there is no statistic."""
        return False

    @property
    def statistic(self) -> float:
        """Raise: there is none."""
        self._refuse()

    @property
    def df(self) -> int:
        """Raise: there are none."""
        self._refuse()

    @property
    def p_value(self) -> float:
        """Raise: there is none."""
        self._refuse()

    def __str__(self) -> str:
        """Return null and reason as text."""
        return f"{self.method}\n  null: {self.null}\n  does not apply: {self.reason}"

    def _refuse(self) -> NoReturn:
        raise InputError(f"the test of '{self.null}' does not apply: {self.reason}")


def chi_squared(
    null: str, method: str, statistic: float, df: int, caution: str = ""
) -> HypothesisTest:
    """Return a test whose statistic is chi-squared under the null."""
    p_value, distribution = chi_squared_p_value(statistic, df)
    return HypothesisTest(null, method, statistic, df, p_value, distribution, caution)


def chi_squared_p_value(statistic: float, df: int) -> tuple[float, str]:
    """Return the p-value of a chi-squared statistic, and its distribution in words."""
    degrees = "1 degree of freedom" if df == 1 else f"{df} degrees of freedom"
    return float(chdtrc(df, statistic)), f"chi-squared with {degrees}"


def half_chi_squared(null: str, method: str, statistic: float, caution: str) -> HypothesisTest:
    """Return a test of one parameter on the edge of its range.

    Under the null the statistic is zero with probability 1/2, else chi-squared with 1 degree of
    freedom. Source: Self and Liang (1987), Journal of the American Statistical Association
    82(398), 605-610, case 5.
    """
    p_value = 1.0 if statistic <= 0 else float(chdtrc(1, statistic)) / 2
    distribution = "half zero, half chi-squared with 1 degree of freedom"
    return HypothesisTest(null, method, statistic, 1, p_value, distribution, caution)
