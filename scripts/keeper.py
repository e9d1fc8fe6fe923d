"""ape run keeper: as `walras keeper`. docs/keepers.md."""

from walras.cli import keeper as cli

__all__ = ["cli"]
