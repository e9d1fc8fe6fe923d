"""The exchange in plain Python integers: exact, slow and readable. The contracts are compared with it."""
