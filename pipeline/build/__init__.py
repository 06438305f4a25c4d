"""Building an album: what is up to date, in which order the rest runs, and the swap at the end."""
