"""Why a fit stopped; every way of stopping has a name and advice."""

from __future__ import annotations

from enum import StrEnum


class StopReason(StrEnum):
    """The way a fit ended. Only ``CONVERGED`` is a proper interior maximum."""

    CONVERGED = "converged"
    BOUNDARY = "boundary"
    ITERATION_LIMIT = "iteration_limit"
    STALLED = "stalled"
    SINGULAR_INFORMATION = "singular_information"
    EMPTY_GROUP = "empty_group"
    DUPLICATE_GROUPS = "duplicate_groups"
    RUNAWAY_GROUP = "runaway_group"
    CANCELLED = "cancelled"

    @property
    def advice(self) -> str:
        """What to do about it, in one sentence."""
        return _ADVICE[self]


_ADVICE = {
    StopReason.CONVERGED: "The gradient is zero and the information positive definite.",
    StopReason.BOUNDARY: (
        "A parameter ran off to where the model becomes a simpler one; give that group "
        "fewer terms (a lower degree, inflation_degree=-1 for no extra zeros), or take the simpler "
        "family. Its standard errors are withheld."
    ),
    StopReason.ITERATION_LIMIT: (
        "The gradient was not zero when the step limit was reached; raise newton_steps, or "
        "simplify the model."
    ),
    StopReason.STALLED: (
        "Rounding keeps the likelihood from rising although the gradient is not zero; simplify the "
        "model, or look for outcomes or exposures of very different size."
    ),
    StopReason.SINGULAR_INFORMATION: (
        "The data do not determine every parameter; lower the degree or the number of groups."
    ),
    StopReason.EMPTY_GROUP: (
        "A group holds less than one person; fit fewer groups, and do not report this solution."
    ),
    StopReason.DUPLICATE_GROUPS: (
        "Two groups have the same curve, so there are fewer groups than asked for; fit fewer."
    ),
    StopReason.RUNAWAY_GROUP: (
        "A rate ran off far above any that was observed, or the spread of a group went to zero; "
        "lower the degree of the curve or of the inflation, or let all groups share one spread, "
        "and do not report this solution."
    ),
    StopReason.CANCELLED: (
        "The search was cancelled, and this is the best of what it had found; fit again to the end "
        "before you report it. With a checkpoint the fit goes on where it stopped."
    ),
}
