"""Values as neighbours write them: the Kotlin backend, SQLAlchemy, env files with quotes, Kubernetes; and those that mean nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wondernest.settings import Settings, SettingsError, load_settings
from wondernest.settings.addresses import LIBPQ, TAKEN, WITHOUT_EFFECT, BadAddress, database_address


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings(environ)
    return str(refused.value)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("jdbc:postgresql://h:5432/d?user=u&password=p%2B", "postgresql://h:5432/d?user=u&password=p%2B"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres+psycopg2://u:p@h/d", "postgres://u:p@h/d"),
        ('"postgresql://u:p@h/d"', "postgresql://u:p@h/d"),
        ("'postgresql://u:p@h/d'", "postgresql://u:p@h/d"),
        ("postgresql://u@/d?host=/run/pg&timezone=UTC&port=5433", "postgresql://u@/d?host=%2Frun%2Fpg&port=5433"),
        ("postgresql://u@h/d?gssencmode=disable&channel_binding=prefer", "postgresql://u@h/d"),
        (
            "postgresql://u:p@one:5432,two:5433/d?target_session_attrs=read-write&connect_timeout=3",
            "postgresql://u:p@one:5432,two:5433/d?target_session_attrs=read-write&connect_timeout=3",
        ),
    ],
)
def test_an_address_of_a_neighbour_is_understood(given: str, meant: str) -> None:
    assert load_settings({"DATABASE_URL": given}).database.url == meant


VALUES = {
    "port": ("5432,5433", "x"),
    "sslrootcert": ("/etc/ca.pem", "system"),
    "sslmode": ("verify-full", "yes"),
    "sslnegotiation": ("postgres", "none"),
    "ssl_min_protocol_version": ("TLSv1.2", "2"),
    "ssl_max_protocol_version": ("TLSv1.3", "3"),
    "target_session_attrs": ("read-write", "master"),
    "keepalives": ("1", "on"),
    "connect_timeout": ("5", "5s"),
    "keepalives_idle": ("30", ""),
    "keepalives_interval": ("10", "-1"),
    "keepalives_count": ("3", "many"),
    "tcp_user_timeout": ("5000", "5.5"),
    "client_encoding": ("UTF-8", "LATIN1"),
    "channel_binding": ("prefer", "require"),
    "gssencmode": ("disable", "require"),
    "load_balance_hosts": ("disable", "random"),
    "sslcompression": ("0", "1"),
    "requiressl": ("0", "1"),
    "sslsni": ("1", "0"),
    "sslcertmode": ("allow", "require"),
}
"""A value of each parameter that is supported, and one that is not; any value of the others is."""


@pytest.mark.parametrize("name", sorted(LIBPQ))
def test_every_parameter_of_libpq_is_taken_or_has_no_effect_or_is_refused_by_name(name: str) -> None:
    good, bad = VALUES.get(name, ("x", None))
    address = f"postgresql://u:p@h/d?{name}={good}"
    if name in TAKEN:
        assert database_address(address) == address
    elif name in WITHOUT_EFFECT:
        assert database_address(address) == "postgresql://u:p@h/d"
    else:
        with pytest.raises(BadAddress, match=f"^the parameter {name} is not supported$"):
            database_address(address)
    if bad is not None:
        line = refusal(DATABASE_URL=f"postgresql://u:p@h/d?{name}={bad}")
        assert line == f"DATABASE_URL: the value of the parameter {name} is not supported"


def test_a_parameter_of_another_tool_is_refused_by_name() -> None:
    assert refusal(DATABASE_URL="jdbc:postgresql://u:p@h/d?currentSchema=core").endswith(
        "the parameter currentSchema is not supported"
    )


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"DATABASE_URL": "u:hidden@h:5432/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "jdbc:mysql://h/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://h:notaport/d"}, "DATABASE_URL"),
        ({"DB_HOST": "h", "DB_PORT": "notaport"}, "DB_PORT"),
        ({"REDIS_URL": "redis://h/zero"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://h:notaport/0"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://h/0?timeout=5"}, "REDIS_URL"),
        ({"REDIS_URL": "redis://h/0?db=zero"}, "REDIS_URL"),
        ({"REDIS_URL": "h:6379"}, "REDIS_URL"),
        ({"REDIS_HOST": "h", "REDIS_PORT": "notaport"}, "REDIS_PORT"),
        ({"REDIS_HOST": "h", "REDIS_DATABASE": "zero"}, "REDIS_DATABASE"),
        ({"SMTP_PORT": "notaport"}, "SMTP_PORT"),
        ({"SMTP_HOST": "smtp://mail.example"}, "SMTP_HOST"),
        ({"SERVER_PORT": "tcp://10.96.0.11:8082"}, "SERVER_PORT"),
        ({"SERVER_EXTRA_PORTS": "8080,70000"}, "SERVER_EXTRA_PORTS"),
        ({"PUBLIC_BASE_URL": "files.example"}, "PUBLIC_BASE_URL"),
        ({"PUBLIC_BASE_URL": "https://"}, "PUBLIC_BASE_URL"),
        ({"PUBLIC_BASE_URL": "https://files.example/#x"}, "PUBLIC_BASE_URL"),
        ({"PASSWORD_RESET_PAGE_URL": "/reset"}, "PASSWORD_RESET_PAGE_URL"),
        ({"CORS_ALLOWED_ORIGINS": "site.example"}, "CORS_ALLOWED_ORIGINS"),
        ({"CORS_ALLOWED_ORIGINS": "https://site.example/app"}, "CORS_ALLOWED_ORIGINS"),
        ({"SITE_CHILD_IDS": "mia"}, "SITE_CHILD_IDS"),
        *[
            ({f"OAUTH_{provider}_JWKS": "none"}, f"OAUTH_{provider}_JWKS")
            for provider in ("GOOGLE", "APPLE", "FACEBOOK")
        ],
        ({"OAUTH_GOOGLE_JWKS": "ftp://keys.example/certs"}, "OAUTH_GOOGLE_JWKS"),
        ({"OAUTH_GOOGLE_JWKS": "https:///certs"}, "OAUTH_GOOGLE_JWKS"),
    ],
)
def test_a_value_that_means_nothing_is_one_line_with_its_name(environ: dict[str, str], named: str) -> None:
    line = refusal(**environ)
    assert line.startswith(f"{named}: ")
    assert "\n" not in line
    assert "hidden" not in line


def test_everything_that_is_wrong_is_said_at_once() -> None:
    lines = refusal(
        DATABASE_URL="postgresql://h:notaport/d",
        REDIS_URL="redis://h/zero",
        SERVER_PORT="x",
        BCRYPT_COST="x",
        WORKERS="-1",
    ).splitlines()
    assert sorted(line.split(":")[0] for line in lines) == [
        "BCRYPT_COST", "DATABASE_URL", "REDIS_URL", "SERVER_PORT", "WORKERS",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"REDIS_PORT": "tcp://10.96.0.11:6379"}, "redis://10.96.0.11:6379/0"),
        ({"REDIS_PORT": "tcp://[fd00::b]:6380"}, "redis://[fd00::b]:6380/0"),
        ({"REDIS_PORT": "tcp://10.96.0.11:6380", "REDIS_HOST": "cache"}, "redis://cache:6380/0"),
        ({"REDIS_PORT": "tcp://10.96.0.11:6380", "REDIS_URL": "redis://other/1"}, "redis://other/1"),
        (
            {"REDIS_PORT": "tcp://10.96.0.11:6379", "REDIS_PASSWORD": "p/w", "REDIS_DATABASE": "2"},
            "redis://:p%2Fw@10.96.0.11:6379/2",
        ),
        ({"REDIS_URL": '"redis://h:6379/3"'}, "redis://h:6379/3"),
        ({"REDIS_URL": "unix:///run/valkey.sock?db=1"}, "unix:///run/valkey.sock?db=1"),
    ],
)
def test_what_kubernetes_sets_for_a_service_is_its_host_and_port(environ: dict[str, str], url: str) -> None:
    assert load_settings(environ).cache.url == url


def test_the_database_and_the_mail_server_may_be_services_too() -> None:
    settings = load_settings({"DB_PORT": "tcp://10.96.0.12:5432", "DB_NAME": "wn", "DB_USERNAME": "u"})
    assert settings.database.url == "postgresql://u@10.96.0.12:5432/wn"
    named = load_settings({"SMTP_HOST": "mail", "SMTP_PORT": "tcp://10.96.0.13:2525"})
    assert (named.mail.smtp_host, named.mail.smtp_port) == ("mail", 2525)
    unnamed = load_settings({"SMTP_PORT": "tcp://10.96.0.13:2525"})
    assert (unnamed.mail.smtp_host, unnamed.mail.smtp_port) == ("", 587)


def test_quotes_are_dropped_but_not_those_of_secrets() -> None:
    settings = load_settings(
        {"SERVER_PORT": '"9000"', "JWT_ISSUER": "'mine'", "JWT_SECRET": '"quoted"', "LOG_FORMAT": "'TEXT'"}
    )
    assert (settings.server.port, settings.jwt.issuer, settings.log.format) == (9000, "mine", "text")
    assert settings.jwt.secret == '"quoted"', "the earlier backends sign with it as it is"


@pytest.mark.parametrize(
    ("content", "good"), [('{"keys":[]}', True), ('{"keys":{}}', False), ("<html>", False), ("", False)]
)
def test_a_file_of_keys_must_be_a_key_set_if_it_is_there(tmp_path: Path, content: str, good: bool) -> None:
    path = tmp_path / "keys"
    assert load_settings({"OAUTH_APPLE_JWKS": str(path)}).oauth.apple_jwks == str(path)
    path.write_text(content)
    if good:
        assert load_settings({"OAUTH_APPLE_JWKS": str(path)}).oauth.apple_jwks == str(path)
    else:
        assert refusal(OAUTH_APPLE_JWKS=str(path)).startswith("OAUTH_APPLE_JWKS: ")


def test_a_dotenv_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"JWT_ISSUER=\xff\n")
    with pytest.raises(SettingsError, match=r"\.env: cannot be read: not UTF-8$"):
        load_settings({}, file)
    assert isinstance(load_settings({}, tmp_path / "none"), Settings)


@pytest.mark.parametrize(("row", "parameters"), [("taken", TAKEN), ("no effect", WITHOUT_EFFECT)])
def test_the_documented_parameters_are_those_of_the_code(row: str, parameters: dict[str, object]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    [line] = [line for line in page.splitlines() if line.startswith(f"| {row}")]
    named = set(re.findall(r"`([a-z_]+)`", line)) - {"system", "disable", "prefer", "allow"}
    assert named == set(parameters)
