"""Deadwax: from an album's manifest and its mixes to a delivery that can be sent."""

__version__ = "0.1.0"
