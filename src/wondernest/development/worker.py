"""A worker process of `wondernest dev`: the production one, with the pages of development. Run by the master only."""

from __future__ import annotations

import sys

from wondernest.development.room import build
from wondernest.supervisor.worker import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], more=(build,)))
