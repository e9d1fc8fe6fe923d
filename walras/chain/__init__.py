"""How the exchange is talked to off the chain: typed calls, endpoints, reads in batches, one sender a key."""
