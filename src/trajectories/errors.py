"""Exceptions and warnings; each message says what was found, where, and what to change.

No message carries a person's data: counts of rows, row numbers and column names only.
"""

from __future__ import annotations


class TrajectoriesError(Exception):
    """Base class of every error that this package raises on purpose."""


class InputError(TrajectoriesError, ValueError):
    """Data or arguments that cannot be used as they are."""


class ModelFileError(InputError):
    """A saved model that is truncated, edited, or written by a newer version."""


class CheckpointError(InputError):
    """A checkpoint that is of another fit, was changed, or is none."""


class TargetError(InputError):
    """Targets for a synthetic register that contradict each other."""


class TrajectoriesWarning(UserWarning):
    """Base class of every warning that this package gives."""


class ExposureWarning(TrajectoriesWarning):
    """More time free than a cell of the panel lasts: days where years are meant, say."""


class WeightWarning(TrajectoriesWarning):
    """Weights that look like sampling weights, where numbers of persons are taken."""


class DegenerateSolutionWarning(TrajectoriesWarning):
    """The best solution found is not a proper one; the message names what is wrong with it."""


class MatchingWarning(TrajectoriesWarning):
    """Cases stay without controls, or persons are left out of a match; the message says why."""


class SeparationWarning(TrajectoriesWarning):
    """A variable tells two groups apart completely, so that an effect has no finite estimate."""
