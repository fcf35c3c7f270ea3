"""The commands that check a database or fill it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.application import declared
from wondernest.app import create_app
from wondernest.commands.doctor import doctor, effective, masked
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.settings import BucketAddress, Secret, Settings, load_settings

MakeSettings = Callable[..., Settings]


def examine(settings: Settings) -> tuple[bool, str]:
    lines: list[str] = []
    healthy = doctor(settings, declared().rooms, lines.append)
    return healthy, "\n".join(lines)


def test_the_doctor_finds_a_migrated_database_good(make_settings: MakeSettings, valkey_server: EmbeddedValkey) -> None:
    healthy, said = examine(make_settings(REDIS_ENABLED="true", REDIS_URL=valkey_server.url()))
    assert healthy
    for line in ("settings  good", "database  good (PostgreSQL 18", "schema    good", "cache     good"):
        assert line in said
    assert "`wondernest tune`" in said, "an empty database carries the unused indexes of the catalogue"


def test_the_doctor_says_what_to_do_about_an_empty_database(empty_database: str) -> None:
    healthy, said = examine(load_settings({"DATABASE_URL": empty_database, "REDIS_ENABLED": "false"}))
    assert not healthy
    assert "Run `wondernest migrate`" in said
    assert "cache     off" in said


def test_the_doctor_says_what_to_do_when_nothing_answers() -> None:
    closed = "postgresql://someone:hidden-word@127.0.0.1:1/none"
    healthy, said = examine(load_settings({"DATABASE_URL": closed, "REDIS_URL": "redis://127.0.0.1:1/0"}))
    assert not healthy
    assert "database  cannot connect" in said
    assert "Check REDIS_URL" in said
    assert "hidden-word" not in said


def test_the_doctor_says_what_serve_would_refuse(make_settings: MakeSettings) -> None:
    healthy, said = examine(make_settings(APP_ENV="prod", RATE_LIMIT_ENABLED="false"))
    assert not healthy
    assert "settings  RATE_LIMIT_ENABLED: limits switched off are refused" in said
    assert "settings  SMTP_HOST: " in said
    assert "settings  good" not in said


def test_the_doctor_writes_reads_and_deletes_a_file_of_the_storage(make_settings: MakeSettings, tmp_path: Path) -> None:
    _, said = examine_all(make_settings())
    assert "storage   good" in said
    assert not [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    _, said = examine_all(make_settings(STORAGE_LOCAL_PATH="/dev/null/uploads", CLAMD_ADDRESS="127.0.0.1:1"))
    assert "storage   cannot write: Not a directory (ENOTDIR); check STORAGE_LOCAL_PATH, " in said
    assert "scanner   no answer: no connection; check CLAMD_ADDRESS" in said


def test_the_doctor_examines_a_bucket_and_says_when_it_is_reached_without_tls(
    make_settings: MakeSettings, s3_bucket: BucketAddress
) -> None:
    bucket = {"STORAGE_PROVIDER": "minio", "MINIO_ENDPOINT": s3_bucket.endpoint, "MINIO_BUCKET": s3_bucket.name}
    _, said = examine_all(make_settings(STORAGE_HTTP_ALLOWED="true", **bucket))
    assert "storage   good" in said
    assert "STORAGE_HTTP_ALLOWED is set" in said
    _, said = examine_all(make_settings(**{**bucket, "MINIO_BUCKET": "no-such-bucket"}))
    assert "storage   cannot write: there is no such bucket; check the S3_" in said
    assert "STORAGE_HTTP_ALLOWED is set" not in said


def examine_all(settings: Settings) -> tuple[bool, str]:
    """As `examine`, with the adapters of these settings."""
    lines: list[str] = []
    healthy = doctor(settings, create_app(settings).rooms, lines.append)
    return healthy, "\n".join(lines)


def test_no_secret_is_shown() -> None:
    settings = load_settings(
        {
            "JWT_SECRET": "hidden-word-1",
            "SMTP_PASSWORD": "hidden-word-2",
            "DATABASE_URL": "postgresql://u:hidden-word-3@db:5432/wondernest",
            "REDIS_URL": "redis://:hidden-word-4@cache:6379/0",
            "S3_ACCESS_KEY": "hidden-word-5",
            "S3_SECRET_KEY": "hidden-word-6",
            "MINIO_SECRET_KEY": "hidden-word-7",
        }
    )
    lines = list(effective(settings))
    assert not [line for line in lines if "hidden-word" in line]
    assert "DATABASE_URL=postgresql://u:***@db:5432/wondernest" in lines
    assert "REDIS_URL=redis://:***@cache:6379/0" in lines
    assert "JWT_SECRET=***" in lines


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("postgresql://u:a:b@c@db/x", "postgresql://u:***@db/x"),
        ("postgresql://db/x?user=u&password=p&port=1", "postgresql://db/x?user=u&password=***&port=1"),
        ("postgresql://db/x", "postgresql://db/x"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, seen: str) -> None:
    assert masked("DATABASE_URL", Secret(url)) == seen


@pytest.mark.parametrize("command", ["doctor", "migrate", "seed", "tune", "serve"])
def test_every_command_answers_a_bad_setting_with_one_line(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-P", "-m", "wondernest", command],
        env={"JWT_EXPIRES_IN": "soon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 78
    assert run.stdout == ""
    assert run.stderr.startswith("wondernest: JWT_EXPIRES_IN: ")
    assert run.stderr.count("\n") == 1


def test_serve_does_not_pay_for_the_other_commands() -> None:
    program = (
        "import sys, wondernest.cli, wondernest.supervisor.command\n"
        "print([name for name in ('cyclopts', 'psycopg', 'pyarrow') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_without_the_development_package_its_commands_say_how_to_install_it(tmp_path: Path) -> None:
    without = "import sys; sys.modules['wondernest.development'] = None; sys.argv[1:] = ['dev']\n"
    run = subprocess.run(
        [sys.executable, "-c", f"{without}from wondernest.cli import main; main()"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        "wondernest: wondernest.development.dev is not installed: this command is for development,"
        " pip install 'wondernest[dev]'\n"
    )


def test_production_loads_nothing_of_development() -> None:
    program = (
        "import sys, wondernest.cli, wondernest.commands.app, wondernest.supervisor.worker, wondernest.supervisor.command\n"
        "print([name for name in sys.modules if name.startswith('wondernest.development')])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_events_archive_prints_what_it_wrote(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings()
    with psycopg.connect(settings.database.url) as connection:
        [user] = connection.execute(
            "insert into core.users (email, password_hash) values ('old@example.com', '') returning id"
        ).fetchall()
        [family] = connection.execute(
            "insert into family.families (name, created_by) values ('Old', %s) returning id", user
        ).fetchall()
        [child] = connection.execute(
            """insert into family.child_profiles (family_id, name, birth_date)
               values (%s, 'Mia', '2016-05-01') returning id""",
            family,
        ).fetchall()
        connection.execute(
            """insert into analytics.analytics_events (user_id, child_id, event_type, created_at)
               values (%s, %s, 'game_progress', '2020-02-29 12:00Z')""",
            (*user, *child),
        )
    environment = {
        "DATABASE_URL": str(settings.database.url),
        "STORAGE_LOCAL_PATH": settings.storage.local_path,
        "APP_ENV": "test",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "wondernest", "events", *arguments]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    first = run("archive")
    assert first.returncode == 0, first.stderr
    day, end = first.stdout.splitlines()
    assert day.startswith("2020-02-29  1 events in 1 files, ")
    assert end == "1 days archived"
    assert run("archive").stdout == "0 days archived\n"
    assert run("forget", str(child[0])).stdout == "2020-02-29  0 events in 0 files, 0 bytes\n"
    nobody = run("forget")
    assert (nobody.returncode, nobody.stderr) == (1, "wondernest: name the children by their ids\n")
