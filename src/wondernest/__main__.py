"""`python -m wondernest` is the command `wondernest`."""

from wondernest.cli import main

main()
