"""Both generations against the simulator: what a list, a page and a delete come to in the end."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from connections.simulator.server import Simulator
from connections.smartcar.client import ConnectionsAPI
from connections.smartcar.errors import (
    AnswerLost,
    BillingProblem,
    GenerationRetired,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerFailed,
    SmartcarError,
    Unreadable,
)
from connections.smartcar.transport import Timeouts
from connections.smartcar.types import Connection, Filters, Mode, PairScope, UserScope, VehicleScope
from tests.smartcar.material import (
    CLIENT_ID,
    CLIENT_SECRET,
    EVERYTHING,
    LIVE,
    MANAGEMENT_TOKEN,
    MakeSmartcar,
)

# As short as lets a busy machine answer what is to be answered.
HASTY = Timeouts(connect=3, read=1.5, total=3)

# Each fault of a DELETE and its end: the error, and whether it must be told as perhaps applied.
DELETE_FAULTS: list[tuple[str, type[SmartcarError], bool]] = [
    ("server-error", ServerFailed, True),
    ("server-error-applied", ServerFailed, True),
    ("html", ServerFailed, True),
    ("html-applied", ServerFailed, True),
    ("truncated", AnswerLost, True),
    ("truncated-applied", AnswerLost, True),
    ("hang-applied", AnswerLost, True),
    ("drip-applied", AnswerLost, True),
    ("reset", AnswerLost, True),
    ("reset-applied", AnswerLost, True),
    ("closed-applied", AnswerLost, True),
    ("huge-applied", Unreadable, True),
    ("redirect", Unreadable, True),
    ("rate-limit", RateLimited, False),
    ("rate-limit-seconds", RateLimited, False),
    ("billing", BillingProblem, False),
    ("validation", InvalidRequest, False),
]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(
        connections=120,
        rate_capacity=None,
        management_token=MANAGEMENT_TOKEN,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    ) as simulator:
        yield simulator


@pytest.fixture
def v2(make_smartcar: MakeSmartcar, simulator: Simulator) -> ConnectionsAPI:
    return make_smartcar(simulator.url, "v2", timeouts=HASTY).api


@pytest.fixture
def v3(make_smartcar: MakeSmartcar, simulator: Simulator) -> ConnectionsAPI:
    return make_smartcar(simulator.url, "v3", timeouts=HASTY).api


def all_rows(api: ConnectionsAPI, filters: Filters, limit: int = 100) -> list[Connection]:
    return [row for page in api.every(filters, limit=limit) for row in page.connections]


def pairs(simulator: Simulator) -> set[PairScope]:
    return {PairScope(UUID(row.user_id), UUID(row.vehicle_id)) for row in simulator.world.connections}


def test_v2_lists_every_connection_once(v2: ConnectionsAPI, simulator: Simulator) -> None:
    rows = all_rows(v2, EVERYTHING, limit=25)

    assert len(rows) == 120
    assert {row.pair for row in rows} == pairs(simulator)


@pytest.mark.parametrize("limit", [7, 100])
def test_v3_lists_every_connection_of_its_two_modes(v3: ConnectionsAPI, simulator: Simulator, limit: int) -> None:
    rows = [row for mode in (Mode.LIVE, Mode.SIMULATED) for row in all_rows(v3, Filters(mode=mode), limit)]

    expected = {row.connection_id for row in simulator.world.connections if row.mode != "test"}
    assert sorted(str(row.connection_id) for row in rows) == sorted(expected)
    assert all(row.make and row.permissions is not None and row.connected_at for row in rows)


def test_v3_goes_forward_and_back(v3: ConnectionsAPI) -> None:
    first = v3.page(LIVE, limit=10)
    second = v3.page(LIVE, limit=10, cursor=first.next_cursor)
    again = v3.page(LIVE, limit=10, cursor=second.previous_cursor)

    assert again.connections == first.connections != second.connections
    assert first.total is not None
    assert first.total > 20


def test_both_generations_tell_of_the_same_connections(v2: ConnectionsAPI, v3: ConnectionsAPI) -> None:
    simulated = Filters(mode=Mode.SIMULATED)
    by_pair = {row.pair: row for row in all_rows(v3, simulated)}

    for row in all_rows(v2, simulated):
        assert row.connected_at is not None
        # v3 leaves the milliseconds out now and then.
        assert by_pair[row.pair].connected_at in {row.connected_at, row.connected_at.replace(microsecond=0)}


def test_one_connection_is_read_as_it_was_listed(v3: ConnectionsAPI) -> None:
    listed = v3.page(LIVE, limit=1).connections[0]
    assert listed.connection_id is not None

    assert v3.connection(listed.connection_id) == listed


def test_v2_deletes_exactly_the_pair(v2: ConnectionsAPI, simulator: Simulator) -> None:
    row = v2.page(EVERYTHING, limit=1).connections[0]
    before = pairs(simulator)

    deletion = v2.delete_connection(row)

    assert deletion.removed == (row.pair,)
    assert before - pairs(simulator) == {row.pair}
    assert deletion.request_id == simulator.deletes[0].request_id


def test_v2_deletes_all_of_a_user_and_all_of_a_vehicle(v2: ConnectionsAPI, simulator: Simulator) -> None:
    row = v2.page(EVERYTHING, limit=1).connections[0]

    removed = v2.delete_scope(UserScope(row.user_id)).removed
    assert removed is not None
    assert row.pair in removed
    assert not [pair for pair in pairs(simulator) if pair.user_id == row.user_id]

    row = v2.page(EVERYTHING, limit=1).connections[0]
    assert v2.delete_scope(VehicleScope(row.vehicle_id)).removed
    assert not [pair for pair in pairs(simulator) if pair.vehicle_id == row.vehicle_id]


def test_v3_deletes_exactly_the_connection(v3: ConnectionsAPI, simulator: Simulator) -> None:
    row = v3.page(LIVE, limit=1).connections[0]
    assert row.connection_id is not None
    before = pairs(simulator)

    assert v3.delete_connection(row).removed is None

    assert before - pairs(simulator) == {row.pair}
    with pytest.raises(NotFound):
        v3.connection(row.connection_id)
    with pytest.raises(NotFound) as caught:
        v3.delete_connection(row)
    assert not caught.value.may_have_been_applied


def test_a_connection_deleted_a_second_time_in_v2_removes_nothing(v2: ConnectionsAPI) -> None:
    row = v2.page(EVERYTHING, limit=1).connections[0]
    v2.delete_connection(row)

    assert v2.delete_connection(row).removed == ()


@pytest.mark.parametrize(("fault", "kind", "is_open"), DELETE_FAULTS)
@pytest.mark.parametrize("generation", ["v2", "v3"])
def test_a_failing_delete_is_told_as_what_it_may_be_and_sent_once(
    *,
    request: pytest.FixtureRequest,
    simulator: Simulator,
    generation: str,
    fault: str,
    kind: type[SmartcarError],
    is_open: bool,
) -> None:
    api: ConnectionsAPI = request.getfixturevalue(generation)
    row = api.page(LIVE, limit=1).connections[0]
    before = pairs(simulator)
    simulator.fault(fault, method="DELETE")

    with pytest.raises(kind) as caught:
        api.delete_connection(row)

    assert caught.value.may_have_been_applied is is_open
    # What was applied must never be told as not applied.
    assert is_open or pairs(simulator) == before
    assert len(simulator.deletes) == 1
    assert simulator.unscoped_deletes == 0


@pytest.mark.parametrize("fault", ["v2-retired", "v2-gone"])
def test_a_retired_v2_is_said_and_is_no_empty_list(v2: ConnectionsAPI, simulator: Simulator, fault: str) -> None:
    simulator.fault(fault)

    with pytest.raises(GenerationRetired):
        v2.page(EVERYTHING, limit=10)


@pytest.mark.parametrize("fault", ["html-200", "empty-body", "unparsable", "row-without-uuid", "huge"])
@pytest.mark.parametrize("generation", ["v2", "v3"])
def test_a_list_that_cannot_be_read_is_no_empty_list(
    request: pytest.FixtureRequest, simulator: Simulator, generation: str, fault: str
) -> None:
    api: ConnectionsAPI = request.getfixturevalue(generation)
    simulator.fault(fault, method="GET")

    with pytest.raises(Unreadable):
        api.page(LIVE, limit=10)


@pytest.mark.parametrize("fault", ["paging-missing", "paging-empty", "paging-extra", "created-at-rows"])
def test_the_known_oddities_of_v2_change_nothing(v2: ConnectionsAPI, simulator: Simulator, fault: str) -> None:
    simulator.fault(fault)

    rows = all_rows(v2, EVERYTHING, limit=50)

    assert {row.pair for row in rows} == pairs(simulator)
    assert all(row.connected_at for row in rows)


def test_pages_of_one_row_are_followed_to_the_end(v2: ConnectionsAPI, simulator: Simulator) -> None:
    simulator.fault("single-row-pages")

    assert len(all_rows(v2, EVERYTHING)) == 120


def test_a_cursor_that_repeats_ends_in_an_error(v2: ConnectionsAPI, simulator: Simulator) -> None:
    simulator.fault("repeated-cursor")

    with pytest.raises(Unreadable, match="circle"):
        all_rows(v2, EVERYTHING, limit=10)


def test_a_cursor_with_other_filters_is_invalid(v2: ConnectionsAPI) -> None:
    cursor = v2.page(EVERYTHING, limit=10).next_cursor

    with pytest.raises(InvalidRequest):
        v2.page(LIVE, limit=10, cursor=cursor)


def test_an_ended_token_is_replaced_without_the_reader_noticing(v3: ConnectionsAPI, simulator: Simulator) -> None:
    v3.page(LIVE, limit=10)
    simulator.expire_tokens()

    assert v3.page(LIVE, limit=10).connections


def test_a_spent_bucket_costs_one_request(make_smartcar: MakeSmartcar) -> None:
    with Simulator(connections=5, rate_capacity=2) as simulator:
        v2 = make_smartcar(simulator.url).api
        v2.page(EVERYTHING, limit=10)
        v2.page(EVERYTHING, limit=10)

        with pytest.raises(RateLimited) as caught:
            v2.page(EVERYTHING, limit=10)

        assert caught.value.request_id
        assert len(simulator.requests) == 3
