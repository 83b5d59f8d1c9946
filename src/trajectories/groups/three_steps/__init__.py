"""Three steps: groups first, persons to groups second, what goes with the groups third.

Covariates do not move the groups, and the error of assigning persons to groups is corrected for.
"""

from __future__ import annotations
