"""Left and right as one value, a type of numba's: recursions over both channels cost what one of them does.

As `dsp.lanes`, with two lanes. In a compiled function there are `load`, `store`, `+`, `-`, `*` and `swapped`.
Each lane rounds as a float64 alone does.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import extending, njit, types
from numpy.typing import NDArray

Array = NDArray[np.float64]
Four = tuple[Any, Any, Any, Any]

VECTOR = ir.VectorType(ir.DoubleType(), 2)
ELEMENT_BYTES = 8


class PairType(types.Type):
    """Of a value in compiled code; there is none outside."""

    def __init__(self) -> None:
        super().__init__(name="Pair")


PAIR_TYPE: Any = PairType()


@extending.register_model(PairType)
class PairModel(extending.models.PrimitiveModel):
    """One register."""

    def __init__(self, manager: Any, kind: PairType) -> None:
        super().__init__(manager, kind, VECTOR)  # type: ignore[no-untyped-call]


def _load(typing: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_place(context, builder, signature, arguments), align=ELEMENT_BYTES)

    return PAIR_TYPE(array, types.intp), generate


def _store(typing: Any, array: Any, at: Any, pair: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        builder.store(arguments[2], place, align=ELEMENT_BYTES)
        return context.get_dummy_value()

    return types.void(array, types.intp, PAIR_TYPE), generate


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), VECTOR.as_pointer())


def _swapped(typing: Any, pair: Any) -> Any:
    order = ir.Constant(ir.VectorType(ir.IntType(32), 2), [1, 0])

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.shuffle_vector(arguments[0], arguments[0], order)

    return PAIR_TYPE(PAIR_TYPE), generate


# load(array, at): two neighbours in a contiguous float64 array of one dimension; places are not checked.
load: Any = extending.intrinsic(_load)
# store(array, at, pair): the reverse.
store: Any = extending.intrinsic(_store)
# swapped(pair): the second, the first.
swapped: Any = extending.intrinsic(_swapped)


def _define(symbol: Callable[..., Any], instruction: str) -> None:
    """What an operator means between pairs: one instruction, lane by lane."""

    def instructed(typing: Any, left: Any, right: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*arguments)

        return PAIR_TYPE(PAIR_TYPE, PAIR_TYPE), generate

    inlined: Any = extending.intrinsic(instructed)

    def chosen(left: Any, right: Any) -> Any:
        both = isinstance(left, PairType) and isinstance(right, PairType)
        return (lambda left, right: inlined(left, right)) if both else None

    extending.overload(symbol, strict=False)(chosen)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")


@njit(nogil=True, cache=True)
def load_four(array: Array, at: int) -> Four:
    """Eight numbers from a place on."""
    return load(array, at), load(array, at + 2), load(array, at + 4), load(array, at + 6)


@njit(nogil=True, cache=True)
def store_four(array: Array, at: int, four: Four) -> None:
    """The reverse."""
    first, second, third, fourth = four
    store(array, at, first)
    store(array, at + 2, second)
    store(array, at + 4, third)
    store(array, at + 6, fourth)
