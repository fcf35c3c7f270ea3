"""`wondernest openapi`: the API's description, and whether the committed copy still says the same."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from wondernest.app import create_app
from wondernest.platform.http.openapi import Format, Version, render
from wondernest.settings import load_settings

COMMITTED = Path("docs") / "openapi.yaml"
"""The copy that shows in a review what a change does to the API."""
SHOWN_LINES = 40


def document(fmt: Format, version: Version) -> bytes:
    """The description of the API as any installation with default settings serves it."""
    routes = create_app(load_settings({})).router.routes
    endpoints = {id(route.endpoint): route.endpoint for route in routes}  # an endpoint has a route for each mount
    return render(endpoints.values(), fmt, version)


def check(root: Path, say: Callable[[str], None]) -> bool:
    """Whether the committed copy is up to date and the older dialect can be made; says what differs."""
    document("json", "3.0")
    committed = root / COMMITTED
    there = committed.read_text(encoding="utf-8") if committed.exists() else ""
    fresh = document("yaml", "3.1").decode()
    if there == fresh:
        say(f"{COMMITTED} is up to date")
        return True
    lines = list(
        difflib.unified_diff(there.splitlines(), fresh.splitlines(), "committed", "declared", lineterm="", n=1)
    )
    for line in lines[:SHOWN_LINES]:
        say(line)
    if len(lines) > SHOWN_LINES:
        say(f"... and {len(lines) - SHOWN_LINES} lines more")
    say(f"the declarations and {COMMITTED} differ; if that is meant: wondernest openapi > {COMMITTED}")
    return False
