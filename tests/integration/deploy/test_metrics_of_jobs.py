"""What alerts rest on: an instance shows the queue of jobs only while it runs a jobs process, so the absence of the queue is an alert."""

from __future__ import annotations

import re

import httpx2

from tests.fixtures.processes import LiveServer, StartServer, wait_for

QUEUE = re.compile(r'(?m)^wondernest_jobs_queue\{state="(?P<state>[a-z]+)"\} (?P<number>[0-9.]+)$')


def queue(server: LiveServer) -> dict[str, float]:
    """The queue as the metrics show it."""
    text = httpx2.get(f"{server.base_url}/metrics", timeout=30).text
    assert "wondernest_start_time_seconds" in text
    return {match["state"]: float(match["number"]) for match in QUEUE.finditer(text)}


def test_an_instance_without_a_jobs_process_shows_no_queue(live_server: StartServer) -> None:
    assert queue(live_server()) == {}


def test_an_instance_with_one_shows_what_waits_and_what_is_dead(live_server: StartServer) -> None:
    server = live_server(JOBS_PROCESSES="1")
    wait_for(lambda: set(queue(server)) == {"waiting", "dead"}, "the queue in the metrics")
    assert queue(server)["dead"] == 0
