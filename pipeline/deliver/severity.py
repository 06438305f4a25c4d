"""How bad a moment of a cut is, in a word, by how many dB its level would have to come down."""

# From where a moment is worth a word, and from where it is in need of one.
NOTICE_DB, WARNING_DB, SEVERE_DB = -2.0, 0.0, 3.0
# Tracing distortion is calculated for a tip that stays in the groove: beyond this it says no more than that.
UNTRACEABLE_PERCENT = 30.0


def severity_word(severity_db: float) -> str:
    """notice, warning or severe."""
    if severity_db >= SEVERE_DB:
        return "severe"
    return "warning" if severity_db >= WARNING_DB else "notice"
