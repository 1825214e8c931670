"""Several deeds at the same moment."""

import threading
from collections.abc import Callable

from django.db import connections


def at_once(*deeds: Callable[[], object]) -> None:
    """Each in a thread of its own, which leaves no database connection behind."""
    together = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        together.wait(10)
        deed()
        connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
