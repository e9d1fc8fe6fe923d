"""The exact models of walras.model, told the steps of a story too, and compared after each."""

from walras.audit.beside.beside import FROM_CHAIN, Beside

__all__ = ["FROM_CHAIN", "Beside"]
