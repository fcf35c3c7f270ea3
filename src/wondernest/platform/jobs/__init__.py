"""Background jobs: enqueued in the transaction that causes them, run at least once by the jobs process.

Rooms import from here. Only the jobs process loads `runner` and what it imports (PgQueuer among it).
"""

from wondernest.platform.jobs.declarations import Handler, Job, Retry, Running, Schedule, Unrecoverable
from wondernest.platform.jobs.queue import ENQUEUE_FUNCTION, Args, Jobs, QueuedJobs, Sender, UnknownJob

__all__ = [
    "ENQUEUE_FUNCTION",
    "Args",
    "Handler",
    "Job",
    "Jobs",
    "QueuedJobs",
    "Retry",
    "Running",
    "Schedule",
    "Sender",
    "UnknownJob",
    "Unrecoverable",
]
