"""An OpenID provider that says whatever a test has it say, right or wrong: a certified one says nothing wrong."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(65537, 2048)
JWK = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "one", "alg": "RS256"}
CLIENT_ID = "dashboard"


@dataclass(frozen=True)
class Said:
    """What is other than it should be; None takes it out."""

    discovery: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    userinfo: Any = None
    token: Mapping[str, Any] = field(default_factory=dict)
    token_body: bytes | None = None
    token_type: str | None = "application/json"
    keys: Any = None
    head: Mapping[str, Any] = field(default_factory=lambda: {"kid": "one"})
    key: Any = KEY
    algorithm: str = "RS256"


class AnyProvider:
    def __init__(self, issuer: str, said: Said) -> None:
        self.issuer, self.said, self.nonce = issuer, said, ""

    def answer(self, path: str) -> tuple[bytes, str | None]:
        if path == "/token":
            body = self.said.token_body
            return (_json(self._token()) if body is None else body), self.said.token_type
        person = {"sub": self.said.claims.get("sub", "u"), "preferred_username": "ursula", "groups": ["support"]}
        answers = {
            "/.well-known/openid-configuration": self._discovery(),
            "/keys": {"keys": [JWK]} if self.said.keys is None else self.said.keys,
            "/me": person if self.said.userinfo is None else self.said.userinfo,
        }
        return _json(answers[path]), "application/json"

    def _discovery(self) -> dict[str, Any]:
        ends = {"authorization_endpoint": "/auth", "token_endpoint": "/token", "userinfo_endpoint": "/me"}
        named = {name: self.issuer + path for name, path in {**ends, "jwks_uri": "/keys"}.items()}
        return _changed({"issuer": self.issuer, **named}, self.said.discovery)

    def _token(self) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "u", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims = _changed(usual, self.said.claims)
        signed = jwt.encode(claims, self.said.key, self.said.algorithm, dict(self.said.head))
        return _changed({"access_token": "opens-userinfo", "id_token": signed}, self.said.token)


@contextmanager
def running_any_provider(said: Said) -> Iterator[AnyProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body, kind = provider.answer(self.path)
            self.send_response(200)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = AnyProvider(f"http://127.0.0.1:{server.server_port}", said)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield provider
        server.shutdown()


def _changed(usual: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**usual, **other}.items() if value is not None}


def _json(said: Any) -> bytes:
    return json.dumps(said).encode()
