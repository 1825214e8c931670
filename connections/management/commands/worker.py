"""`manage.py worker`: background work, until SIGTERM or Ctrl-C; the connection in hand is finished first."""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from connections.audit.checkpoints import NotCheckpointed, checkpoint_if_due, checkpoint_if_new
from connections.fingerprints import log_fingerprints
from connections.tasks import (
    LONG,
    forget_old_exports,
    forget_old_previews,
    forget_old_results,
    forget_old_sessions,
    stopping,
    sweep,
)

logger = logging.getLogger(__name__)
_SECONDS_BETWEEN_CLEANINGS = 3600
_SECONDS_AFTER_A_FAILURE = 60


class Command(BaseCommand):
    help = "Read operations again that are not settled, send what waits, sign the audit log. Run one or several."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks for due work")
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *_: Any, interval: float, once: bool, **__: Any) -> None:
        # Both say at INFO, every second, that there was nothing to do.
        for name in ("django_tasks", "django_tasks_db"):
            logging.getLogger(name).setLevel(logging.WARNING)
        worker, long = _worker_of("default"), _worker_of(LONG)
        sealer = _Sealer()
        if once:
            _work(worker)
            _work_long(long)
            sealer.seal_if_due()
            _clean()
            return
        log_fingerprints()
        _stop_on_signals(worker)
        # It ends with the process, in the middle of whatever it is at: nothing there leaves a trace half done.
        threading.Thread(target=_keep_working, args=(long, interval), daemon=True).start()
        cleaned = 0.0
        while not stopping.is_set():
            _work(worker)
            sealer.seal_if_due()
            if time.monotonic() - cleaned > _SECONDS_BETWEEN_CLEANINGS:
                _clean()
                cleaned = time.monotonic()
            stopping.wait(interval)
        sealer.seal_the_end()


def _worker_of(queue: str) -> Worker:
    return Worker(
        queue_names=[queue],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )


def _keep_working(worker: Worker, interval: float) -> None:
    while not stopping.wait(interval):
        _work_long(worker)


def _work_long(worker: Worker) -> None:
    try:
        worker.run()
    except Error:
        logger.exception("The database failed; trying again.")
        close_old_connections()


def _work(worker: Worker) -> None:
    """A database that fails now may answer a second later; what is due stays due."""
    try:
        sweep()
        worker.run()
    except Error:
        logger.exception("The database failed; trying again.")
        close_old_connections()


class _Sealer:
    """Checkpoints of the audit log, when they are due. What hinders one hinders no revocation."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def seal_if_due(self) -> None:
        if time.monotonic() >= self._not_before:
            self._seal(lambda: checkpoint_if_due(datetime.now(UTC)))

    def seal_the_end(self) -> None:
        self._seal(checkpoint_if_new)

    def _seal(self, make: Callable[[], object]) -> None:
        try:
            make()
        except NotCheckpointed as problem:
            logger.error("No checkpoint of the audit log: %s", problem)  # noqa: TRY400 - the sentence says it all
            self._not_before = time.monotonic() + _SECONDS_AFTER_A_FAILURE
            close_old_connections()


def _clean() -> None:
    try:
        forget_old_results()
        forget_old_previews()
        forget_old_exports()
        forget_old_sessions()
    except Error:
        logger.exception("Old results of the queue, previews, exports or sessions could not be deleted.")


def _stop_on_signals(worker: Worker) -> None:
    def stop(*_: Any) -> None:
        worker.running = False
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
