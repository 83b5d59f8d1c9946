"""How sure the estimates are: covariances, bands, tests, bootstrap."""
