"""The search for the maximum: data made ready, starts, EM and Newton, what went wrong."""
