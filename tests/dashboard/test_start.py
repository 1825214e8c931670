"""What is missing or malformed stops the start with a sentence that names the variable, and never the value."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.processes import MANAGE, free_port, run

SECRET = "hunter2-and-many-more-characters-that-nobody-may-ever-read-anywhere-0123456789"
COMPLETE = {
    "SECRET_KEY": SECRET,
    "PUBLIC_URL": "https://connections.example.com",
    "SMARTCAR_APP_MANAGEMENT_TOKEN": "token",
    "SMARTCAR_CLIENT_ID": "client_id",
    "SMARTCAR_CLIENT_SECRET": "secret",
}


def check(**changes: str) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in (COMPLETE | changes).items() if value}
    return run(MANAGE, "check", "--deploy", "--fail-level", "WARNING", **variables)


def serve(tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """The production server, expected to refuse."""
    variables = {name: value for name, value in (COMPLETE | changes).items() if value}
    variables["DATABASE_URL"] = f"sqlite:///{tmp_path}/db.sqlite3"
    address = f"127.0.0.1:{free_port()}"
    return run("-m", "gunicorn", "dashboard.wsgi", "--no-control-socket", "--bind", address, **variables)


def test_a_complete_environment_passes() -> None:
    ended = check()
    assert ended.returncode == 0, ended.stderr


def test_secrets_from_files_are_as_good(tmp_path: Path) -> None:
    names = ("SECRET_KEY", "SMARTCAR_APP_MANAGEMENT_TOKEN", "SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET")
    for name in names:
        (tmp_path / name).write_text(COMPLETE[name] + "\n")
    ended = check(**dict.fromkeys(names, ""), **{f"{name}_FILE": str(tmp_path / name) for name in names})
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": ""}, ["SECRET_KEY is not set"]),
        (
            dict.fromkeys(("SMARTCAR_APP_MANAGEMENT_TOKEN", "SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET"), ""),
            ["SMARTCAR_APP_MANAGEMENT_TOKEN", "SMARTCAR_CLIENT_ID", "SMARTCAR_CLIENT_SECRET"],
        ),
        ({"SMARTCAR_CLIENT_ID": ""}, ["SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET must be set together"]),
        ({"SMARTCAR_API": "v2", "SMARTCAR_APP_MANAGEMENT_TOKEN": ""}, ["SMARTCAR_API is v2", "MANAGEMENT_TOKEN"]),
        (
            {"SMARTCAR_API": "v3", "SMARTCAR_CLIENT_ID": "", "SMARTCAR_CLIENT_SECRET": ""},
            ["SMARTCAR_API is v3", "SMARTCAR_CLIENT_ID"],
        ),
        ({"SMARTCAR_API": SECRET}, ["SMARTCAR_API must be one of auto, v2, v3."]),
        ({"SMARTCAR_MANAGEMENT_API_ORIGIN": SECRET}, ["SMARTCAR_MANAGEMENT_API_ORIGIN must be an origin"]),
        ({"SMARTCAR_RATE_RESERVE": "120"}, ["SMARTCAR_RATE_RESERVE must be a whole number below 120."]),
        ({"SMARTCAR_RATE_CAPACITY": SECRET}, ["SMARTCAR_RATE_CAPACITY must be a whole number above zero."]),
        ({"OIDC_ISSUER": "https://id.example"}, ["OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET", "together"]),
        ({"SECRET_KEY": "short"}, ["SECRET_KEY is too short or too plain"]),
        ({"SECRET_KEY": "ab" * 40}, ["SECRET_KEY is too short or too plain"]),
        ({"PUBLIC_URL": "http://connections.example.com"}, ["PUBLIC_URL must begin with https://"]),
        ({"PUBLIC_URL": "http://10.0.0.5:8000"}, ["PUBLIC_URL must begin with https://"]),
        ({"ALLOWED_HOSTS": "*"}, ["ALLOWED_HOSTS must name hosts"]),
        ({"DEBUG": "true"}, ["DEBUG must be off"]),
        ({"SMARTCAR_IAM_ORIGIN": "http://iam.example"}, ["SMARTCAR_IAM_ORIGIN must begin with https://"]),
        ({"OIDC_ISSUER": f"https://{'x.' * 100}example"}, ["OIDC_ISSUER must have at most 200 characters"]),
        ({"OIDC_ROLE_GROUPS": "leads=sg-leads"}, ["OIDC_ROLE_GROUPS names leads, which is no role"]),
        ({"OIDC_ROLE_GROUPS": "lead"}, ["OIDC_ROLE_GROUPS must be pairs"]),
        ({"OIDC_ISSUER": "http://id.example"}, ["OIDC_ISSUER must begin with https://"]),
        ({"OIDC_ISSUER": "https://id.example/?x=1"}, ["OIDC_ISSUER must be a URL such as"]),
        ({"PASSWORD_WORDS": "acme,a-b"}, ["PASSWORD_WORDS names a-b: a word has three letters or digits at least"]),
        ({"SECOND_FACTOR_ROLES": "lead,leads"}, ["SECOND_FACTOR_ROLES names leads, which is no role", "access_admin"]),
        ({"STATUTORY_DAYS": "30,erasure=45"}, ["STATUTORY_DAYS names erasure, which is no reason", "erasure_request"]),
        ({"RECEIPT_TEMPLATES_DIR": f"/{SECRET}"}, ["RECEIPT_TEMPLATES_DIR is not a folder"]),
        ({"PUBLIC_URL": f"https://{SECRET}/path"}, ["PUBLIC_URL must be an origin"]),
        ({"DATABASE_URL": f"mysql://user:{SECRET}@host/name"}, ["DATABASE_URL must begin with"]),
        ({"DEBUG": SECRET}, ["DEBUG must be true or false."]),
        ({"TICKET_PATTERN": f"({SECRET}"}, ["TICKET_PATTERN is not a regular expression"]),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": f"/{SECRET}"}, ["SECRET_KEY_FILE names a file that cannot be read"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_each_fault_is_named_and_no_value_is_repeated(changes: dict[str, str], named: list[str]) -> None:
    ended = check(**changes)
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    for words in named:
        assert words in said
    assert SECRET not in said


def test_with_a_simulator_on_this_machine_they_are_warnings() -> None:
    origins = dict.fromkeys(("MANAGEMENT_API", "VEHICLE_API", "IAM"), "http://127.0.0.1:9")
    variables = COMPLETE | {f"SMARTCAR_{name}_ORIGIN": origin for name, origin in origins.items()}
    variables |= {"PUBLIC_URL": "http://10.0.0.5:8000", "ALLOWED_HOSTS": "*"}
    ended = run(MANAGE, "check", "--deploy", **variables)
    assert ended.returncode == 0, ended.stderr
    assert "(dashboard.W011) PUBLIC_URL must begin with https://" in ended.stderr
    assert "(dashboard.W012) ALLOWED_HOSTS must name hosts" in ended.stderr


def test_an_address_of_many_colons_is_a_host_in_brackets() -> None:
    code = "from django.conf import settings; print(settings.ALLOWED_HOSTS)"
    variables = COMPLETE | {"PUBLIC_URL": "https://[2001:db8::1]"}
    assert run(MANAGE, "shell", "--no-imports", "-c", code, **variables).stdout.strip() == "['[2001:db8::1]']"


def test_the_server_refuses_in_a_sentence_and_ends(tmp_path: Path) -> None:
    ended = serve(tmp_path, SECRET_KEY="", SMARTCAR_CLIENT_ID="")
    assert ended.returncode != 0
    assert "Not started: SECRET_KEY is not set" in ended.stderr
    assert "Not started: SMARTCAR_CLIENT_ID and SMARTCAR_CLIENT_SECRET must be set together." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_server_refuses_a_database_that_was_never_prepared(tmp_path: Path) -> None:
    ended = serve(tmp_path)
    assert ended.returncode != 0
    assert "Not started:" in ended.stderr
    assert "migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_credentials_a_database_can_be_migrated_all_the_same(tmp_path: Path) -> None:
    ended = run(MANAGE, "migrate", "--verbosity", "0", DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert ended.returncode == 0, ended.stderr


def test_on_sqlite_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    code = "from django.db import connection as c; k = c.cursor(); print(*k.execute('PRAGMA synchronous').fetchone())"
    ended = run(MANAGE, "shell", "--no-imports", "-c", code, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    full = "2"
    assert ended.stdout.strip() == full, ended.stderr


def test_the_key_of_the_audit_log_is_made_and_its_public_half_said(tmp_path: Path) -> None:
    migrated = run(MANAGE, "migrate", **COMPLETE, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert migrated.returncode == 0, migrated.stderr
    code = "import dashboard.wsgi"
    variables = {**COMPLETE, "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "AUDIT_ORIGIN": "example.test/audit"}
    started = run("-c", code, **variables)
    assert started.returncode == 0, started.stderr
    said = re.findall(r"Audit key (example\.test/audit\+\S+) \(signs\)", started.stderr)
    assert len(said) == 1
    shown = run(MANAGE, "audit_key", **variables)
    assert shown.stdout == f"{said[0]}  (signs)\n"


def test_a_key_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    run(MANAGE, "migrate", **COMPLETE, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    (tmp_path / "key").write_text(SECRET)
    for path in (tmp_path / "key", Path("/dev/null/key")):
        ended = serve(tmp_path, AUDIT_SIGNING_KEY_FILE=str(path))
        assert ended.returncode == 3
        assert "Not started: AUDIT_SIGNING_KEY_FILE " in ended.stderr
        assert SECRET not in ended.stderr


def test_a_name_of_the_log_that_no_checkpoint_can_bear_is_named() -> None:
    ended = check(AUDIT_ORIGIN="our audit+log")
    assert ended.returncode != 0
    assert "AUDIT_ORIGIN must be a name without spaces and plus signs." in ended.stderr
