"""`python -m tests.benchmarks.proofs`: proofs from a log of all events, against those from one of ten thousand."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from django.db import connection

from tests.benchmarks import log

SMALL, PROOFS = 10_000, 100

Proof = Callable[[], object]


def _report() -> log.Report:
    return report


def report(events: int) -> Iterator[str]:
    """Both trees are read from the same tables; the smaller is what the log was when it held so many."""
    from connections.audit.tree import stored_tree  # noqa: PLC0415 - the models need the settings
    from tests.benchmarks import history  # noqa: PLC0415

    history.opened(events)
    chance = random.Random(6)

    def inclusion(size: int) -> Proof:
        index = chance.randrange(size)
        return lambda: stored_tree().inclusion(index, size)

    def consistency(size: int) -> Proof:
        earlier = chance.randrange(1, size)
        return lambda: stored_tree().consistency(earlier, size)

    yield f"{events:,} events, {connection.vendor}; milliseconds a proof, the first time and again"
    for name, proof in (("inclusion", inclusion), ("consistency", consistency)):
        small = [_twice(proof(SMALL)) for _ in range(PROOFS)]
        large = [_twice(proof(events)) for _ in range(PROOFS)]
        for which, when in enumerate(("first", "again")):
            one, other = (median(each[which] for each in spent) for spent in (small, large))
            yield f"{name}, {when}: {one:.2f} of {SMALL:,}, {other:.2f} of {events:,}: {other / one:.1f} times"


def _twice(proof: Proof) -> tuple[float, float]:
    """A tree keeps nothing between two proofs; the second time what it reads is in the memory of the machine."""
    return _milliseconds(proof), min(_milliseconds(proof) for _ in range(3))


def _milliseconds(proof: Proof) -> float:
    started = time.perf_counter()
    proof()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    log.measure(log.arguments("tests.benchmarks.proofs", __doc__ or "").parse_args(), _report)
