"""Whatever comes back, a call ends in a value or in an error of the drawn tree, and no DELETE lacks its ids."""

import gc
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings, strategies as st

from connections.smartcar.client import ConnectionsAPI, Credentials, Origins, Smartcar
from connections.smartcar.errors import SmartcarError
from connections.smartcar.transport import Timeouts
from connections.smartcar.types import Connection, Deletion, Page, UserScope, VehicleScope
from tests.smartcar.material import (
    CLIENT_SECRET,
    CONNECTION,
    EVERYTHING,
    LIVE,
    MANAGEMENT_TOKEN,
    v2_list,
    v2_row,
    v3_item,
    v3_list,
)
from tests.smartcar.scripted import Reply, ScriptedServer, Then, json_reply, reply, token_reply

KNOWN_STATUSES = [200, 200, 200, 204, 206, 302, 304, 400, 401, 403, 404, 410, 429, 430, 500, 502, 503]
Target = tuple[str, dict[str, str]]
Ask = Callable[[Smartcar, Connection], object]

CALLS: dict[str, Ask] = {
    "v2 page": lambda smartcar, _: smartcar.api.page(EVERYTHING, limit=10, cursor="x"),
    "v2 every": lambda smartcar, _: list(smartcar.api.every(EVERYTHING, limit=10)),
    "v2 delete connection": lambda smartcar, mine: smartcar.api.delete_connection(mine),
    "v2 delete pair": lambda smartcar, mine: smartcar.api.delete_scope(mine.pair),
    "v2 delete user": lambda smartcar, mine: smartcar.api.delete_scope(UserScope(mine.user_id)),
    "v2 delete vehicle": lambda smartcar, mine: smartcar.api.delete_scope(VehicleScope(mine.vehicle_id)),
    "v3 page": lambda smartcar, _: details(smartcar).page(LIVE, limit=10),
    "v3 every": lambda smartcar, _: list(details(smartcar).every(LIVE, limit=10)),
    "v3 connection": lambda smartcar, _: details(smartcar).connection(CONNECTION),
    "v3 delete connection": lambda smartcar, mine: details(smartcar).delete_connection(mine),
}


def a_connection() -> Connection:
    """Nobody's before: a DELETE that arrives late is known by its ids for that of an earlier try."""
    return Connection(user_id=uuid4(), vehicle_id=uuid4(), connection_id=uuid4())


def target_of(call: str, mine: Connection) -> Target | None:
    """The path and the query of the one DELETE that this call may send."""
    user, vehicle = {"user_id": str(mine.user_id)}, {"vehicle_id": str(mine.vehicle_id)}
    targets = {
        "v2 delete connection": ("/v2.0/management/connections/", user | vehicle),
        "v2 delete pair": ("/v2.0/management/connections/", user | vehicle),
        "v2 delete user": ("/v2.0/management/connections/", user),
        "v2 delete vehicle": ("/v2.0/management/connections/", vehicle),
        "v3 delete connection": (f"/v3/connections/{mine.connection_id}", {}),
    }
    return targets.get(call)


