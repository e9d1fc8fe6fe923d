"""Tools for working on the project: compiler, size table, trap lint. Not needed to use the exchange."""
