"""Deadwax: from an album's manifest and its mixes to a delivery that can be sent."""

from pipeline.kernel_cache import find_place

__version__ = "0.1.0"

find_place()
