"""One process at a time: whoever overslept neither renews nor gives back what another holds by now."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from connections.models import Operation
from connections.revocations.lease import LENGTH, leased
from connections.simulator.rows import Connection
from tests.deeds import revoke

LATER = timedelta(seconds=LENGTH.total_seconds() + 1)


@pytest.fixture
def operation(support: Client, row: Connection) -> Operation:
    revoke(support, row)
    return Operation.objects.get()


def test_while_one_has_it_nobody_else_gets_it(operation: Operation) -> None:
    with leased(operation.pk) as first, leased(operation.pk) as second:
        assert first is not None
        assert second is None
    with leased(operation.pk) as third:
        assert third is not None


def test_who_overslept_leaves_the_lease_with_its_new_holder(operation: Operation) -> None:
    with leased(operation.pk) as overslept:
        assert overslept is not None
        with time_machine.travel(timezone.now() + LATER), leased(operation.pk) as holder:
            assert holder is not None
            assert not overslept.renew()
            overslept.release()
            with leased(operation.pk) as third:
                assert third is None
            assert holder.renew()
    assert Operation.objects.get().leased_until is None
