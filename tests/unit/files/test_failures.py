"""What a worker remembers of variants that could not be made."""

from __future__ import annotations

from wondernest.files.content import MAX_REMEMBERED, Failures


def test_a_failed_variant_waits_for_its_time() -> None:
    failures = Failures()
    failures.note("a", 3600)
    failures.note("b", -1)
    assert "a" in failures
    assert "b" not in failures, "its time is over"
    assert "c" not in failures


def test_the_oldest_failure_is_forgotten_first() -> None:
    failures = Failures()
    for number in range(MAX_REMEMBERED + 1):
        failures.note(str(number), 3600)
    failures.note("1", 3600)
    failures.note("new", 3600)
    assert "0" not in failures
    assert "1" in failures, "it failed again"
    assert "2" not in failures
