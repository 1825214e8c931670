"""
`python -m tests.benchmarks.verification`: the whole log verified, against how it is done without much thought.

That is by model instances and an RFC 8785 library: canonical text, links,
leaves, roots, copied columns and commitments. Ours checks the signatures of all
checkpoints, the stored tree and the rules of the deed as well.

CPU of this process alone, which other work disturbs least; the clock beside it.
"""

import json
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from django.db import connection

from tests.benchmarks import log

_OTHERS, _MOST = 20_000, 200_000
_PAGE = resource.getpagesize()
_STATM = Path("/proc/self/statm")


def _report() -> log.Report:
    import rfc8785  # noqa: PLC0415 - the models need the settings

    from connections.audit.body import columns_of  # noqa: PLC0415
    from connections.audit.canonical import canonical_time  # noqa: PLC0415
    from connections.audit.verifier.verify import NO_LEAF, Frontier, Verdict, commitment, leaf_hash  # noqa: PLC0415
    from connections.audit.verify import verify_database  # noqa: PLC0415
    from connections.models import AuditCheckpoint, AuditDetail, AuditEvent  # noqa: PLC0415
    from tests.benchmarks import history  # noqa: PLC0415

    def by_instances(events: int) -> int:
        tree, leaf = Frontier(), NO_LEAF
        roots = dict(AuditCheckpoint.objects.filter(size__lte=events).values_list("size", "root"))
        details = defaultdict(list)
        for detail in AuditDetail.objects.filter(seq__lte=events):
            details[detail.seq].append(detail)
        for event in AuditEvent.objects.filter(seq__lte=events).order_by("seq").iterator(chunk_size=2000):
            body = json.loads(event.body)
            assert rfc8785.dumps(body) == event.body.encode()
            assert body["prev"] == leaf.hex()
            assert body["at"] == canonical_time(event.at)
            assert all(getattr(event, name) == value for name, value in columns_of(body).items())
            for detail in details[event.seq]:
                group, _, name = detail.field.partition(".")
                assert body[group][name] == commitment(bytes(detail.salt), detail.value)
            leaf = leaf_hash(event.body)
            assert bytes(event.leaf) == leaf
            tree.append(leaf)
            assert event.seq not in roots or bytes(roots[event.seq]) == tree.root()
        return tree.size

    def ours(memory: _Memory) -> None:
        with suppress(_Enough):
            found = verify_database(progress=memory.look)
            assert found.verdict is Verdict.INTACT, found.sentence

    def report(events: int) -> Iterator[str]:
        history.opened(events)
        some = min(events, _OTHERS)
        yield f"{events:,} events, {connection.vendor}"
        slow = _Rate.of(lambda: by_instances(some))
        yield f"model instances and rfc8785, the first {some:,}: {slow}"
        memory = _Memory()
        started = time.process_time()
        ours(memory)
        quick = memory.rate()
        yield f"ours, of the first {min(events, _MOST):,}: {quick}; {memory}"
        checkpoints = AuditCheckpoint.objects.count()
        yield f"before that, {checkpoints:,} checkpoints with their signatures: {memory.began - started:.0f} s of CPU"
        times = quick.by_cpu / slow.by_cpu, quick.by_clock / slow.by_clock
        yield f"ours are {times[0]:.1f} times as many by CPU, {times[1]:.1f} by the clock"

    return report


class _Rate(NamedTuple):
    """Events a second."""

    by_cpu: float
    by_clock: float

    @classmethod
    def of(cls, verified: Callable[[], int]) -> Self:
        cpu, clock = time.process_time(), time.perf_counter()
        count = verified()
        return cls(count / (time.process_time() - cpu), count / (time.perf_counter() - clock))

    def __str__(self) -> str:
        return f"{self.by_cpu:,.0f} events a second of CPU, {self.by_clock:,.0f} by the clock"


class _Enough(Exception):  # noqa: N818 - it is none
    """What is measured goes on in the same way."""


@dataclass
class _Memory:
    """What this process holds, and how far it is, now and then."""

    seen: list[tuple[int, int, float, float]] = field(default_factory=list)

    def look(self, seq: int) -> None:
        held = int(_STATM.read_text().split()[1]) * _PAGE
        self.seen.append((seq, held, time.process_time(), time.perf_counter()))
        if seq >= _MOST:
            raise _Enough

    @property
    def began(self) -> float:
        return self.seen[0][2]

    def rate(self) -> _Rate:
        """Between the first look and the last, since what comes before does not grow with the events."""
        (first, _, cpu, clock), (last, _, cpu_later, clock_later) = self.seen[0], self.seen[-1]
        return _Rate((last - first) / (cpu_later - cpu), (last - first) / (clock_later - clock))

    def __str__(self) -> str:
        early, late = self.seen[len(self.seen) // 10][1], max(held for _, held, *_ in self.seen)
        return f"{early / 2**20:.0f} MB after a tenth, at most {late / 2**20:.0f} MB"


if __name__ == "__main__":
    log.measure(log.arguments("tests.benchmarks.verification", __doc__ or "").parse_args(), _report)
