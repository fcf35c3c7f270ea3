"""Work that must happen: enqueued with the data that causes it, done at least once by the jobs process.

Rooms use what stands here. `runner` and what it imports (the library among it) is loaded by the jobs process only.
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
