"""Load scenarios for a WonderNest server: `python -m bench`, or `bin/bench`."""
