"""Group probabilities that depend on covariates of persons, estimated with the curves."""
