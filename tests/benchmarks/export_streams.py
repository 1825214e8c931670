"""`python -m tests.benchmarks.export_streams NAME`: read one stream to its end, and print what that took as JSON."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import django
from django.db import connection

if __name__ == "__main__":
    django.setup()

from connections.actors import command_actor
from connections.audit.delivery import Delivery, prepare
from connections.audit.export import Format, streamed
from connections.audit.filters import Filters
from connections.models import AuditEvent
from tests.benchmarks import history

Stream = Iterator[bytes | memoryview]
_COLUMNS = (
    *("seq", "at", "type", "outcome", "actor_id", "actor_name", "target_user", "target_vehicle", "target_connection"),
    *("ticket", "operation", "request_id", "id"),
)


def fill(events: int) -> None:
    """A database that is kept was filled before, with the same history. The first export makes tree and checkpoint."""
    if not AuditEvent.objects.filter(seq=events).exists():
        history.seed(events)
    prepare(Filters(), form=Format.NATIVE, visible_to=None, actor=command_actor("benchmark"))


def ours(form: Format, text: str = "") -> Stream:
    """As the page streams it; preparing is an answer of its own, before."""
    made = prepare(Filters.of(text), form=form, visible_to=None, actor=command_actor("benchmark"))
    return streamed(Delivery(made, actor=command_actor("benchmark")))


def copied(query: str) -> Stream:
    """PostgreSQL's own way out."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query} ORDER BY seq) TO STDOUT") as copy:
        yield from copy


def import_export() -> Stream:
    """django-import-export, of the same rows: the columns of the table, since it knows no bodies."""
    from import_export import resources  # noqa: PLC0415 - installed for this comparison alone
    from import_export.formats.base_formats import CSV  # noqa: PLC0415 - likewise

    events = resources.modelresource_factory(model=AuditEvent, meta_options={"fields": _COLUMNS})
    data = events().export(queryset=AuditEvent.objects.order_by("seq"))
    yield CSV().export_data(data).encode()


_BODIES = "SELECT body FROM audit_event"
# The very lines of a bundle, made in the database: escaped once more, as COPY does.
_LINES = """
    SELECT concat('{"seq":', seq, ',"body":', to_json(body), ',"details":{', details, '}}')
    FROM audit_event LEFT JOIN LATERAL (
        SELECT string_agg(concat(to_json(field), ':{"salt":"', encode(salt, 'hex'), '","value":', to_json(value), '}'),
            ',' ORDER BY field) AS details
        FROM audit_detail WHERE audit_detail.seq = audit_event.seq
    ) beside ON true"""
_COPIES: dict[str, Callable[[], Stream]] = {
    "copy bodies": partial(copied, _BODIES),
    "copy lines": partial(copied, _LINES),
}
STREAMS: dict[str, Callable[[], Stream]] = {
    **(_COPIES if os.environ.get("DATABASE_URL", "").startswith("postgres") else {}),
    "native": partial(ours, Format.NATIVE),
    "selection": partial(ours, Format.NATIVE, "type:revocation.completed"),
    "csv": partial(ours, Format.CSV),
    "ocsf": partial(ours, Format.OCSF),
    "import-export": import_export,
}


def measured(stream: Callable[[], Stream]) -> dict[str, float]:
    """
    Seconds to the first byte and to the last, and of CPU; bytes; and the most memory there was.

    CPU is that of this process and of its server in the database: other work on
    the machine disturbs it less than it does the clock.
    """
    pieces = stream()
    count, size, cpu = _events(), 0, _cpu()
    started, first = time.perf_counter(), 0.0
    for piece in pieces:
        first = first or time.perf_counter() - started
        size += len(piece)
    seconds = time.perf_counter() - started
    spent = {"seconds": seconds, "first": first, "cpu": _cpu() - cpu}
    return {"count": count, "bytes": size, "memory": _memory(), **spent}


def _cpu() -> float:
    if connection.vendor != "postgresql":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text().rpartition(")")[2].split()
    ticks = int(process[11]) + int(process[12])  # in user and in system mode; see proc(5)
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _events() -> int:
    return AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def _memory() -> int:
    """The most so far; `ru_maxrss` would tell that of the parent where it was more."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured(STREAMS[sys.argv[1]])) + "\n")
