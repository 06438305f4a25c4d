"""Albums that are built once, for the tests of whole builds."""

from tests.end_to_end import small_album, small_copy, whole_album

__all__ = ["small_album", "small_copy", "whole_album"]
