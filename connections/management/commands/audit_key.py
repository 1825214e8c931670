"""The key that signs the audit log: show it, change it, and say that a backup was restored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit import keys
from connections.audit.checkpoints import NotCheckpointed
from connections.audit.ledger import NotRecorded
from connections.audit.publish import NotPublished
from connections.audit.signing import KeyUnusable

_DEEDS = {
    "rotate": keys.rotate,
    "retire": keys.retire,
    "epoch": keys.start_epoch,
}


class Command(BaseCommand):
    """Each deed is recorded before it is done, and followed by a checkpoint that shows it."""

    help = (
        "Show the public keys of the audit log. `rotate` adds a new key, and both sign; `retire` ends that; "
        "`epoch` starts a new epoch after a backup was restored."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("deed", nargs="?", choices=["show", *_DEEDS], default="show")
        parser.add_argument("--note", default="", help="why, for the audit log")

    def handle(self, *, deed: str, note: str, **_: Any) -> None:
        try:
            if deed in _DEEDS:
                _DEEDS[deed](actor=command_actor("audit_key"), note=note)
            shown = keys.shown()
        except (KeyUnusable, NotCheckpointed, NotPublished, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem
        for key, state in shown:
            self.stdout.write(f"{key}  ({state})")
