"""An album that is built once, for programs of others to read."""

from tests.end_to_end import whole_album

__all__ = ["whole_album"]
