"""The command line's options, checked before anything starts."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

QUICK = (
    "S1",
    "S2",
    "S3",
    "S3b",
    "S3c",
    "S4",
    "S4b",
    "S5",
    "S3 light",
    "S4 light",
    "S5 light",
    "S6",
    "S6b",
    "S6c",
    "S7",
    "S8",
    "S10",
)
LONG = ("S6c growth", "S6c history", "S9", "S11", "S12")
"""Run only when named: S9, `S6c growth` and `S6c history` build databases of up to a million saves, engagements or events; S11 takes `--seconds` as its
whole length."""
NEEDS_OWN_SERVER = frozenset({"S6c growth", "S6c history", "S9", "S10"})
SIZES = (10_000, 100_000, 1_000_000)
SAVES_OF_A_FAMILY = 20
MOST_SAVES = 10**8


@dataclass(frozen=True, slots=True)
class Options:
    """One run. Without `url` the bench starts a server of its own."""

    url: str | None
    against: str | None
    """A URL, or a command to start."""
    scenarios: tuple[str, ...]
    seconds: float
    rounds: int
    connections: int
    families: int
    workers: int | None
    database_url: str | None
    jwt_secret: str | None
    gzip: bool
    half_load: bool
    save: bool
    sizes: tuple[int, ...] = SIZES
    """Saves in the databases of S9; `--plans` takes the largest."""
    plans: bool = False
    """Record the plans of the hot statements, and nothing else."""


def parse(words: Sequence[str]) -> Options:
    """The options; ends the program with one line when they are invalid."""
    parser = _parser()
    given = parser.parse_args(words)
    try:
        scenarios, sizes = _scenarios(given.scenario), _sizes(given.sizes)
        if given.plans and (given.url or given.against or given.database_url or given.scenario):
            raise ValueError("--plans works on a database that the bench starts itself, and runs no scenario")
        addresses = [given.url, given.against if is_url(given.against) else None, given.database_url]
        for address in filter(None, addresses):
            _require_loopback(address)
        if given.url and (needing := NEEDS_OWN_SERVER.intersection(scenarios)):
            if given.scenario:
                raise ValueError(f"{', '.join(sorted(needing))}: only with a server that the bench starts itself")
            scenarios = tuple(name for name in scenarios if name not in needing)
        secret = given.jwt_secret or os.environ.get("JWT_SECRET")
        if given.url and set(scenarios) != {"S1"} and not (given.database_url and secret):
            raise ValueError("a URL needs --database-url for the data set, and the server's JWT_SECRET for its tokens")
    except ValueError as error:
        parser.error(str(error))
    return Options(
        url=given.url,
        against=given.against,
        scenarios=scenarios,
        seconds=given.seconds,
        rounds=given.rounds,
        connections=given.connections,
        families=given.families,
        workers=given.workers,
        database_url=given.database_url,
        jwt_secret=secret,
        gzip=given.gzip,
        half_load=given.half_load,
        save=given.save,
        sizes=sizes,
        plans=given.plans,
    )


def is_url(text: str | None) -> bool:
    """Whether `--against` names an address, not a command."""
    return text is not None and text.startswith("http://")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Load scenarios against a server on this machine.")
    add = parser.add_argument
    add("url", nargs="?", metavar="URL", help="a running server; without it one is started, with its own database")
    add("--scenario", metavar="S1,S2,...", help=f"of {', '.join((*QUICK, *LONG))}; default: all but {', '.join(LONG)}")
    add(
        "--against",
        metavar="URL|COMMAND",
        help="a second server, measured in turns: an address, or a command to start it",
    )
    add("--seconds", type=_duration, default=10.0, help="of each round (default 10)")
    add("--rounds", type=_count, default=3, help="medians are taken over them (default 3)")
    add("--connections", type=_count, default=64, help="keep-alive connections (default 64)")
    add("--families", type=_count, default=10_000, help="with 2 children and 20 saves each (default 10000)")
    add("--workers", type=_count, help="WORKERS of the server that the bench starts")
    add("--database-url", metavar="URL", help="the server's database; without a server URL: use this, start no own")
    add("--jwt-secret", metavar="SECRET", help="the server's JWT_SECRET; better given as that variable")
    add("--gzip", action="store_true", help="ask for compressed answers, as the clients do")
    add("--half-load", action="store_true", help="then measure p99 at half of the throughput found")
    add("--save", action="store_true", help="append the table to bench/RESULTS.md")
    add("--sizes", metavar="1e4,1e5,...", help="saves in the databases of S9 (default 1e4,1e5,1e6; 1e7 takes 25 GB)")
    add("--plans", action="store_true", help="explain the hot statements at the largest of --sizes into bench/plans/")
    return parser


def _scenarios(text: str | None) -> tuple[str, ...]:
    if text is None:
        return QUICK
    known = {name.lower(): name for name in (*QUICK, *LONG)}
    wanted = [word.strip().lower() for word in text.split(",") if word.strip()]
    if unknown := [word for word in wanted if word not in known]:
        raise ValueError(f"no such scenario: {', '.join(unknown)}")
    return tuple(known[word] for word in wanted)


def _sizes(text: str | None) -> tuple[int, ...]:
    """Numbers of saves of whole families, ascending; raises ValueError."""
    if text is None:
        return SIZES
    sizes = sorted({_saves(word) for word in text.split(",")})
    return tuple(sizes)


def _saves(text: str) -> int:
    value = float(text)
    if not SAVES_OF_A_FAMILY <= value <= MOST_SAVES or value % SAVES_OF_A_FAMILY:
        raise ValueError(f"{text}: a family has {SAVES_OF_A_FAMILY} saves, and {MOST_SAVES:,} are enough")
    return int(value)


def _require_loopback(address: str) -> None:
    """Raises ValueError unless the address can only be this machine: load must never hit another one by mistake."""
    parts = urlsplit(address)
    hosts = [parts.hostname or "", *parse_qs(parts.query).get("host", [])]
    for host in filter(None, hosts):
        if host == "localhost" or host.startswith("/"):
            continue
        try:
            loopback = ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise ValueError(f"{host}: the bench only loads servers of this machine (127.0.0.1, ::1, localhost)")
    if not any(hosts):
        raise ValueError("an address without a host")


def _count(text: str) -> int:
    if (value := int(text)) < 1:
        raise ValueError
    return value


def _duration(text: str) -> float:
    if not 0 < (value := float(text)) < float("inf"):
        raise ValueError
    return value
