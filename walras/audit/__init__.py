"""The auditors' suite: every invariant of the exchange, checked while it lives, on a fast EVM (docs/invariants.md)."""
