"""Every command either records what it does with children's data, or has a reason to record nothing."""

from __future__ import annotations

from typing import Any

from wondernest.access.accesses import Operator
from wondernest.commands.app import app

ON_RECORD = {
    "consent verify": Operator.CONSENT_CHECK,
    "consent refusals": Operator.REFUSAL_COUNT,
    "events archive": Operator.EVENT_ARCHIVE,
    "events forget": Operator.ARCHIVE_ERASURE,
    "privacy reapply": Operator.ERASED_AGAIN,
}
"""Their tests, which look for the row: tests/integration/coppa/test_verify_command.py, commands/test_refusals.py, analytics/test_archive.py,
privacy/test_restored_backup.py."""
NOT_ON_RECORD = {
    "they are the service itself, whose routes and jobs are recorded": {"serve", "work"},
    "development alone": {"dev", "seed"},
    "they read and change the schema, or what is declared": {
        "migrate",
        "doctor",
        "tune",
        "openapi",
        "privacy",
        "privacy map",
    },
    "the library belongs to no family": {"content import", "content export"},
    "they show names and decide about jobs, which are recorded when they run": {"jobs list", "jobs retry", "jobs drop"},
}


def commands(group: Any, before: str = "") -> set[str]:
    """Every command, with its group."""
    found: set[str] = set()
    for name in group:
        if not name.startswith("-"):
            below = commands(group[name], f"{before}{name} ")
            found |= below
            if not below or group[name].default_command is not None:
                found.add(before + name)
    return found


def test_every_command_is_on_record_or_in_the_list_of_those_that_are_not() -> None:
    silent = [name for names in NOT_ON_RECORD.values() for name in names]
    assert sorted([*ON_RECORD, *silent]) == sorted(commands(app))
    assert set(ON_RECORD.values()) == set(Operator)
