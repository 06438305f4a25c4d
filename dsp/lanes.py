"""Eight float64 that are worked on at once, as a type of numba's: for recursions that run side by side.

Loops over independent samples become vector code by themselves; a recursion does not, and neither do several
of them abreast. In a compiled function `load`, `store`, `+`, `-`, `*` and `moved_up` say it outright. Each
lane rounds as a float64 alone does, so that lanes and single steps give the same bits, on any processor; one
whose registers are narrower takes several of them.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending, types

LANES = 8
VECTOR = ir.VectorType(ir.DoubleType(), LANES)
ELEMENT_BYTES = 8


class LanesType(types.Type):
    """Of a value in compiled code; there is none outside."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES_TYPE: Any = LanesType()
PAIR_TYPE: Any = types.UniTuple(types.float64, 2)  # type: ignore[no-untyped-call]


@extending.register_model(LanesType)
class LanesModel(extending.models.PrimitiveModel):
    """One register, or as many as the processor needs for it."""

    def __init__(self, manager: Any, kind: LanesType) -> None:
        super().__init__(manager, kind, VECTOR)  # type: ignore[no-untyped-call]


def _load(typing: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        return builder.load(place, align=ELEMENT_BYTES)

    return LANES_TYPE(array, types.intp), generate


def _store(typing: Any, array: Any, at: Any, lanes: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=ELEMENT_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES_TYPE), generate


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), VECTOR.as_pointer())


def _moved_up(typing: Any, lanes: Any, first: Any, second: Any) -> Any:
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0, 1, *range(LANES, 2 * LANES - 2)])

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes, *new = arguments
        front = ir.Constant(VECTOR, ir.Undefined)
        for place, value in enumerate(new):
            front = builder.insert_element(front, value, _number(place))
        return builder.shuffle_vector(front, lanes, order)

    return LANES_TYPE(LANES_TYPE, types.float64, types.float64), generate


def _last_two(typing: Any, lanes: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = [builder.extract_element(arguments[0], _number(LANES - 2 + place)) for place in range(2)]
        return context.make_tuple(builder, PAIR_TYPE, values)

    return PAIR_TYPE(LANES_TYPE), generate


def _number(place: int) -> Any:
    return ir.Constant(ir.IntType(32), place)


# load(array, at): eight neighbours in a contiguous float64 array of one dimension; places are not checked.
load: Any = extending.intrinsic(_load)
# store(array, at, lanes): the reverse.
store: Any = extending.intrinsic(_store)
# moved_up(lanes, first, second): lanes 0 to 5 as 2 to 7, behind two floats; the last two are dropped.
moved_up: Any = extending.intrinsic(_moved_up)
# last_two(lanes): lanes 6 and 7, as floats.
last_two: Any = extending.intrinsic(_last_two)


def _define(symbol: Callable[..., Any], instruction: str) -> None:
    """What an operator means between lanes: one instruction, lane by lane."""

    def instructed(typing: Any, left: Any, right: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*arguments)

        return LANES_TYPE(LANES_TYPE, LANES_TYPE), generate

    inlined: Any = extending.intrinsic(instructed)

    def chosen(left: Any, right: Any) -> Any:
        both = isinstance(left, LanesType) and isinstance(right, LanesType)
        return (lambda left, right: inlined(left, right)) if both else None

    extending.overload(symbol, strict=False)(chosen)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
