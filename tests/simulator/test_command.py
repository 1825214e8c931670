"""`manage.py simulator` as an operator runs it: its own process, signals, wrong arguments."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from connections.simulator.faults import CATALOGUE

PROJECT = Path(__file__).parents[2]
NO_CREDENTIALS = {
    "SMARTCAR_APP_MANAGEMENT_TOKEN": "",
    "SMARTCAR_CLIENT_ID": "",
    "SMARTCAR_CLIENT_SECRET": "",
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), "simulator", *arguments]


def environment(**variables: str) -> dict[str, str]:
    return {
        **os.environ,
        **NO_CREDENTIALS,
        "SECRET_KEY": "for-tests",
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        **variables,
    }


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        command("--port", "0", "--connections", "50", *arguments),
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield process, line
        finally:
            process.kill()


def url_in(line: str) -> str:
    match = re.search(r"http://127\.0\.0\.1:[0-9]+", line)
    assert match is not None
    return match[0]


def get(url: str, token: str = "any") -> requests.Response:
    return requests.get(f"{url}/v2.0/management/connections", auth=("default", token), timeout=10)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_quietly_on_a_signal(number: signal.Signals) -> None:
    with running() as (process, line):
        url = url_in(line)
        for name in "SMARTCAR_MANAGEMENT_API_ORIGIN", "SMARTCAR_VEHICLE_API_ORIGIN", "SMARTCAR_IAM_ORIGIN":
            assert f"{name}={url}" in line
        assert get(url).ok
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_credentials_of_the_environment_are_insisted_on() -> None:
    with running(SMARTCAR_APP_MANAGEMENT_TOKEN="the-right-one") as (_, line):
        url = url_in(line)
        assert (get(url, "the-right-one").status_code, get(url, "another").status_code) == (200, 401)


def test_faults_and_the_rate_limit_are_set_on_the_command_line() -> None:
    arguments = ("--fault", "server-error:1", "--rate-capacity", "2", "--rate-refill-per-minute", "0")
    with running(*arguments) as (_, line):
        assert [get(url_in(line)).status_code for _ in range(3)] == [500, 200, 429]


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with running() as (_, line):
        port = url_in(line).rpartition(":")[2]
        ended = run("--port", port)
    assert ended.returncode == 1
    assert ended.stderr.strip() == f"CommandError: Port {port} of 127.0.0.1 is taken: choose another with --port."


@pytest.mark.parametrize("arguments", [("--list-faults",), ("--fault", "help")])
def test_the_faults_are_listed_with_a_line_each(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 0
    assert [line.split()[0] for line in ended.stdout.splitlines()] == list(CATALOGUE)


def test_an_unknown_fault_is_an_error_that_lists_the_names() -> None:
    ended = run("--fault", "nope")
    assert ended.returncode == 1
    assert "server-error-applied" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "arguments", [("--connections", "many"), ("--connections", "-1"), ("--port", "70000"), ("--users", "0")]
)
def test_bad_numbers_are_said_plainly(arguments: tuple[str, str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert arguments[0] in ended.stderr
    assert "whole number from" in ended.stderr
    assert "Traceback" not in ended.stderr
