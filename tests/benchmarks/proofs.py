"""`python -m tests.benchmarks.proofs`: proofs from a log of all events, against those from one of ten thousand."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from django.db import connection

from tests.benchmarks import log

SMALL, PROOFS, TURNS = 10_000, 40, 5

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
        return lambda: stored_tree().inclusion(chance.randrange(size), size)

    def consistency(size: int) -> Proof:
        return lambda: stored_tree().consistency(chance.randrange(1, size), size)

    yield f"{events:,} events, {connection.vendor}; milliseconds a proof, each from an empty memory"
    for name, proof in (("inclusion", inclusion), ("consistency", consistency)):
        small, large = [], []
        for _ in range(TURNS):
            small.append(_milliseconds(proof(SMALL)))
            large.append(_milliseconds(proof(events)))
        times = median(one / other for one, other in zip(large, small, strict=True))
        yield f"{name}: {median(small):.2f} of {SMALL:,}, {median(large):.2f} of {events:,}: {times:.1f} times"


def _milliseconds(proof: Proof) -> float:
    """The median of many, so that the few which had to wait for the disk do not speak for all."""
    spent = []
    for _ in range(PROOFS):
        started = time.perf_counter()
        proof()
        spent.append((time.perf_counter() - started) * 1000)
    return median(spent)


if __name__ == "__main__":
    log.measure(log.arguments("tests.benchmarks.proofs", __doc__ or "").parse_args(), _report)
