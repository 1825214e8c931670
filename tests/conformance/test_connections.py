"""
Smartcar's own SDKs list and delete at the simulator, unchanged.

What they send and expect is the strongest evidence there is (S): both are
installed as published, at the versions of the locks.
"""

from collections import Counter
from uuid import uuid4

import pytest

from connections.simulator.server import Simulator
from tests.conformance.sdk import SDK, Pair, SDKError


def every_pair(sdk: SDK, *, limit: int = 100, **ids: str) -> list[Pair]:
    pages = [sdk.list(limit=limit, **ids)]
    while pages[-1].cursor:
        pages.append(sdk.list(limit=limit, cursor=pages[-1].cursor, **ids))
    return [pair for page in pages for pair in page.pairs]


def most_frequent(values: list[str]) -> str:
    return Counter(values).most_common(1)[0][0]


def test_a_list_is_read_with_its_rows_cursor_and_request_id(simulator: Simulator, sdk: SDK) -> None:
    listing = sdk.list(limit=20)
    assert listing.pairs == [row.pair for row in simulator.world.connections[:20]]
    assert listing.cursor
    assert listing.request_id == simulator.requests[-1].request_id


@pytest.mark.parametrize("limit", [7, 50, 100])
def test_paging_meets_every_pair_exactly_once(simulator: Simulator, sdk: SDK, limit: int) -> None:
    assert every_pair(sdk, limit=limit) == [row.pair for row in simulator.world.connections]


def test_lists_are_filtered_by_user(simulator: Simulator, sdk: SDK) -> None:
    pairs = [row.pair for row in simulator.world.connections]
    user_id = most_frequent([user for user, _ in pairs])
    assert every_pair(sdk, limit=2, user_id=user_id) == [pair for pair in pairs if pair[0] == user_id]


def test_lists_are_filtered_by_vehicle(simulator: Simulator, sdk: SDK) -> None:
    pairs = [row.pair for row in simulator.world.connections]
    vehicle_id = most_frequent([vehicle for _, vehicle in pairs])
    assert every_pair(sdk, vehicle_id=vehicle_id) == [pair for pair in pairs if pair[1] == vehicle_id]


def test_neither_sdk_sends_a_mode_so_all_modes_come_back(simulator: Simulator, sdk: SDK) -> None:
    modes = {row.pair: row.mode for row in simulator.world.connections}
    assert {modes[pair] for pair in every_pair(sdk, mode="simulated")} == {"live", "simulated", "test"}
    assert not any("mode" in entry.query for entry in simulator.requests)


def test_a_user_without_connections_has_an_empty_list(simulator: Simulator, sdk: SDK) -> None:
    listing = sdk.list(user_id=str(uuid4()))
    assert (listing.pairs, listing.cursor) == ([], None)
    assert simulator.requests[-1].status == 200


def test_deleting_by_user_says_and_does_what_was_asked(simulator: Simulator, sdk: SDK) -> None:
    pairs = [row.pair for row in simulator.world.connections]
    user_id = most_frequent([user for user, _ in pairs])
    deleted = sdk.delete(user_id=user_id)
    assert deleted.pairs == [pair for pair in pairs if pair[0] == user_id]
    assert deleted.connected_at == [None] * len(deleted.pairs)
    assert deleted.request_id == simulator.requests[-1].request_id
    assert every_pair(sdk) == [pair for pair in pairs if pair[0] != user_id]


def test_deleting_by_vehicle_says_and_does_what_was_asked(simulator: Simulator, sdk: SDK) -> None:
    pairs = [row.pair for row in simulator.world.connections]
    vehicle_id = most_frequent([vehicle for _, vehicle in pairs])
    assert sdk.delete(vehicle_id=vehicle_id).pairs == [pair for pair in pairs if pair[1] == vehicle_id]
    assert every_pair(sdk) == [pair for pair in pairs if pair[1] != vehicle_id]


def test_deleting_what_is_not_there_is_an_empty_list_not_an_error(simulator: Simulator, sdk: SDK) -> None:
    assert sdk.delete(user_id=str(uuid4())).pairs == []
    assert len(simulator.world.connections) == 250


def test_both_sdks_refuse_a_pair_themselves_and_send_nothing(simulator: Simulator, sdk: SDK) -> None:
    user_id, vehicle_id = simulator.world.connections[0].pair
    with pytest.raises(SDKError, match="EITHER user_id OR vehicle_id, not both"):
        sdk.delete(user_id=user_id, vehicle_id=vehicle_id)
    assert simulator.requests == []


def test_both_sdks_send_a_delete_that_names_nobody_and_the_simulator_refuses_it(simulator: Simulator, sdk: SDK) -> None:
    with pytest.raises(SDKError) as raised:
        sdk.delete()
    assert (raised.value.type, raised.value.status) == ("VALIDATION", 400)
    assert simulator.unscoped_deletes == 1
    assert len(simulator.world.connections) == 250


def test_pythons_sdk_sends_the_trailing_slash_and_nodes_does_not(
    simulator: Simulator, python_sdk: SDK, node_sdk: SDK
) -> None:
    python_sdk.list()
    node_sdk.list()
    assert [entry.path for entry in simulator.requests] == [
        "/v2.0/management/connections/",
        "/v2.0/management/connections",
    ]


@pytest.mark.parametrize("fault", ["paging-missing", "paging-empty", "paging-extra", "created-at-rows"])
def test_odd_lists_are_read_to_their_end(simulator: Simulator, sdk: SDK, fault: str) -> None:
    simulator.fault(fault)
    assert every_pair(sdk) == [row.pair for row in simulator.world.connections]


def test_old_rows_have_no_connected_at_for_the_sdks(simulator: Simulator, sdk: SDK) -> None:
    simulator.fault("created-at-rows")
    assert set(sdk.list().connected_at) == {None}
