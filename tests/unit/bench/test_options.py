import pytest

from bench.options import LONG, QUICK, SIZES, parse

DATABASE = "postgresql://bench@127.0.0.1:5432/scratch"


def refusal(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        parse(words)
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.fixture(autouse=True)
def no_secret_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JWT_SECRET", raising=False)


def test_without_arguments_the_quick_scenarios_run_against_an_own_server() -> None:
    options = parse([])
    assert options.url is None
    assert options.scenarios == QUICK


def test_scenarios_are_named_in_any_case_and_run_in_the_order_given() -> None:
    assert parse(["--scenario", "s5,S3B, s11"]).scenarios == ("S5", "S3b", "S11")


def test_an_unknown_scenario_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "s99" in refusal(capsys, "--scenario", "S1,S99")


@pytest.mark.parametrize(
    "words",
    [
        ["http://wondernest.example"],
        ["http://10.0.0.1:8082"],
        ["http://0.0.0.0:8082"],
        ["--against", "http://192.168.1.4:8082"],
        ["--database-url", "postgresql://bench@db.example/scratch"],
        ["--database-url", "postgresql://127.0.0.1/scratch?host=db.example"],
        ["--database-url", "postgresql:///scratch"],
    ],
)
def test_only_this_machine_is_loaded(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refusal(capsys, *words)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_every_spelling_of_loopback_is_accepted(host: str) -> None:
    words = [f"http://{host}:8082", "--database-url", DATABASE, "--jwt-secret", "s" * 32]
    assert parse(words).url == words[0]


def test_a_unix_socket_is_this_machine() -> None:
    url = "postgresql://postgres@/scratch?host=/run/postgresql&port=5432"
    assert parse(["--database-url", url]).database_url == url


def test_a_url_needs_the_database_and_the_secret_except_for_health(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--database-url" in refusal(capsys, "http://127.0.0.1:8082", "--scenario", "S1,S2")
    assert parse(["http://127.0.0.1:8082", "--scenario", "S1"]).database_url is None


def test_with_a_url_scenarios_that_need_an_own_server_are_left_out_unless_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["http://127.0.0.1:8082", "--database-url", DATABASE, "--jwt-secret", "s" * 32]
    assert set(QUICK) - set(parse(words).scenarios) == {"S10"}
    assert "S10" in refusal(capsys, *words, "--scenario", "S10")


def test_long_scenarios_run_only_when_named() -> None:
    assert not set(LONG) & set(parse([]).scenarios)


@pytest.mark.parametrize("words", [["--seconds", "0"], ["--seconds", "inf"], ["--rounds", "0"], ["--families", "-1"]])
def test_numbers_that_make_no_run_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    refusal(capsys, *words)


def test_sizes_are_numbers_of_saves_in_ascending_order() -> None:
    assert parse([]).sizes == SIZES
    assert parse(["--sizes", "1e7, 1e4,20000"]).sizes == (10_000, 20_000, 10_000_000)


@pytest.mark.parametrize("sizes", ["0", "30", "1e12", "many", "nan", ""])
def test_a_size_is_a_number_of_whole_families_within_the_limit(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    refusal(capsys, "--sizes", sizes)


@pytest.mark.parametrize(
    "words", [["--scenario", "S1"], ["--against", "peer"], ["--database-url", DATABASE], ["http://127.0.0.1:8082"]]
)
def test_plans_are_recorded_alone_on_a_database_of_the_bench(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert parse(["--plans"]).plans
    assert "--plans" in refusal(capsys, "--plans", *words)
