"""The bars of quality: modules by what they measure, each with its `BARS`."""

import importlib
import pkgutil

from benchmarks.bars.bar import Bar


def all_bars() -> list[Bar]:
    """Every bar, field after field."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}") for name in modules]
    return [bar for module in found for bar in getattr(module, "BARS", ())]
