"""What the tests stand on: a fast EVM and the book beside its model."""
