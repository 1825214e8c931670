"""Verify the audit log, or an export of it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.audit.verification_run import own_checkpoints
from connections.audit.verifier.verify import Key, Verdict, keys_of, verify_bundle
from connections.audit.verify import verify_database


class Command(BaseCommand):
    """
    Exit 0 intact, 1 altered (the first bad sequence number is named), 2 incomplete.

    What could not be checked is never called intact: an unreadable database,
    bundle or checkpoint ends with 2.
    """

    help = "Verify the audit log. Exit status: 0 intact, 1 altered, 2 incomplete or not checkable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bundle", type=Path, metavar="PATH", help="verify this export instead of the database")
        parser.add_argument(
            "--checkpoints",
            type=Path,
            metavar="DIR",
            help="published checkpoints to compare with; for the database, AUDIT_CHECKPOINT_DIR if not given",
        )
        parser.add_argument(
            "--key", action="append", default=[], metavar="KEY", help="a verifier key you know, or a file of such keys"
        )

        parser.add_argument(
            "--archive", type=Path, metavar="DIR", help="the folder of what was archived, which is then read as well"
        )

    def handle(self, *, bundle: Path | None, checkpoints: Path | None, key: list[str], **options: Any) -> None:
        keys, archive = _keys(key), options["archive"]
        if bundle:
            found = verify_bundle(bundle, keys=keys, checkpoints=checkpoints, archive=archive)
        else:
            found = verify_database(keys=keys, checkpoints=checkpoints or own_checkpoints(), archive=archive)
        self.stdout.write(found.sentence)
        if found.verdict is not Verdict.INTACT:
            raise SystemExit(int(found.verdict))


def _keys(given: list[str]) -> list[Key]:
    try:
        return [key for text in given for key in keys_of(text)]
    except ValueError as problem:
        raise CommandError("--key is neither a verifier key nor a file of them.", returncode=2) from problem
