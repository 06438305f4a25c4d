"""How a validator says what is wrong and what would be right."""

from typing import TypedDict, cast

from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.manifest.places import Route

KIND = "deadwax"


class Wrong(TypedDict):
    """What `wrong` carries through pydantic; `inside` leads from the value judged to the culprit."""

    problem: str
    hint: str
    inside: Route


def wrong(problem: str, hint: str = "", inside: Route = ()) -> PydanticCustomError:
    """An error for a validator to raise, in the words the user will read."""
    return PydanticCustomError(KIND, "{problem}", {"problem": problem, "hint": hint, "inside": inside})


def carried(error: ErrorDetails) -> Wrong:
    """What `wrong` was given, of an error of its kind."""
    return cast(Wrong, error["ctx"])
