"""Scopes: what cannot be expressed cannot be deleted."""

import pickle
from typing import Any
from uuid import UUID

import pytest

from connections.smartcar.client import Credentials
from connections.smartcar.types import Connection, Page, PairScope, UserScope, VehicleScope
from tests.smartcar.material import USER, VEHICLE

NIL = UUID(int=0)


@pytest.mark.parametrize("missing", [None, "", str(USER), 0, NIL])
@pytest.mark.parametrize(
    "scope",
    [
        UserScope,
        VehicleScope,
        lambda value: PairScope(value, VEHICLE),
        lambda value: PairScope(USER, value),
    ],
)
def test_a_scope_takes_real_ids_only(scope: Any, missing: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        scope(missing)


def test_a_connection_knows_its_pair() -> None:
    assert Connection(user_id=USER, vehicle_id=VEHICLE).pair == PairScope(USER, VEHICLE)


def test_a_page_survives_a_cache() -> None:
    page = Page(connections=(Connection(user_id=USER, vehicle_id=VEHICLE, permissions=("read_vin",)),))

    assert pickle.loads(pickle.dumps(page)) == page


def test_credentials_show_no_secret() -> None:
    shown = repr(Credentials(management_token="amt", client_id="client_1", client_secret="hush"))

    assert "client_1" in shown
    assert "amt" not in shown
    assert "hush" not in shown
