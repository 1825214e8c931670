"""The worker as a process: it signs what is due while it runs, and what is new when it ends."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from connections.audit.events import Actor, Event, EventType
from connections.audit.ledger import append
from connections.models import AuditCheckpoint
from tests.faults.orders import environment
from tests.processes import MANAGE

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_new_is_signed_before_it_ends(system: Actor) -> None:
    append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
    with worker() as process:
        until_signed(1)
        append(Event(type=EventType.CONNECTION_VIEWED, actor=system))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert sizes() == [1, 2]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """On the tests' own database, with this test's folder of checkpoints."""
    ours = {name: str(getattr(settings, name)) for name in ("AUDIT_SIGNING_KEY_FILE", "AUDIT_CHECKPOINT_DIR")}
    process = subprocess.Popen([sys.executable, MANAGE, "worker", "--interval", "0.2"], env=environment(**ours))
    with process:
        try:
            yield process
        finally:
            process.kill()


def until_signed(size: int) -> None:
    deadline = time.monotonic() + 60
    while sizes() != [size]:
        assert time.monotonic() < deadline, "nothing was signed within a minute"
        time.sleep(0.1)


def sizes() -> list[int]:
    return list(AuditCheckpoint.objects.order_by("size").values_list("size", flat=True))
