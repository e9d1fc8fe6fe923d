"""`python -m walras`."""

from walras.cli import main

if __name__ == "__main__":
    main(prog_name="walras")
