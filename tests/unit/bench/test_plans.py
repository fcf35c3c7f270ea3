import pytest

from bench.hot import ACTS
from bench.plans import PAGES_OF_A_REQUEST, RIGHT, Page, faults
from bench.rehearsal import Explained

INDEXED = """Index Scan using users_pkey on users  (cost=0.29..8.31 rows=1 width=6) (actual time=0.014..0.015 rows=1.00 loops=1)
  Buffers: shared hit=2 read=1
  ->  Seq Scan on game_registry r  (cost=0.00..1.01 rows=1 width=29) (actual time=0.005..0.006 rows=1.00 loops=1)
  ->  Seq Scan on users users_1  (cost=0.00..1862.00 rows=250 width=24) (never executed)"""
WHOLE = """Sort  (cost=1876.39..1877.01 rows=250 width=24) (actual time=9.379..9.380 rows=0.00 loops=1)
  Buffers: shared hit=12
  ->  Parallel Seq Scan on users users_1  (cost=0.00..1862.00 rows=250 width=24) (actual time=9.358..9.359 rows=0.00 loops=1)"""


def many_pages(hit: int, read: int) -> str:
    return INDEXED.replace("hit=2 read=1", f"hit={hit} read={read}")


def test_a_plan_of_index_probes_is_good_and_what_was_not_run_counts_for_nothing() -> None:
    assert faults(INDEXED, 1) == []


def test_a_growing_table_read_whole_is_a_fault() -> None:
    assert faults(WHOLE, 1) == ["reads users from one end to the other"]


def test_pages_are_counted_for_each_request() -> None:
    assert faults(many_pages(PAGES_OF_A_REQUEST, 1), 1) == [f"touches {PAGES_OF_A_REQUEST + 1:,} pages"]
    assert faults(many_pages(PAGES_OF_A_REQUEST, 1), 2) == []


def test_a_part_that_the_whole_does_not_count_is_counted() -> None:
    beside = f"{INDEXED}\n  CTE stored\n    Buffers: shared hit={PAGES_OF_A_REQUEST + 1}\nPlanning:\n  Buffers: shared hit=9000"
    assert faults(beside, 1) == [f"touches {PAGES_OF_A_REQUEST + 1:,} pages"]


def test_a_page_tells_what_was_run_and_where_it_is_bad() -> None:
    page = Page("account-by-email", "POST login", {16: Explained(WHOLE, ["text[] of 16", "integer"], 1234)})
    written = page.text("PostgreSQL 18")
    assert written.startswith(
        "account-by-email\n\nserves: POST login\nPostgreSQL 18\n\n16 requests together\n  writes 1,234 bytes of log\n"
    )
    assert "  $2 integer\n\nSort" in written
    assert page.faults() == ["account-by-email, 16 at once: reads users from one end to the other"]


@pytest.mark.parametrize("name", RIGHT)
def test_an_exception_is_written_down_with_its_reason(name: str) -> None:
    page = Page(name, "a chore", {1: Explained(WHOLE, [])})
    assert page.faults() == []
    assert RIGHT[name] in page.text("PostgreSQL 18")


def test_every_statement_has_a_name_of_its_own_and_exceptions_are_of_statements_that_are_there() -> None:
    names = [name for act in ACTS for name in act.names if name]
    assert len(set(names)) == len(names)
    assert set(RIGHT) <= set(names)
