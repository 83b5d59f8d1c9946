"""Several outcomes at once, and leaving the study: models joined by the groups of their units."""
