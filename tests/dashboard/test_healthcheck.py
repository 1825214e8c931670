"""What the image asks itself every half a minute."""

import pytest
from django.conf import LazySettings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from dashboard.healthcheck import main
from tests.processes import run


@pytest.fixture(autouse=True)
def public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://connections.example.com")


def test_a_server_that_answers_to_its_public_name_is_healthy(live_server: LiveServer, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["connections.example.com"]

    main(f"{live_server.url}/healthz")


def test_it_asks_this_machine_and_no_proxy(live_server: LiveServer, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["connections.example.com"]
    nowhere = "http://127.0.0.1:9"
    asking = f"from dashboard.healthcheck import main; main('{live_server.url}/healthz')"

    # In a process of its own, since Python reads the variables once.
    ended = run("-c", asking, PUBLIC_URL="https://connections.example.com", http_proxy=nowhere, HTTP_PROXY=nowhere)

    assert ended.returncode == 0, ended.stderr


def test_a_server_of_another_name_is_not(live_server: LiveServer, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["elsewhere.example.com"]

    with pytest.raises(SystemExit, match="No health"):
        main(f"{live_server.url}/healthz")


def test_nothing_that_listens_is_not_healthy() -> None:
    with pytest.raises(SystemExit, match="No health"):
        main("http://127.0.0.1:9/healthz")


def test_a_host_that_is_not_ours_gets_a_page_that_says_so() -> None:
    answer = Client(SERVER_NAME="elsewhere.example.com").get("/healthz")

    assert answer.status_code == 400
    assert "cannot be read" in answer.text
