"""Proofs that take long are run by `make proofs`, and left out of other runs; so are larger universes."""

import os

AT_LENGTH = [
    "test_packing.py",
    "test_rounding.py",
    "test_funding.py",
    "test_slots.py",
    "test_larger_books.py",
]

collect_ignore = [] if os.environ.get("PROOFS") else AT_LENGTH
