"""The pages of consent in a real browser: axe finds nothing to complain about, and nothing is loaded from elsewhere.

It needs Chromium (`CHROMIUM`, or on the PATH) and axe-core (`AXE_CORE`, the path of axe.min.js; or the package axe-playwright-python),
and is skipped without them.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from tests.contract.test_consent_pages import every_page
from tests.fixtures.consents import Nest, nest
from wondernest.platform.languages import LANGUAGES
from wondernest.settings import Settings

TIMEOUT_S: Final = 60.0
PHONE: Final = "360,740"
RESULT: Final = re.compile(r'<pre id="axe-result">(.*?)</pre>', re.DOTALL)
RUN: Final = """
    axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(found => {
        const pre = document.createElement("pre"), root = document.scrollingElement;
        pre.id = "axe-result";
        pre.textContent = btoa(unescape(encodeURIComponent(JSON.stringify({
            violations: found.violations.map(one => [one.id, one.nodes.map(node => node.html)]),
            passes: found.passes.length,
            overflows: root.scrollWidth > root.clientWidth,
        }))));
        document.body.append(pre);
    });"""


def chromium() -> str | None:
    """Chromium's path."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def axe() -> Path | None:
    """The path of axe-core."""
    if named := os.environ.get("AXE_CORE"):
        return Path(named)
    package = find_spec("axe_playwright_python")
    path = None if package is None or package.origin is None else Path(package.origin).with_name("axe.min.js")
    return path if path is not None and path.exists() else None


pytestmark = pytest.mark.skipif(chromium() is None or axe() is None, reason="Chromium or axe-core is not installed")


@pytest.fixture
async def home(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Nest]:
    async with nest(make_settings, database_url) as running:
        yield running


async def examined(answer: httpx2.Response, folder: Path) -> dict[str, Any]:
    """What axe says of a page on a phone. The page is a file, because its own policy lets no script run."""
    script, browser = axe(), chromium()
    assert script is not None
    assert browser is not None
    page = folder / "page.html"
    code = f"<script>{script.read_text(encoding='utf-8')}</script><script>{RUN}</script></body>"
    page.write_text(answer.text.replace("</body>", code), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={PHONE}",
        "--virtual-time-budget=10000",
        "--dump-dom",
        page.as_uri(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with asyncio.timeout(TIMEOUT_S):
        dumped, _ = await process.communicate()
    found = RESULT.search(dumped.decode())
    assert found is not None, dumped[-2000:]
    return json.loads(base64.b64decode(found[1]))


@pytest.mark.timeout(400)  # a browser for each page
@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_on_any_page_on_a_phone(home: Nest, tmp_path: Path, language: str) -> None:
    pages = {name: answer async for name, answer in every_page(home, language)}
    pages["notice"] = await home.client.get(f"/coppa/notice?language={language}")
    for name, answer in pages.items():
        found = await examined(answer, tmp_path)
        assert (found["violations"], found["overflows"]) == ([], False), name
        assert found["passes"] > 5, name
