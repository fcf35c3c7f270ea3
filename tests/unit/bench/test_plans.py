import pytest

from bench.hot import OPERATIONS
from bench.plans import MAY_READ_WHOLE, PAGES_OF_A_REQUEST, Page, faults
from bench.statements import Explained

INDEXED = """Index Scan using users_pkey on users  (cost=0.29..8.31 rows=1 width=6) (actual time=0.014..0.015 rows=1.00 loops=1)
  Buffers: shared hit=2 read=1
  ->  Seq Scan on game_registry r  (cost=0.00..1.01 rows=1 width=29) (actual time=0.005..0.006 rows=1.00 loops=1)
  ->  Seq Scan on users users_1  (cost=0.00..1862.00 rows=250 width=24) (never executed)"""
WHOLE = """Sort  (cost=1876.39..1877.01 rows=250 width=24) (actual time=9.379..9.380 rows=0.00 loops=1)
  Buffers: shared hit=12
  ->  Parallel Seq Scan on users users_1  (cost=0.00..1862.00 rows=250 width=24) (actual time=9.358..9.359 rows=0.00 loops=1)"""


def many_pages(hit: int, read: int) -> str:
    return INDEXED.replace("hit=2 read=1", f"hit={hit} read={read}")


def test_a_plan_of_index_scans_is_good_and_parts_that_did_not_run_are_ignored() -> None:
    assert faults(INDEXED, 1) == []


def test_a_growing_table_read_whole_is_a_fault() -> None:
    assert faults(WHOLE, 1) == ["reads the whole of users"]


def test_pages_are_counted_for_each_request() -> None:
    assert faults(many_pages(PAGES_OF_A_REQUEST, 1), 1) == [f"touches {PAGES_OF_A_REQUEST + 1:,} pages"]
    assert faults(many_pages(PAGES_OF_A_REQUEST, 1), 2) == []


def test_pages_of_a_part_outside_the_root_node_are_counted() -> None:
    beside = f"{INDEXED}\n  CTE stored\n    Buffers: shared hit={PAGES_OF_A_REQUEST + 1}\nPlanning:\n  Buffers: shared hit=9000"
    assert faults(beside, 1) == [f"touches {PAGES_OF_A_REQUEST + 1:,} pages"]


def test_a_page_shows_its_runs_and_their_faults() -> None:
    page = Page("account-by-email", "POST login", {16: Explained(WHOLE, ["text[] of 16", "integer"], 1234)})
    written = page.text("PostgreSQL 18")
    assert written.startswith(
        "account-by-email\n\nserves: POST login\nPostgreSQL 18\n\n16 requests together\n  writes 1,234 bytes of log\n"
    )
    assert "  $2 integer\n\nSort" in written
    assert page.faults() == ["account-by-email, 16 at once: reads the whole of users"]


@pytest.mark.parametrize("name", MAY_READ_WHOLE)
def test_an_exception_is_written_with_its_reason(name: str) -> None:
    page = Page(name, "a chore", {1: Explained(WHOLE, [])})
    assert page.faults() == []
    assert MAY_READ_WHOLE[name] in page.text("PostgreSQL 18")


def test_statement_names_are_unique_and_exceptions_name_existing_statements() -> None:
    names = [name for operation in OPERATIONS for name in operation.names if name]
    assert len(set(names)) == len(names)
    assert set(MAY_READ_WHOLE) <= set(names)
