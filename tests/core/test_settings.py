"""A wrong setting stops the program with its name and what it should be, never its value."""

import pytest

from core.errors import ConfigurationError
from core.settings import load_settings

SECRET = "hunter2-unmistakable"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("GATEWAY_PORT", "99999", "GATEWAY_PORT should be a port from 1 to 65535"),
        ("PUBLIC_URL", "not an address", "PUBLIC_URL should be the https address"),
        ("IDLE_MINUTES", "0", "IDLE_MINUTES should be minutes, 1 to 1440"),
        ("TWILIO_AUTH_TOKEN", SECRET, "go together"),
    ],
)
def test_a_wrong_value_is_named_and_explained(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert expected in str(caught.value)
    assert value not in str(caught.value).replace("minutes, 1 to 1440", "")


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "")
    assert load_settings().telegram_token is None


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", SECRET)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@host/name")
    assert SECRET not in repr(load_settings())
