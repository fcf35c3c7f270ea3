from bench.data_set import DataSet
from bench.growth import ASKING, rows_of
from bench.options import SIZES
from bench.table import Figures, table

TERMS = ("s" * 32, "issuer", "audience")


def test_the_same_number_of_families_sends_requests_at_every_size() -> None:
    for saves in SIZES[:2]:
        data = DataSet(saves // 20, small=True, asking=ASKING)
        assert len(data.parents(*TERMS)) == ASKING == SIZES[0] // 20
        assert len(data.children(*TERMS)) == 2 * ASKING


def test_families_that_send_requests_are_spread_over_all() -> None:
    assert DataSet(1_000, asking=4).emails() == [f"bench-{number}@bench.invalid" for number in (0, 250, 500, 750)]


def test_every_size_is_followed_by_its_ratio_to_the_smallest() -> None:
    rows = rows_of("save", [10, 100, 1_000], [Figures(total_cpu_us=cost) for cost in (200.0, 210.0, 260.0)])
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table(rows).splitlines()[2:]]
    assert [line[1:3] for line in lines] == [
        ["wondernest", "200"],
        ["wondernest", "210"],
        ["ratio", "1.05×"],
        ["wondernest", "260"],
        ["ratio", "1.30×"],
    ]
    assert lines[-1][3] == "to 10 saves"
