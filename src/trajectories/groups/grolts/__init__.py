"""The reporting checklist of trajectory studies."""
