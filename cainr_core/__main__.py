"""`python -m cainr_core` is the command `cainr`."""

from cainr_core.cli import main

main()
