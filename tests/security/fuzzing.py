"""Runs schemathesis on a server's own OpenAPI document."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Role = Literal["parent", "nobody"]
HOOKS = "tests.security.fuzz_hooks"
LONG: Final = ("coverage", "fuzzing", "stateful")
SHORT: Final[Mapping[Role, Sequence[str]]] = {"parent": ("coverage", "fuzzing"), "nobody": ("fuzzing",)}
"""Fewer cases in the suite: none of them may pass the token check anyway."""
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
TIMEOUT_S = 3_600.0


@dataclass(frozen=True)
class Outcome:
    """The result of a run."""

    passed: bool
    cases: int
    text: str


def fuzz(base_url: str, role: Role, *, phases: Sequence[str], examples: int, seed: int, folder: Path) -> Outcome:
    """Send generated requests, up to `cases` for each operation and phase, with all checks."""
    words = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        f"--config-file={CONFIGURATION}",
        "run",
        f"{base_url}/openapi.json",
    ]
    words += [f"--phases={','.join(phases)}", "--checks=all"]
    words += [f"--max-examples={examples}", f"--seed={seed}", "--suppress-health-check=all", "--continue-on-failure"]
    words += ["--warnings=off", "--no-color"]
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "SCHEMATHESIS_HOOKS": HOOKS,
        "FUZZ_URL": base_url,
        "FUZZ_AS": role,
    }
    run = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    counted = re.search(r"(\d+) generated", run.stdout)
    return Outcome(run.returncode == 0, int(counted[1]) if counted else 0, run.stdout + run.stderr)
