"""Rooms together: two rooms that declare the same stop the start; the rights needed are the union of their declarations."""

from __future__ import annotations

import pytest

from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.personal_data import USER, GeneralGround, Holding, Party
from wondernest.platform.rooms import READ, Hook, Room, Rooms, Table
from wondernest.platform.usage import UsageLine


def holding(table: str) -> Holding:
    grounds, seen_by = (GeneralGround.CONTRACT,), (Party.OWNER,)
    return Holding(
        table=table,
        people={"user_id": USER},
        what="Things",
        why="Reasons",
        kept="A while",
        grounds=grounds,
        seen_by=seen_by,
    )


def line(name: str) -> UsageLine:
    return UsageLine(name=name, of=USER, query="0")


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        (Room(name="a"), Room(name="a"), "room declared twice: a"),
        (Room(name="a", tables=[Table("s.t")]), Room(name="b", tables=[Table("s.t")]), "table declared twice: s.t"),
        (Room(name="a", metrics=["m"]), Room(name="b", metrics=["m"]), "metric declared twice: m"),
        (Room(name="a", usage=[line("n")]), Room(name="b", usage=[line("n")]), "usage line declared twice: n of user"),
    ],
)
def test_two_rooms_that_claim_the_same_stop_the_start(one: Room, other: Room, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Rooms((one, other))


def test_personal_data_in_an_undeclared_table_stops_the_start() -> None:
    with pytest.raises(ValueError, match="personal data in tables it does not declare"):
        Rooms((Room(name="a", personal_data=[holding("s.t")]),))


def test_a_table_without_queries_is_not_needed() -> None:
    asked, kept = Table("s.asked", READ, columns=("late",)), Table("s.kept", rights=())
    rooms = Rooms((Room(name="a", tables=[asked, kept]),))
    assert rooms.needed == ("s.asked", "s.asked.late")
    assert rooms.rights == (("s.asked", "select"),)


def test_a_metric_that_does_not_exist_stops_the_start() -> None:
    rooms = Rooms((Room(name="a", metrics=["made", "misspelt"]),))
    with pytest.raises(ValueError, match=r"\['forgotten', 'misspelt'\]"):
        rooms.require_metrics({"made", "forgotten"})


async def test_rooms_start_from_the_lowest_and_stop_from_the_highest() -> None:
    told: list[str] = []

    def hook(word: str) -> Hook:
        async def record() -> None:
            told.append(word)

        return record

    low = Room(name="low", on_start=[hook("low starts")], on_stop=[hook("low stops")])
    high = Room(name="high", on_start=[hook("high starts")], on_stop=[hook("high stops")])
    rooms = Rooms((low, high))
    await rooms.start()
    await rooms.stop()
    assert told == ["low starts", "high starts", "high stops", "low stops"]


async def test_every_hook_runs_at_the_end_whatever_one_raises(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    def hook(name: str, fault: Exception | None = None) -> Hook:
        async def run() -> None:
            ended.append(name)
            if fault is not None:
                raise fault

        return run

    away = DependencyUnavailable("database", "not reachable")
    first = Room(name="first", on_stop=[hook("a"), hook("b", ZeroDivisionError()), hook("c")])
    await Rooms((first, Room(name="last", on_stop=[hook("d", away)]))).stop()
    assert ended == ["d", "a", "b", "c"]
    assert [record.message for record in caplog.records] == ["stop failed"]
