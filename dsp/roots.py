"""Where a function crosses zero."""

from collections.abc import Callable


def crossing(function: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """A place within `tolerance` of one where a function changes its sign, between `low` and `high`.

    By a parabola through the last three points where that is safe, by halves where it is not. Where the
    function jumps over zero, that is the place.

    Raises:
        ValueError: it has the same sign at both ends.

    Source: T. R. Chandrupatla, A new hybrid quadratic/bisection algorithm for finding the zero of a nonlinear
    function without using derivatives, Advances in Engineering Software 28, 1997.
    """
    near, far = (low, function(low)), (high, function(high))
    if near[1] * far[1] > 0.0:
        raise ValueError(f"the function has one sign at {low:g} and {high:g}")
    share = 0.5
    while True:
        place = near[0] + share * (far[0] - near[0])
        found = (place, function(place))
        if (found[1] > 0.0) == (near[1] > 0.0):
            behind = near
        else:
            behind, far = far, near
        near = found
        best = min(near, far, key=lambda point: abs(point[1]))
        least = 0.5 * tolerance / abs(far[0] - near[0])
        if best[1] == 0.0 or least >= 0.5:
            return best[0]
        share = min(max(_share(near, far, behind), least), 1.0 - least)


def _share(near: tuple[float, float], far: tuple[float, float], behind: tuple[float, float]) -> float:
    """Where to look next, 0 at `near` and 1 at `far`; `behind` is the last point that was given up."""
    (a, at_a), (b, at_b), (c, at_c) = near, far, behind
    place, level = (a - b) / (c - b), (at_a - at_b) / (at_c - at_b)
    if level**2 < place and (1.0 - level) ** 2 < 1.0 - place:
        quadratic = at_a / (at_b - at_a) * at_c / (at_b - at_c)
        return quadratic + (c - a) / (b - a) * at_a / (at_c - at_a) * at_b / (at_c - at_b)
    return 0.5
