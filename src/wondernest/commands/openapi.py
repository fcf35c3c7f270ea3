"""`wondernest openapi`: the API's description, and whether the committed copy is up to date."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

from wondernest.app import create_app
from wondernest.platform.http.openapi import Format, Version, render
from wondernest.settings import load_settings

COMMITTED = Path("docs") / "openapi.yaml"
"""The committed copy, so that a review shows every change of the API."""
SHOWN_LINES = 40


def document(fmt: Format, version: Version) -> bytes:
    """The description of the API with default settings."""
    routes = create_app(load_settings({})).router.routes
    endpoints = {id(route.endpoint): route.endpoint for route in routes}  # an endpoint has a route for each mount
    return render(endpoints.values(), fmt, version)


def check(root: Path, print_line: Callable[[str], None]) -> bool:
    """Whether the committed copy is up to date; prints the differences. Also makes the 3.0 version once, to check that it can."""
    document("json", "3.0")
    committed = root / COMMITTED
    there = committed.read_text(encoding="utf-8") if committed.exists() else ""
    fresh = document("yaml", "3.1").decode()
    if there == fresh:
        print_line(f"{COMMITTED} is up to date")
        return True
    lines = list(
        difflib.unified_diff(there.splitlines(), fresh.splitlines(), "committed", "declared", lineterm="", n=1)
    )
    for line in lines[:SHOWN_LINES]:
        print_line(line)
    if len(lines) > SHOWN_LINES:
        print_line(f"... and {len(lines) - SHOWN_LINES} lines more")
    print_line(f"the declarations and {COMMITTED} differ; if that is meant: wondernest openapi > {COMMITTED}")
    return False
