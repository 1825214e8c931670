"""Verify the audit log, or an export of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from connections.audit.chain import Verdict
from connections.audit.verify import Verification, verify_bundle, verify_database


class Command(BaseCommand):
    """
    Exit 0 intact, 1 altered (the first bad sequence number is named), 2 incomplete.

    What could not be checked is never called intact: an unreadable database
    or bundle, and checkpoints, which this version cannot read, end with 2.
    """

    help = "Verify the audit log. Exit status: 0 intact, 1 altered, 2 incomplete or not checkable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bundle", type=Path, metavar="PATH", help="verify this export instead of the database")
        parser.add_argument("--checkpoints", type=Path, metavar="DIR", help="published checkpoints to compare with")

    def handle(self, *, bundle: Path | None, checkpoints: Path | None, **_: Any) -> None:
        found = verify_bundle(bundle) if bundle else _database()
        if found.verdict is Verdict.INTACT and checkpoints:
            sentence = f"Incomplete: this version cannot verify checkpoints. Without them: {found.sentence}"
            found = Verification(verdict=Verdict.INCOMPLETE, sentence=sentence)
        self.stdout.write(found.sentence)
        if found.verdict is not Verdict.INTACT:
            raise SystemExit(int(found.verdict))


def _database() -> Verification:
    try:
        return verify_database()
    except DatabaseError as problem:
        sentence = f"Incomplete: the database cannot be read ({str(problem).strip()})."
        return Verification(verdict=Verdict.INCOMPLETE, sentence=sentence)
