"""Who trades in the demo: each a seeded rule from what it can see of the chain to what it sends."""
