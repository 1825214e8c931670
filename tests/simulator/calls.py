"""How the simulator's tests speak to it: plain requests with credentials, no client of ours."""

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from connections.simulator.server import Simulator

CONNECTIONS = "/v2.0/management/connections/"
MANAGEMENT_TOKEN = "a-management-token"

Pair = tuple[str, str]


class Calls:
    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._session = requests.Session()
        self._session.trust_env = False
        self._bearer = ""

    def close(self) -> None:
        self._session.close()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self.simulator.url + path, timeout=10, allow_redirects=False, **options)

    def v2(self, method: str = "GET", /, **parameters: object) -> requests.Response:
        params = {name: str(value) for name, value in parameters.items()}
        return self.send(method, CONNECTIONS, params=params, auth=("default", MANAGEMENT_TOKEN))

    def v2_at(self, path: str, method: str = "GET") -> requests.Response:
        return self.send(method, path, auth=("default", MANAGEMENT_TOKEN))

    def v2_pages(self, **parameters: object) -> Iterator[list[dict[str, str]]]:
        cursor: dict[str, str] = {}
        while True:
            body = self.v2(**parameters, **cursor).json()
            yield body["connections"]
            if body["paging"]["cursor"] is None:
                return
            cursor = {"cursor": body["paging"]["cursor"]}

    def pairs(self, **parameters: object) -> list[Pair]:
        return [(row["userId"], row["vehicleId"]) for page in self.v2_pages(limit=100, **parameters) for row in page]

    def v3(
        self,
        method: str = "GET",
        path: str = "/v3/connections",
        parameters: Mapping[str, object] | None = None,
    ) -> requests.Response:
        params = {name: str(value) for name, value in (parameters or {}).items()}
        return self.send(method, path, params=params, headers={"Authorization": f"Bearer {self.bearer}"})

    @property
    def bearer(self) -> str:
        if not self._bearer:
            self._bearer = self.token().json()["access_token"]
        return self._bearer

    def forget_bearer(self) -> None:
        self._bearer = ""

    def token(self, **fields: str) -> requests.Response:
        form = {"grant_type": "client_credentials", "client_id": "client_one", "client_secret": "secret"}
        return self.send("POST", "/oauth2/token", data=form | fields)

    def control(self, method: str, call: str, /, **fields: object) -> requests.Response:
        return self.send(method, f"/__simulator__/{call}", json=fields)
