"""An authenticator app as RFC 6238 describes it, written from there and knowing nothing of the server."""

import base64
import hashlib
import hmac
import re
import struct
import time
from html import unescape

from django.test import Client

ADD = "/accounts/2fa/app/add/"


def code(secret: str, at: float | None = None) -> str:
    """Six digits for the half minute in which this second lies."""
    counter = struct.pack(">Q", int(time.time() if at is None else at) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[start : start + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


def secret_on(page: str) -> str:
    """What the page says to type into the app."""
    found = re.search(r'class="secret">([A-Z2-7]{32})<', unescape(page))
    assert found is not None, page
    return found[1]


def set_up(client: Client) -> str:
    """An app for whoever is signed in here; returns its secret."""
    secret = secret_on(client.get(ADD).text)
    answer = client.post(ADD, {"code": code(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/recovery-codes/"), answer.content
    return secret
