"""The bars of quality: one module for each field, each with its `BARS`."""
