"""Who takes payments, and what of it is refused where people are served."""

from __future__ import annotations

import pytest

from wondernest.settings import SettingsError, load_settings

STRONG = "0123456789-strong-enough-for-production"
SAFE = {
    "APP_ENV": "production",
    "JWT_SECRET": STRONG,
    "SMTP_HOST": "mail.example.org",
    "PUBLIC_BASE_URL": "https://api.example",
}
WEBHOOK = {
    "PAYMENT_GATEWAY": "webhook",
    "PAYMENT_GATEWAY_URL": "https://pay.example/v1",
    "PAYMENT_GATEWAY_KEY": "key",
    "PAYMENT_WEBHOOK_SECRET": STRONG,
}


def test_payments_are_simulated_in_development_and_taken_by_nobody_anywhere_else() -> None:
    assert load_settings({"APP_ENV": "development"}).payment_gateway == "simulated"
    assert load_settings(SAFE, serving=True).payment_gateway == "none"
    assert load_settings({}).payment_gateway == "none"
    assert load_settings({**SAFE, **WEBHOOK, "PAYMENT_GATEWAY": "Webhook"}, serving=True).payment_gateway == "webhook"


@pytest.mark.parametrize(
    ("unsafe", "named"),
    [
        ({"PAYMENT_GATEWAY": "simulated"}, "PAYMENT_GATEWAY"),
        ({**WEBHOOK, "PAYMENT_GATEWAY_URL": "http://pay.example/v1"}, "PAYMENT_GATEWAY_URL"),
        ({**WEBHOOK, "PAYMENT_WEBHOOK_SECRET": "short"}, "PAYMENT_WEBHOOK_SECRET"),
    ],
)
def test_an_unsafe_gateway_is_refused_by_name_where_people_are_served(unsafe: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings({**SAFE, **unsafe}, serving=True)
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"{named}: ")
    assert load_settings({**SAFE, **unsafe}).app.production
    assert load_settings({**SAFE, **unsafe, "APP_ENV": "development"}, serving=True).app.development


def test_a_gateway_on_the_same_machine_may_be_asked_over_http() -> None:
    near = {**SAFE, **WEBHOOK, "PAYMENT_GATEWAY_URL": "http://127.0.0.1:9000"}
    assert load_settings(near, serving=True).payments.url == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PAYMENT_GATEWAY": "cash"}, "PAYMENT_GATEWAY"),
        ({"PAYMENT_GATEWAY": "webhook"}, "PAYMENT_GATEWAY_URL"),
        ({**WEBHOOK, "PAYMENT_GATEWAY_URL": "ftp://pay.example"}, "PAYMENT_GATEWAY_URL"),
        ({**WEBHOOK, "PAYMENT_GATEWAY_URL": "https://user:hidden@pay.example"}, "PAYMENT_GATEWAY_URL"),
        ({**WEBHOOK, "PAYMENT_GATEWAY_URL": "https://pay.example?key=hidden"}, "PAYMENT_GATEWAY_URL"),
        ({**WEBHOOK, "PAYMENT_GATEWAY_KEY": ""}, "PAYMENT_GATEWAY_KEY"),
        ({**WEBHOOK, "PAYMENT_WEBHOOK_SECRET": ""}, "PAYMENT_WEBHOOK_SECRET"),
        ({"PAYMENT_CURRENCY": "dollars"}, "PAYMENT_CURRENCY"),
        ({"PAYMENT_TIMEOUT_S": "0"}, "PAYMENT_TIMEOUT_S"),
        ({"PAYMENT_ASK_AFTER_S": "0"}, "PAYMENT_ASK_AFTER_S"),
        ({"PAYMENT_UNKNOWN_AFTER_S": "soon"}, "PAYMENT_UNKNOWN_AFTER_S"),
        ({"PACK_USES_PER_USER_AND_DAY": "0"}, "PACK_USES_PER_USER_AND_DAY"),
    ],
)
def test_an_invalid_gateway_stops_the_start_with_one_line_for_each_variable(
    environ: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(environ)
    lines = str(refusal.value).splitlines()
    assert lines[0].startswith(f"{named}: ")
    assert len({line.partition(":")[0] for line in lines}) == len(lines)
    assert "hidden" not in str(refusal.value)
