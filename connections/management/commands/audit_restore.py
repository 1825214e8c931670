"""Bring archived events back into the audit log."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.ledger import NotRecorded
from connections.retention.restore import NotRestored, restore


class Command(BaseCommand):
    """The archive is verified first, and once more as it is in the database; only then does its tombstone end."""

    help = "Bring the newest archive back into the database, after verifying it against its tombstone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="that of the archive, named after its events")
        parser.add_argument("--note", default="", help="why, for the audit log")

    def handle(self, *, folder: Path, note: str, **_: Any) -> None:
        try:
            made = restore(folder, actor=command_actor("audit_restore"), note=note)
        except (NotRestored, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Events {made.first} to {made.last} are back.")
