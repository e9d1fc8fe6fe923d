"""Keepers: the processes that run what anyone may run on the exchange. docs/keepers.md."""
