"""Where publishers hear of trades: `base` says what a venue is, one module a kind."""
