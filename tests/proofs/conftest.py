"""What takes long is run by `make proofs`, and left out of other runs: larger universes of books."""

import os

AT_LENGTH = ["test_larger_books.py"]

collect_ignore = [] if os.environ.get("PROOFS") else AT_LENGTH
