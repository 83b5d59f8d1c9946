"""The numerical knobs of a fit, in one validated object."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trajectories.errors import InputError


@dataclass(frozen=True, slots=True)
class Control:
    """Numerical settings; the defaults are meant to be left alone.

    Attributes
    ----------
    n_starts : int
        Random starts.
    n_finish : int
        Best starts that are run to a stationary point.
    sample_size : int
        Starts are compared on at most this many (distinct) histories.
    first_steps, second_steps : int
        EM steps of all starts, and of the better third of them.
    em_steps : int
        EM steps on the whole panel before Newton takes over.
    newton_steps : int
        Limit on Newton steps; reaching it is ``iteration_limit``.
    gain_tolerance : float
        Stop when the log-likelihood is expected to rise by less than this.
    gradient_tolerance : float
        ... and no score per person is larger than this.
    replicate_tolerance : float
        Starts whose log-likelihoods differ by less than this reached the same value.
    """

    n_starts: int = 60
    n_finish: int = 12
    sample_size: int = 4_000
    first_steps: int = 12
    second_steps: int = 30
    em_steps: int = 40
    newton_steps: int = 100
    gain_tolerance: float = 1e-8
    gradient_tolerance: float = 1e-6
    replicate_tolerance: float = 1e-3

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole = field.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                kind = "a whole number" if whole else "a number"
                raise InputError(f"{field.name} must be {kind}, not {value!r}")
            if value <= 0:
                raise InputError(f"{field.name} must be above 0, not {value!r}")
