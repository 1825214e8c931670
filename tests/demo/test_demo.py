"""`manage.py demo` as a newcomer runs it: its own process, its own port, Ctrl-C."""

import re
import signal
import socket
from pathlib import Path

import pytest
import requests

from tests.demo.conftest import SECRET, Demo, running_demo
from tests.processes import MANAGE, is_alive, run

ROLES = {"support": "support", "lead": "lead", "auditor": "auditor", "access": "access administrator"}


def signed_in(demo: Demo, name: str, password: str) -> requests.Session:
    session = requests.Session()
    session.get(f"{demo.url}/accounts/login/", timeout=10)
    form = {"login": name, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(f"{demo.url}/accounts/login/", form, timeout=10)
    return session


def test_it_prints_where_it_is_and_one_password_for_each_of_its_staff(first: Demo) -> None:
    assert f"The dashboard: {first.url}\n" in first.printed
    for name, role in ROLES.items():
        assert re.search(rf"^  {name} +[a-z-]{{20,}} +\({role}\)$", first.printed, re.MULTILINE)
    assert len(set(first.passwords().values())) == 4


def test_ctrl_c_ends_it_well_and_leaves_no_process(first: Demo) -> None:
    assert first.process.returncode == 0
    assert len(first.parts) >= 3
    assert [pid for pid in first.parts if is_alive(pid)] == []


def test_a_second_start_works_with_the_same_passwords(first: Demo, demo: Demo) -> None:
    assert demo.passwords() == first.passwords()


@pytest.mark.parametrize("name", ROLES)
def test_each_of_its_staff_can_sign_in(demo: Demo, name: str) -> None:
    with signed_in(demo, name, demo.passwords()[name]) as session:
        page = session.get(f"{demo.url}/", timeout=10)
    assert page.status_code == 200
    assert f'<span class="roles">{ROLES[name]}</span>' in page.text


def test_it_shows_connections_and_says_that_they_are_simulated(demo: Demo) -> None:
    with signed_in(demo, "support", demo.passwords()["support"]) as session:
        page = session.get(f"{demo.url}/connections/", timeout=10)
    assert page.status_code == 200
    assert page.text.count('<a class="id" href="/connections/') == 25
    assert "Simulator, not Smartcar" in page.text


def test_nothing_of_the_surroundings_gets_into_it(demo: Demo) -> None:
    for pid in demo.parts:
        assert SECRET not in Path(f"/proc/{pid}/environ").read_text(errors="replace")


def test_its_passwords_are_readable_for_this_account_alone(demo: Demo, database: Path) -> None:
    mark = database.with_name(f"{database.name}.demo.json")
    assert demo.passwords()["lead"] in mark.read_text()
    assert mark.stat().st_mode & 0o777 == 0o600


def test_reset_forgets_everything_and_sigterm_ends_it_as_well(first: Demo, tmp_path: Path) -> None:
    database = tmp_path / "demo.sqlite3"
    database.with_name("demo.sqlite3.demo.json").write_text(f'{{"secret_key": "{"x" * 50}", "passwords": {{}}}}')
    database.write_text("no database at all")
    with running_demo(database, "--reset") as demo:
        assert set(demo.passwords()) == set(ROLES)
        assert demo.passwords() != first.passwords()
        assert demo.end(signal.SIGTERM) == 0
        assert [pid for pid in demo.parts if is_alive(pid)] == []


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        ended = run(MANAGE, "demo", "--port", port, DATABASE_URL=f"sqlite:///{tmp_path}/demo.sqlite3")
    assert ended.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in ended.stderr
    assert "--port" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--reset",)])
def test_it_keeps_its_hands_off_a_database_it_did_not_make(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    database = tmp_path / "production.sqlite3"
    database.write_text("somebody's audit log")
    ended = run(MANAGE, "demo", "--port", "0", *arguments, DATABASE_URL=f"sqlite:///{database}")
    assert ended.returncode == 1
    assert "production.sqlite3 was not made by the demo" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert database.read_text() == "somebody's audit log"


def test_it_runs_on_sqlite_only() -> None:
    ended = run(MANAGE, "demo", "--port", "0", DATABASE_URL="postgres://somebody@127.0.0.1:1/production")
    assert ended.returncode == 1
    assert "The demo keeps its data in a SQLite file" in ended.stderr
    assert "Traceback" not in ended.stderr
