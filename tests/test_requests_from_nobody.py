"""Requests that no browser of ours sends: bodies too large, keys that are none."""

from typing import Any

import pytest
from django.test import Client

from connections.permissions import Role
from tests.addresses import EVERY
from tests.deeds import FORM
from tests.people import SignIn

pytestmark = pytest.mark.django_db(transaction=True)
MEGABYTES = str(200 * 1024 * 1024)
IN_PIECES = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
MULTIPART = "multipart/form-data; boundary=b"


class NeverRead:
    """A body that fails the test if anything reads it."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    readline = read


@pytest.mark.parametrize("kind", [MULTIPART, FORM, "application/csp-report", "text/plain"])
@pytest.mark.parametrize("size", [{"CONTENT_LENGTH": MEGABYTES}, IN_PIECES])
def test_a_body_larger_than_any_form_is_refused_before_it_is_read(size: dict[str, str], kind: str) -> None:
    client: Any = Client(**{"wsgi.input": NeverRead()})  # type: ignore[arg-type]  # a part of the environ
    for url in ("/accounts/login/", "/csp-report/", "/nothing/", "/connections/"):
        answer = client.generic("POST", url, content_type=kind, **size)
        assert answer.status_code == 413, url
        assert "larger than any form" in answer.text
        assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("length", ["-1", "x", "1e9", "\u0663"])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    assert Client().generic("POST", "/accounts/login/", CONTENT_LENGTH=length).status_code == 413


def test_a_file_in_a_form_counts_as_all_of_it() -> None:
    file = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n' + b"x" * 65_000 + b"\r\n--b--\r\n"
    assert Client().generic("POST", "/accounts/login/", file, content_type=MULTIPART).status_code == 200
    assert Client().generic("POST", "/accounts/login/", file + b"x" * 1000, content_type=MULTIPART).status_code == 413


@pytest.mark.parametrize("name", ["sessionid", "device", "csrftoken", "messages"])
def test_a_cookie_that_no_database_takes_is_none(name: str) -> None:
    nul = f'"{"a" * 8}\\000{"a" * 23}"'
    client = Client(headers={"Cookie": f"{name}={nul}"})
    for address in EVERY:
        assert client.get(address.url).status_code < 500, address
    assert client.post("/accounts/login/", {"login": "nobody", "password": "wrong"}).status_code == 200


def test_a_server_without_an_address_of_its_visitors_lets_them_in(sign_in: SignIn) -> None:
    sign_in(Role.SUPPORT, "sam")
    for nowhere in ("", "unix:", "fe80::1%eth0"):
        client = Client(REMOTE_ADDR=nowhere)
        assert (
            client.post("/accounts/login/", {"login": "sam", "password": "correct-horse-battery-staple"}).status_code
            == 302
        )
        assert client.get("/accounts/2fa/").status_code == 200
