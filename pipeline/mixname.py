"""What a change of mix is called."""

import re
from pathlib import PurePath


def mix_step(before: str, now: str) -> str:
    """`v4 → v5` where that is how the files' names differ, or the names; empty for the same path."""
    if before == now:
        return ""
    old, new = PurePath(before).name, PurePath(now).name
    tokens = [re.split(r"[\s_.()\[\]-]+", name) for name in (old, new)]
    if len(tokens[0]) == len(tokens[1]):
        different = [(a, b) for a, b in zip(*tokens, strict=True) if a != b]
        if len(different) == 1 and any(c.isdigit() for c in different[0][0] + different[0][1]):
            return " → ".join(different[0])
    return f"{old} → {new}" if old != new else f"{before} → {now}"