def details(smartcar: Smartcar) -> ConnectionsAPI:
    assert smartcar.details is not None
    return smartcar.details


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A good answer in which something, somewhere, is not as it should be."""
    good = draw(
        st.sampled_from(
            [
                v2_list(v2_row(), cursor="more"),
                {"connections": [v2_row()]},
                v3_list(v3_item(), following="x"),
                {"data": v3_item()},
                {"access_token": "minted", "expires_in": 3600},
                {"type": "SERVER", "code": "INTERNAL", "description": "words", "requestId": "r" * 9},
                {"errors": [{"code": "VERSION", "detail": "words"}]},
                {"error": "invalid_client", "error_description": "words"},
            ]
        )
    )
    return draw(replaced(good))


@st.composite
def replaced(draw: st.DrawFn, value: Any) -> Any:
    """The value, with a part of it replaced by junk or left out."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(value)))
        rest = {name: kept for name, kept in value.items() if name != key}
        return rest if draw(st.booleans()) else rest | {key: draw(replaced(value[key]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [draw(replaced(value[0])), *value[1:]]
    return draw(junk)


header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Retry-After",
                "SC-Request-Id",
                "Content-Type",
                "Content-Encoding",
                "Location",
                "Set-Cookie",
                "Connection",
                "Transfer-Encoding",
                "Content-Length",
                "X-Odd",
            ]
        ),
        header_values
        | st.sampled_from(["0", "-1", "5", "gzip", "deflate", "br", "chunked", "close", "http://[", "a=b; Path=/"]),
    ),
    max_size=3,
)
# What keeps the client waiting has tests of its own; here each try must be quick.
endings = st.sampled_from([Then.KEEP, Then.KEEP, Then.KEEP, Then.CLOSE, Then.RESET])


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    status = draw(st.sampled_from(KNOWN_STATUSES) | st.integers(100, 999))
    more, ending = draw(headers), draw(endings)
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return Reply(draw(st.binary(max_size=60)), Then.CLOSE)
    if kind <= 2:
        body = draw(st.binary(max_size=60))
        return reply(status, body, headers=more, then=Then.CLOSE if more else ending)
    answer = json_reply(status, draw(spoiled() if kind <= 7 else junk), headers=more)
    length = draw(st.integers(0, len(answer.data))) if kind == 9 else len(answer.data)
    # A server that has announced more than it says, or odd framing, must hang up.
    return Reply(answer.data[:length], Then.CLOSE if more or kind == 9 else ending)


@pytest.fixture(scope="module")
def hostile() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def smartcar(hostile: ScriptedServer) -> Iterator[Smartcar]:
    client = Smartcar(
        Credentials(management_token=MANAGEMENT_TOKEN, client_id="client_1", client_secret=CLIENT_SECRET),
        Origins(management=hostile.url, vehicle=hostile.url, iam=hostile.url),
        "v2",
        timeouts=Timeouts(connect=1, read=0.2, total=0.5),
        sleep=lambda _: None,
    )
    yield client
    client.close()
    gc.collect()


@pytest.fixture(scope="module")
def allowed() -> list[Target]:
    """Every DELETE that any try so far was allowed to send."""
    return []


def outcome(call: str, smartcar: Smartcar, mine: Connection) -> object:
    try:
        return CALLS[call](smartcar, mine)
    except SmartcarError as error:
        return error


def is_well_told(error: SmartcarError, *, deletes: bool) -> bool:
    """Fit to be shown, without credentials, and open only where something could have changed."""
    told = f"{error} {error.request_id} {getattr(error, 'code', None)}"
    has_secret = MANAGEMENT_TOKEN in told or CLIENT_SECRET in told
    return told.isprintable() and not has_secret and (deletes or not error.may_have_been_applied)


# `tests/test_hostile_input.py` says how all tries add up.
# A socket that urllib3 gives up over a bad answer is closed when it is collected, whenever that may be.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=8000)
@given(call=st.sampled_from(sorted(CALLS)), answers=st.lists(replies(), min_size=1, max_size=4))
def test_every_answer_ends_in_a_value_or_an_error_of_the_tree(
    hostile: ScriptedServer, smartcar: Smartcar, allowed: list[Target], call: str, answers: list[Reply]
) -> None:
    hostile.replies.clear()
    hostile.requests.clear()
    hostile.script(*answers)
    hostile.otherwise = token_reply() if call.startswith("v3") else json_reply(200, v2_list())
    mine = a_connection()
    if target := target_of(call, mine):
        allowed.append(target)

    result = outcome(call, smartcar, mine)

    assert isinstance(result, SmartcarError | Page | Connection | Deletion | list)
    assert not isinstance(result, SmartcarError) or is_well_told(result, deletes=target is not None)
    deletes = [(seen.path, seen.query) for seen in hostile.with_method("DELETE")]
    assert all(deletes.count(delete) == 1 and delete in allowed for delete in deletes)
