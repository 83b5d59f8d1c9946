"""Which model: candidates side by side, criteria, cross-validation, the bootstrap test."""
