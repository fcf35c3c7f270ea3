"""Settings: a frozen tree, the earlier backends' names as fallbacks, one line for an invalid value."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.unit.settings.readers import all_fields, read_fields
from wondernest.settings import PLACEHOLDER_SECRETS, BucketAddress, Secret, Settings, SettingsError, load_settings

STRONG = "k" * 40


def test_defaults_are_those_of_the_contract() -> None:
    settings = load_settings({})
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8082)
    assert settings.database.pool_size == 8
    assert (settings.jwt.issuer, settings.jwt.audience) == ("wondernest-api", "wondernest-users")
    assert (settings.jwt.access_life_ms, settings.jwt.refresh_life_ms) == (3_600_000, 2_592_000_000)
    assert settings.server.max_body_bytes == 10 * 1024 * 1024
    assert settings.limits.credentials_per_minute == 30
    assert settings.limits.auth_per_minute == 60
    assert settings.limits.failures_per_minute == 5
    assert settings.app.shows_docs


def test_only_development_has_a_default_pin_and_an_unset_environment_is_not_development() -> None:
    assert load_settings({"APP_ENV": "development"}).default_pin == "1234"
    assert load_settings({}).default_pin == ""
    assert load_settings({"PARENT_DEFAULT_PIN": "4321"}).default_pin == "4321"
    assert not load_settings({}).app.development


def test_the_names_of_kotlin_and_rust_are_used_where_ours_are_not_set() -> None:
    settings = load_settings(
        {
            "KTOR_ENV": "Production",
            "JWT_SECRET": STRONG,
            "DB_HOST": "db",
            "DB_PORT": "5432",
            "DB_NAME": "wn",
            "DB_USERNAME": "u",
            "DB_PASSWORD": "p@ss",
            "REDIS_HOST": "cache",
            "REDIS_PASSWORD": "s3",
            "RUST_LOG": "wondernest_backend=warn,tower=info",
            "DB_MAX_POOL_SIZE": "7",
        }
    )
    assert settings.app.production
    assert settings.database.url == "postgresql://u:p%40ss@db:5432/wn"
    assert settings.cache.url == "redis://:s3@cache:6379/0"
    assert settings.log.level == "WARNING"
    assert settings.database.pool_size == 7
    assert settings.default_pin == ""
    assert not settings.app.shows_docs


def test_our_names_win_over_the_fallbacks() -> None:
    settings = load_settings(
        {"DATABASE_URL": "postgresql://x/y", "DB_HOST": "db", "APP_ENV": "test", "RUST_ENV": "production"}
    )
    assert settings.database.url == "postgresql://x/y"
    assert settings.app.environment == "test"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"SERVER_PORT": "http"}, "SERVER_PORT"),
        ({"SERVER_PORT": "0"}, "SERVER_PORT"),
        ({"BCRYPT_COST": "99"}, "BCRYPT_COST"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT"),
        ({"RATE_LIMIT_ENABLED": "perhaps"}, "RATE_LIMIT_ENABLED"),
        ({"TRUSTED_PROXIES": "nginx"}, "TRUSTED_PROXIES"),
        ({"SERVER_EXTRA_PORTS": "8080,x"}, "SERVER_EXTRA_PORTS"),
        ({"SERVER_ALLOWED_HOSTS": "*"}, "SERVER_ALLOWED_HOSTS"),
        ({"SERVER_ALLOWED_HOSTS": "http://localhost"}, "SERVER_ALLOWED_HOSTS"),
        ({"METRICS_NETWORKS": "office"}, "METRICS_NETWORKS"),
        ({"HSTS_SECONDS": "-1"}, "HSTS_SECONDS"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_one_line(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(environ)
    assert str(refusal.value).startswith(named + ":")
    assert "\n" not in str(refusal.value)


SAFE = {
    "APP_ENV": "production",
    "JWT_SECRET": STRONG,
    "SMTP_HOST": "mail.example",
    "PUBLIC_BASE_URL": "https://api.example",
}
"""What production asks for at least."""
VERIFIER = {
    "COPPA_VERIFIER_URL": "https://verifier.example/v1",
    "COPPA_VERIFIER_KEY": "key",
    "COPPA_VERIFIER_WEBHOOK_SECRET": STRONG,
    "COPPA_VERIFIER_METHODS": "card,video",
}
PLAIN_STORAGE = {"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures", "S3_ENDPOINT": "http://minio:9000"}


def refused(environ: dict[str, str]) -> list[str]:
    """The lines with which a serving process refuses these variables."""
    with pytest.raises(SettingsError) as refusal:
        load_settings(environ, serving=True)
    return str(refusal.value).splitlines()


@pytest.mark.parametrize("name", ["production", "prod", "staging", "dev", "Production", "developement"])
@pytest.mark.parametrize("variable", ["APP_ENV", "RUST_ENV", "KTOR_ENV"])
def test_an_environment_that_is_not_known_is_as_strict_as_production(tmp_path: Path, variable: str, name: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"JWT_SECRET={STRONG}\n")
    with pytest.raises(SettingsError, match="JWT_SECRET: a published placeholder is refused"):
        load_settings({variable: name}, file, serving=True)
    settings = load_settings({**SAFE, "APP_ENV": name}, serving=True)
    assert settings.app.production
    assert not settings.app.shows_docs
    assert settings.default_pin == ""


@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        *[({"JWT_SECRET": secret}, "JWT_SECRET") for secret in sorted(PLACEHOLDER_SECRETS)],
        ({"JWT_SECRET": ""}, "JWT_SECRET"),
        ({"JWT_SECRET": "short"}, "JWT_SECRET"),
        ({"PARENT_DEFAULT_PIN": "1234"}, "PARENT_DEFAULT_PIN"),
        ({"BCRYPT_COST": "9"}, "BCRYPT_COST"),
        ({"CORS_ALLOWED_ORIGINS": "https://a.b,*"}, "CORS_ALLOWED_ORIGINS"),
        *[
            ({"CORS_ALLOWED_ORIGINS": f"https://a.b,{origin}"}, "CORS_ALLOWED_ORIGINS")
            for origin in (
                *("http://localhost:3000", "https://LOCALHOST", "http://127.0.0.1:3000", "http://127.1.2.3"),
                *("http://[::1]:3000", "tauri://localhost", "http://site.localhost", "http://localhost.", "null"),
            )
        ],
        ({"COPPA_UNVERIFIED_STATUS": "VERIFIED"}, "COPPA_UNVERIFIED_STATUS"),
        ({"COPPA_CONFIRMATION": "automatic"}, "COPPA_CONFIRMATION"),
        ({"PUBLIC_BASE_URL": ""}, "PUBLIC_BASE_URL"),
        ({**VERIFIER, "COPPA_VERIFIER_URL": "http://verifier.example"}, "COPPA_VERIFIER_URL"),
        ({**VERIFIER, "COPPA_VERIFIER_WEBHOOK_SECRET": "short"}, "COPPA_VERIFIER_WEBHOOK_SECRET"),
        ({"TEXT_MESSAGES_URL": "http://texts.example", "TEXT_MESSAGES_KEY": "key"}, "TEXT_MESSAGES_URL"),
        ({"COPPA_LEDGER_KEY": "short"}, "COPPA_LEDGER_KEY"),
        ({"COPPA_GATE": "off"}, "COPPA_GATE"),
        ({"RATE_LIMIT_ENABLED": "off"}, "RATE_LIMIT_ENABLED"),
        ({"RATE_LIMIT_CREDENTIALS": "0"}, "RATE_LIMIT_CREDENTIALS"),
        ({"RATE_LIMIT_AUTH": "0"}, "RATE_LIMIT_AUTH"),
        ({"RATE_LIMIT_FAILED_LOGINS": "0"}, "RATE_LIMIT_FAILED_LOGINS"),
        ({"RATE_LIMIT_API": "0"}, "RATE_LIMIT_API"),
        ({"RATE_LIMIT_UPLOAD": "0"}, "RATE_LIMIT_UPLOAD"),
        ({"SMTP_HOST": ""}, "SMTP_HOST"),
        ({"SMTP_TLS": "none"}, "SMTP_TLS"),
        *[
            ({f"OAUTH_{provider}_JWKS": address}, f"OAUTH_{provider}_JWKS")
            for provider in ("GOOGLE", "APPLE", "FACEBOOK")
            for address in ("http://keys.example/certs", "HTTP://127.0.0.1/certs")
        ],
        (PLAIN_STORAGE, "S3_ENDPOINT"),
        ({**PLAIN_STORAGE, "S3_ENDPOINT": "http://10.0.0.7:9000"}, "S3_ENDPOINT"),
        (
            {"STORAGE_PROVIDER": "minio", "MINIO_ENDPOINT": "http://minio:9000", "MINIO_SECRET_KEY": STRONG},
            "MINIO_ENDPOINT",
        ),
        ({"STORAGE_PROVIDER": "minio"}, "MINIO_SECRET_KEY"),
    ],
)
def test_an_unsafe_value_is_refused_by_name_where_people_are_served(unsafe: dict[str, str], named: str) -> None:
    (line,) = refused({**SAFE, **unsafe})
    assert line.startswith(f"{named}: ")
    assert load_settings({**SAFE, **unsafe}).app.production  # commands that serve nobody run
    assert load_settings({**SAFE, **unsafe, "APP_ENV": "development"}, serving=True).app.development


@pytest.mark.parametrize(
    "safe",
    [
        {"MAIL_OUTBOX_ALLOWED": "true", "SMTP_HOST": ""},
        {"CORS_ALLOWED_ORIGINS": "https://localhost.example,https://127.example"},
        {"OAUTH_GOOGLE_JWKS": "/etc/wondernest/keys.json"},
        {"COPPA_UNVERIFIED_STATUS": "PENDING_PRODUCTION_IMPLEMENTATION"},
        {"COPPA_CONFIRMATION": "Required"},
        VERIFIER,
        {**VERIFIER, "COPPA_VERIFIER_URL": "http://127.0.0.1:9000/v1"},
        {"COPPA_GATE": "record"},
        {"BCRYPT_COST": "10"},
        {"STORAGE_PROVIDER": "minio", "MINIO_SECRET_KEY": STRONG},
        {"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures"},
        {**PLAIN_STORAGE, "S3_ENDPOINT": "https://10.0.0.7:9000"},
        {**PLAIN_STORAGE, "S3_ENDPOINT": "http://[::1]:9000"},
        {**PLAIN_STORAGE, "STORAGE_HTTP_ALLOWED": "true"},
        {"MINIO_SECRET_KEY": "minioadmin", "MINIO_ENDPOINT": "http://minio:9000"},
    ],
)
def test_what_only_looks_unsafe_is_served(safe: dict[str, str]) -> None:
    assert load_settings({**SAFE, **safe}, serving=True).app.production


@pytest.mark.parametrize("environment", [{}, {"APP_ENV": "prod"}])
def test_everything_unsafe_is_named_at_once_before_it_is_served(environment: dict[str, str]) -> None:
    lines = refused({**environment, "PARENT_DEFAULT_PIN": "1234", "CORS_ALLOWED_ORIGINS": "*", "BCRYPT_COST": "4"})
    named = [line.split(":")[0] for line in lines]
    assert named == [
        "JWT_SECRET",
        "PARENT_DEFAULT_PIN",
        "BCRYPT_COST",
        "CORS_ALLOWED_ORIGINS",
        "PUBLIC_BASE_URL",
        "SMTP_HOST",
    ]


@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ({}, "enforce"),
        ({"APP_ENV": "prod"}, "enforce"),
        ({"APP_ENV": "development"}, "record"),
        ({"APP_ENV": "test"}, "record"),
    ],
)
def test_consent_is_enforced_unless_it_is_development(environment: dict[str, str], mode: str) -> None:
    assert load_settings(environment).consent_gate == mode
    assert load_settings({**environment, "COPPA_GATE": "off"}).consent_gate == "off"


def test_consent_is_not_switched_off_where_the_environment_is_unknown() -> None:
    assert [line.split(":")[0] for line in refused({**SAFE, "APP_ENV": "", "COPPA_GATE": "off"})] == ["COPPA_GATE"]


def test_production_allows_the_site_only_by_default() -> None:
    assert load_settings(SAFE, serving=True).cors_origins == ("https://wondernest.app",)
    assert "http://localhost:3000" in load_settings({"APP_ENV": "development"}).cors_origins


@pytest.mark.parametrize("name", ["development", "test", "Development"])
def test_development_and_tests_may_have_published_secrets(name: str) -> None:
    assert load_settings({"APP_ENV": name}, serving=True).app.development


def test_dotenv_is_read_outside_production_and_never_wins_over_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# note\nexport SERVER_PORT=9000\nJWT_ISSUER='mine'\nEMPTY=\nbroken line\n")
    settings = load_settings({"SERVER_PORT": "9100"}, file)
    assert (settings.server.port, settings.jwt.issuer) == (9100, "mine")
    production = load_settings({"APP_ENV": "production", "JWT_SECRET": STRONG}, file)
    assert production.jwt.issuer == "wondernest-api"


def test_defaults_of_a_command_count_where_nothing_else_is_set(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SERVER_HOST=192.0.2.1\nLOG_FORMAT=json\n")
    defaults = {"SERVER_HOST": "127.0.0.1", "LOG_FORMAT": "text", "LOG_LEVEL": "DEBUG", "SERVER_PORT": "9000"}
    settings = load_settings({"SERVER_PORT": "9100"}, file, defaults)
    assert (settings.server.host, settings.server.port) == ("192.0.2.1", 9100)
    assert (settings.log.format, settings.log.level) == ("json", "DEBUG")


def test_variables_of_future_rooms_and_of_the_earlier_backends_are_ignored() -> None:
    assert load_settings({"ADMIN_JWT_SECRET": "x", "AWS_S3_BUCKET": "x", "S3_BUCKET_NAME": "x"}) == load_settings({})


def test_storage_is_a_local_folder_by_default() -> None:
    settings = load_settings({"S3_BUCKET": "pictures", "MINIO_BUCKET": "pictures"})
    assert settings.bucket is None
    assert settings.storage.local_path == "./uploads"


def test_the_variables_of_the_earlier_backend_name_a_bucket_of_minio() -> None:
    bucket = load_settings({"STORAGE_PROVIDER": "MinIO", "S3_BUCKET": "other", "AWS_REGION": "eu-west-1"}).bucket
    assert bucket == BucketAddress(
        endpoint="http://localhost:9000",
        name="wondernest-dev",
        region="us-east-1",
        access_key=Secret("minioadmin"),
        secret_key=Secret("minioadmin"),
        path_style=True,
    )


def test_a_bucket_of_aws_needs_a_name_only() -> None:
    bucket = load_settings({"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures", "AWS_REGION": "eu-west-1"}).bucket
    assert bucket is not None
    assert (bucket.endpoint, bucket.name, bucket.region, bucket.path_style) == ("", "pictures", "eu-west-1", False)
    assert not bucket.access_key
    own = {"S3_ENDPOINT": "https://s3.example/", "S3_REGION": "mars"}
    bucket = load_settings({"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures", "AWS_REGION": "eu-west-1", **own}).bucket
    assert bucket is not None
    assert (bucket.endpoint, bucket.region, bucket.path_style) == ("https://s3.example", "mars", True)


MINIO = {"STORAGE_PROVIDER": "minio"}
BUCKET = {"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures"}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"STORAGE_PROVIDER": "floppy"}, "STORAGE_PROVIDER"),
        ({"STORAGE_PROVIDER": "s3"}, "S3_BUCKET"),
        ({**BUCKET, "S3_BUCKET": "no/bucket"}, "S3_BUCKET"),
        ({**MINIO, "MINIO_BUCKET": "-"}, "MINIO_BUCKET"),
        ({**BUCKET, "S3_ENDPOINT": "minio:9000"}, "S3_ENDPOINT"),
        ({**BUCKET, "S3_ENDPOINT": "https://user:hidden@host"}, "S3_ENDPOINT"),
        ({**BUCKET, "S3_ENDPOINT": "https://host/path"}, "S3_ENDPOINT"),
        ({**MINIO, "MINIO_ENDPOINT": "http://host:70000"}, "MINIO_ENDPOINT"),
        ({**BUCKET, "S3_ACCESS_KEY": "hidden"}, "S3_ACCESS_KEY"),
        ({**BUCKET, "S3_SECRET_KEY": "hidden"}, "S3_ACCESS_KEY"),
        ({"STORAGE_TIMEOUT_S": "0"}, "STORAGE_TIMEOUT_S"),
        ({"CLAMD_ADDRESS": "clamd"}, "CLAMD_ADDRESS"),
        ({"CLAMD_ADDRESS": "clamd:0"}, "CLAMD_ADDRESS"),
        ({"CLAMD_ADDRESS": "run/clamd.ctl"}, "CLAMD_ADDRESS"),
        ({"SCAN_REQUIRED": "true"}, "SCAN_REQUIRED"),
    ],
)
def test_an_invalid_storage_or_scanner_stops_the_start_with_one_line(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(environ)
    assert str(refusal.value).startswith(named + ":")
    assert "\n" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("127.0.0.1:3310", ("", "127.0.0.1", 3310)),
        ("clamd.internal:3310", ("", "clamd.internal", 3310)),
        ("[::1]:3310", ("", "::1", 3310)),
        ("/run/clamav/clamd.ctl", ("/run/clamav/clamd.ctl", "", 0)),
    ],
)
def test_a_scanner_is_at_a_port_or_a_socket(address: str, where: tuple[str, str, int]) -> None:
    endpoint = load_settings({"CLAMD_ADDRESS": address, "SCAN_REQUIRED": "yes"}).scan.endpoint
    assert (endpoint.path, endpoint.host, endpoint.port) == where


def test_secrets_are_not_shown() -> None:
    settings = load_settings({"JWT_SECRET": STRONG, "DATABASE_URL": "postgresql://u:hidden@h/d"})
    assert STRONG not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
@pytest.mark.parametrize(
    "address",
    [
        "u:hid/den@h:5432/d",
        "u:hid?den@h/d",
        "u:hid#den@h/d",
        "u:hid@den@h/d",
        "u:hid:den@h/d",
        "u:12/hidden@h/d",
        "u:12?hidden@h/d",
        "u:hidden",
        "u:hidden/d",
        "u:x@h:hidden/d",
        "u:x@h:0/d",
        "u:x@h:70000/d",
        "u:x@[hidden/d",
        "u:x@[hidden]/d",
    ],
)
def test_an_address_that_a_driver_may_read_in_another_way_is_refused_without_a_piece_of_it(
    scheme: str, address: str
) -> None:
    name = {"postgresql": "DATABASE_URL", "redis": "REDIS_URL"}[scheme]
    with pytest.raises(SettingsError, match=name) as refused:
        load_settings({name: f"{scheme}://{address}"})
    for piece in ("hid", "den", "12", "70000"):
        assert piece not in str(refused.value)


@pytest.mark.parametrize("url", ["host=h password=hidden", "hidden", "mysql://u:hidden@h/d", "postgresql:u:hidden@h"])
def test_what_is_no_address_of_a_database_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL: not an address") as refused:
        load_settings({"DATABASE_URL": url})
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%2F%40%3A%23@h:5432/d",
        "postgres://h/d",
        "postgresql://u@/d?host=/tmp/run&port=5433",
        "postgresql://u:p@[::1]:5432/d?sslmode=require",
        "postgresql://u:p@one:5432,two:5433/d",
    ],
)
def test_addresses_of_databases_are_accepted_in_their_usual_forms(url: str) -> None:
    assert load_settings({"DATABASE_URL": url}).database.url == url


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("off", False), ("1", True), ("false", False)])
def test_the_usual_words_are_accepted_as_booleans(text: str, value: bool) -> None:
    assert load_settings({"RATE_LIMIT_ENABLED": text}).limits.enabled is value


def test_every_variable_is_documented_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    groups = [group.type for group in msgspec.structs.fields(Settings)]
    known = {field.encode_name for group in groups for field in msgspec.structs.fields(group)}
    assert documented == known


def test_every_setting_is_read_by_the_code() -> None:
    assert all_fields() - read_fields() == set()
