"""Snapshots: what a decision looks at, read at one block in as few requests as it takes."""
