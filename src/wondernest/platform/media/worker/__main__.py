"""Entry point: `python -m wondernest.platform.media.worker <control fd> <owner pid> <limits as JSON>`."""

from __future__ import annotations

import sys

import msgspec

from wondernest.platform.media.messages import Limits
from wondernest.platform.media.worker.server import Server

Server(int(sys.argv[1]), int(sys.argv[2]), msgspec.json.decode(sys.argv[3], type=Limits)).run()
