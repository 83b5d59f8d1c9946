"""Saved models: text with a checksum and golden profiles, without persons."""
