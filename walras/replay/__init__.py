"""Days of real markets, replayed through the contracts."""
