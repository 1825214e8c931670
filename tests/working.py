"""The worker's part, without waiting for it."""

from datetime import timedelta

import time_machine
from django.core.management import call_command
from django.utils import timezone

from connections.models import Operation
from connections.simulator.server import Simulator


def work(seconds: float = 0) -> None:
    """What is due by then is done."""
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True):
        call_command("worker", once=True)


def work_when_due() -> Operation:
    """Go to the moment when the one operation is due, and do it."""
    due_at = Operation.objects.get().due_at
    assert due_at is not None
    work((due_at - timezone.now()).total_seconds() + 1)
    return Operation.objects.get()


def work_to_the_end() -> None:
    """Until nothing is due any more."""
    while Operation.objects.get().due_at:
        work_when_due()


def look_in_vain(simulator: Simulator) -> Operation:
    """Every look fails until the operation needs a person."""
    # Unlike an error of the server, one that is not tried again within the same look.
    simulator.fault("html-200", method="GET")
    while not (operation := Operation.objects.get()).needs_person:
        work_when_due()
    simulator.clear()
    return operation
