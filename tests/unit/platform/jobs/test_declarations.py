"""Names are checked at the start; arguments hold ids and numbers."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from typing import Any
from uuid import uuid4

import pytest

from wondernest.platform.jobs import Job, QueuedJobs, Running, Schedule, UnknownJob
from wondernest.platform.recording import Unrecorded


async def work(_: Running) -> None:
    return None


class Statements:
    """Takes statements and keeps their values."""

    def __init__(self) -> None:
        self.values: list[tuple[object, ...]] = []

    async def fetchval(self, _: str, *values: object) -> object:
        self.values.append(values)
        return 1


KNOWN = Job("auth.known", work, unrecorded=Unrecorded.NOBODY)


def test_a_name_that_no_room_declares_stops_the_start() -> None:
    jobs = QueuedJobs()
    jobs.sender("auth.known")
    jobs.check([KNOWN], [Schedule("auth.known", "0 * * * *", "auth.known")])
    jobs.sender("auth.misspelt")
    with pytest.raises(UnknownJob, match=r"auth\.misspelt"):
        jobs.check([KNOWN], [])


def test_a_schedule_of_no_job_a_job_declared_twice_and_one_by_age_without_a_schedule_stop_the_start() -> None:
    with pytest.raises(UnknownJob, match=r"auth\.gone"):
        QueuedJobs().check([], [Schedule("auth.gone", "0 * * * *", "auth.gone")])
    with pytest.raises(UnknownJob, match=r"no schedule brings it again: \['auth\.old'\]"):
        QueuedJobs().check([Job("auth.old", work, by_age=True)], [])
    with pytest.raises(UnknownJob, match="declared twice"):
        QueuedJobs().check([KNOWN] * 2, [])


def test_a_job_that_declares_no_access_and_no_reason_or_both_stops_the_start() -> None:
    for job in (
        Job("auth.silent", work),
        Job("auth.silent", work, accesses=Reason.OTHER, unrecorded=Unrecorded.NOBODY),
    ):
        with pytest.raises(ValueError, match=r"auth\.silent"):
            QueuedJobs().check([KNOWN, job], [])


class Reason(Enum):
    OTHER = "other"


async def test_arguments_are_ids_and_numbers_never_text() -> None:
    executor: Any = Statements()
    send, user = QueuedJobs().sender("auth.known"), uuid4()
    await send(executor, {"user": user, "count": 2, "nobody": None}, key="one")
    assert executor.values == [("auth.known", f'{{"user":"{user}","count":2,"nobody":null}}'.encode(), "one")]
    strange: Any = {"email": "ann@example.com"}
    with pytest.raises(TypeError, match="email"):
        await send(executor, strange)


def test_request_workers_load_neither_the_library_nor_what_drives_it() -> None:
    program = (
        "import sys, wondernest.supervisor.worker as worker, wondernest.settings as settings\n"
        "worker.create_app(settings.load_settings({'DATABASE_URL': 'postgresql://nobody@127.0.0.1:1/none'}))\n"
        "loaded = [name for name in sys.modules if name.startswith(('pgqueuer', 'pydantic', 'croniter', "
        "'wondernest.platform.jobs.library', 'wondernest.platform.jobs.runner'))]\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
