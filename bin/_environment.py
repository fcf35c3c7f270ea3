"""Creates the project's virtual environment from the lock file and runs commands in it.

Runs on the bare machine's Python, so it uses the standard library only and no syntax newer than Python 3.6.
"""

import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".synced.json"
OWN_UV = ROOT / ".local" / "uv"
OLDEST_PYTHON = (3, 11)
NEWEST_PYTHON_MINOR = 20
OLDEST_UV = (0, 8)


def run(parts, arguments):
    """Replace this process by `python <arguments>` in an environment with the parts; does not return."""
    prepare(parts)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(str(PYTHON), [str(PYTHON), *arguments])


def prepare(parts):
    """Bring .venv up to date with pyproject.toml and uv.lock; does nothing when it is.

    A part is `extra=name` or `group=name`: an extra or a dependency group of pyproject.toml.
    """
    _require_python()
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + (ROOT / "uv.lock").read_bytes()).hexdigest()
    synced = _read_stamp()
    have = set(synced.get("parts", []))
    if synced.get("digest") == digest and have.issuperset(parts) and PYTHON.exists():
        return
    wanted = sorted(have.union(parts))
    _say("making the environment from uv.lock ({}) ...".format(", ".join(wanted) or "no extras"))
    _sync(wanted)
    STAMP.write_text(json.dumps({"digest": digest, "parts": wanted}))
    _say("environment ready")


def _require_python():
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(NEWEST_PYTHON_MINOR, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which("python3.{}".format(minor))
        if newer and _output(newer, "--version").startswith("Python 3."):
            os.execv(newer, [newer, *sys.argv])
    _fail(
        "Python {}.{} or newer is needed; this is {} and no newer python3.x is on PATH.".format(
            *OLDEST_PYTHON, sys.version.split()[0]
        )
    )


def _read_stamp():
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def _sync(parts):
    command = [find_uv(), "sync", "--frozen", "--no-default-groups", "--no-python-downloads", "--quiet"]
    command += ["--" + part for part in parts]
    if not PYTHON.exists():
        command += ["--python", sys.executable]
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(VENV)}
    environment.pop("VIRTUAL_ENV", None)
    if _has_certificates():
        environment.setdefault("UV_SYSTEM_CERTS", "true")  # uv's own list rejects the certificate of a company's proxy
    if not _succeeds(command, environment):
        _fail("The environment could not be made; the lines above give the reason. Run the command again to retry.")


def find_uv():
    for candidate in (shutil.which("uv"), str(OWN_UV / "bin" / "uv")):
        if candidate and _uv_version(candidate) >= OLDEST_UV:
            return candidate
    _say("fetching uv with pip into .local/uv ...")
    fresh = OWN_UV.with_name("uv.new")
    shutil.rmtree(str(fresh), ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--target", str(fresh), "uv>={}.{}".format(*OLDEST_UV)]
    if not _succeeds(command, {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}):
        _fail(
            "uv could not be fetched with `{} -m pip`. Install pip for this Python (Debian: apt install python3-pip), "
            "or install uv yourself (https://docs.astral.sh/uv) and run the command again.".format(sys.executable)
        )
    shutil.rmtree(str(OWN_UV), ignore_errors=True)
    fresh.rename(OWN_UV)
    return str(OWN_UV / "bin" / "uv")


def _uv_version(binary):
    match = re.match(r"uv (\d+)\.(\d+)", _output(binary, "--version"))
    return (int(match.group(1)), int(match.group(2))) if match else (0,)


def _has_certificates():
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def _output(*command):
    """The output of a command; empty when it cannot run (a version manager's shim may have no program behind it)."""
    try:
        shown = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return ""
    return shown.stdout.decode(errors="replace")


def _succeeds(command, environment):
    run = subprocess.run(command, cwd=str(ROOT), env=environment, stdin=subprocess.DEVNULL, check=False)
    return run.returncode == 0


def _say(line):
    print("· " + line, file=sys.stderr, flush=True)


def _fail(line):
    sys.exit(line)
