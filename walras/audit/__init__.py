"""The auditors' suite: every invariant of the exchange, while it lives on a fast EVM (docs/invariants.md)."""
