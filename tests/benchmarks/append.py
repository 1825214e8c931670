"""
`python -m tests.benchmarks.append`: events appended by eight writers at once, against plain rows of Django's ORM.

Each is committed by itself, in a durable transaction: as a link of the chain by
`append`, and as an instance of the same columns that is merely saved; that also
under the lock that a chain needs, which tells what of the cost is the lock's.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from operator import truediv
from uuid import uuid4

from django.db import connection, connections, transaction

from tests.benchmarks import log

WRITERS, SECONDS, TURNS = 8, 2.0, 9
PLAIN, IN_TURN, CHAINED = "plain", "plain in turn", "chained"


def _report() -> log.Report:
    return report


def report(events: int) -> Iterator[str]:
    from tests.benchmarks import history  # noqa: PLC0415 - the models need the settings

    history.opened(events)
    yield f"{events:,} events, {connection.vendor}, {WRITERS} writers, {SECONDS:.0f} s at a time"
    rates: dict[str, list[float]] = {name: [] for name in (PLAIN, IN_TURN, CHAINED)}
    failed = 0
    for _ in range(TURNS):
        for name, spent in rates.items():
            done, errors = _together(name)
            spent.append(done / SECONDS)
            failed += errors
        yield f"{', '.join(f'{name} {spent[-1]:.0f}' for name, spent in rates.items())} a second"
    for other in (PLAIN, IN_TURN):
        ratios = sorted(map(truediv, rates[CHAINED], rates[other]))
        yield f"{CHAINED} by {other}, median of {TURNS}: {ratios[TURNS // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    yield f"failed appends: {failed}"


def _together(name: str) -> tuple[int, int]:
    """How many were committed by all writers in the time, and how many were not."""
    connections.close_all()  # not to be shared with a child
    context = multiprocessing.get_context("fork")
    ready, results = context.Barrier(WRITERS), context.SimpleQueue()
    writers = [context.Process(target=_write, args=(name, ready, results)) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    counted = [results.get() for _ in writers]
    for writer in writers:
        writer.join()
    return sum(done for done, _ in counted), sum(errors for _, errors in counted)


def _write(name: str, ready: Barrier, results: "multiprocessing.SimpleQueue[tuple[int, int]]") -> None:
    one = _writers()[name]
    one()
    ready.wait()
    done, errors, ends = 0, 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        try:
            one()
            done += 1
        except Exception:  # noqa: BLE001 - whatever it is, nothing was appended
            errors += 1
    results.put((done, errors))


def _writers() -> dict[str, Callable[[], None]]:
    from connections.audit.events import (  # noqa: PLC0415 - they need the settings
        Actor,
        ActorKind,
        Event,
        EventType,
        Outcome,
        Status,
        Target,
        TargetKind,
        Why,
    )
    from connections.audit.ledger import append, take_lock  # noqa: PLC0415
    from tests.benchmarks.models import PlainEvent  # noqa: PLC0415

    actor = Actor(
        kind=ActorKind.STAFF, id="17", name="Ana Ruíz", roles=("support",), ip="192.0.2.7", user_agent="Browser/1"
    )

    def chained() -> None:
        append(
            Event(
                type=EventType.CONNECTION_VIEWED,
                actor=actor,
                target=Target(kind=TargetKind.CONNECTION, user=uuid4(), vehicle=uuid4()),
                why=Why(reason="customer_request", ticket="SUP-1"),
                outcome=Outcome(status=Status.SUCCESS, http=200),
                operation=uuid4(),
                request=uuid4(),
            )
        )

    def row() -> None:
        PlainEvent.objects.create(
            id=str(uuid4()),
            at=datetime.now(UTC),
            type="revocation.completed",
            operation=str(uuid4()),
            actor_id="17",
            actor_name="Ana Ruíz",
            actor_ip="192.0.2.7",
            actor_user_agent="Browser/1",
            target_user=str(uuid4()),
            target_vehicle=str(uuid4()),
            outcome="success",
            ticket="SUP-1",
            request_id=str(uuid4()),
            body="x" * 900,
        )

    def plain() -> None:
        with transaction.atomic(durable=True):
            row()

    def in_turn() -> None:
        with transaction.atomic(durable=True):
            take_lock()
            row()

    return {PLAIN: plain, IN_TURN: in_turn, CHAINED: chained}


if __name__ == "__main__":
    log.measure(log.arguments("tests.benchmarks.append", __doc__ or "").parse_args(), _report)
