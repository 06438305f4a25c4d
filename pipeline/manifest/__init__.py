"""The manifest: what `album.yaml` may say, what it says, and where it says it."""
