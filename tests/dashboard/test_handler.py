"""What the server answers before any of our code has looked at the request."""

import json

import pytest
from django.contrib.sessions.models import Session

from connections.permissions import Role
from tests.people import SignIn
from tests.processes import MANAGE, run

CHARSETS = ("hex", "rot13", "base64", "zlib", "undefined", "punycode", "idna", "utf-16", "unicode_escape", "latin-1")
# Sends each of these through the application as gunicorn does, and prints what was answered.
ASK = """
import json, sys
from io import BytesIO
from wsgiref.util import setup_testing_defaults
from dashboard.wsgi import application

BODY = b'--x\\r\\nContent-Disposition: form-data; name="login"\\r\\n\\r\\n\\xc3\\xa9\\r\\n--x--\\r\\n'

def ask(method, path, query, content_type, body=b""):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "CONTENT_TYPE": content_type,
        "HTTP_HOST": "localhost:8000", "HTTP_COOKIE": "csrftoken=" + "a" * 32,
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    setup_testing_defaults(environ)
    answer = {}
    def start(status, headers, *_):
        answer.update({name.lower(): value for name, value in headers}, status=status)
    b"".join(application(environ, start))
    return answer

DEED = "/users/1e258add-3bb1-4f4e-9b5c-1f3c8f5ab001/connections/revoke/"
for charset in sys.argv[1:]:
    print(json.dumps([
        charset,
        ask("GET", "/accounts/login/", "next=/%C3%A9", "text/plain; charset=" + charset),
        ask("POST", "/accounts/login/", "a=b", "multipart/form-data; boundary=x; charset=" + charset, BODY),
        ask("DELETE", DEED, "", "application/x-www-form-urlencoded; charset=" + charset, b"a=%C3%A9"),
    ]))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("served")
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "SPOOL_DIR": str(folder / "spool"),
        "AUDIT_SIGNING_KEY_FILE": str(folder / "key.pem"),
        "AUDIT_CHECKPOINT_DIR": str(folder / "checkpoints"),
    }
    assert run(MANAGE, "migrate", "--verbosity", "0", **variables).returncode == 0
    asked = run("-c", ASK, *CHARSETS, **variables)
    assert asked.returncode == 0, asked.stderr
    return {charset: got for charset, *got in map(json.loads, asked.stdout.splitlines())}


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_charset_that_is_none_changes_nothing(answers: dict[str, list[dict[str, str]]], charset: str) -> None:
    page, sign_in, deed = answers[charset]
    assert [answer["status"][:3] for answer in (page, sign_in, deed)] == ["200", "403", "403"]
    assert all("content-security-policy" in answer for answer in (page, sign_in, deed))


@pytest.mark.parametrize("charset", CHARSETS)
def test_nor_does_it_in_a_form_that_is_kept_until_somebody_signs_in_again(sign_in: SignIn, charset: str) -> None:
    client = sign_in(Role.SUPPORT)
    Session.objects.all().delete()
    kind = f"application/x-www-form-urlencoded; charset={charset}"
    answer = client.generic(
        "DELETE", "/users/1e258add-3bb1-4f4e-9b5c-1f3c8f5ab001/connections/revoke/", b"note=%C3%A9", kind
    )
    assert (answer.status_code, answer["Location"][:17]) == (302, "/accounts/login/?")
