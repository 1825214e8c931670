"""Set the working tables of operations right from the audit log, or say where they differ from it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from connections.revocations.restore import Difference, compare, every_operation, mend


class Command(BaseCommand):
    """Exit 0 when all rows are as the events say, in the end; 1 when some are not, each of them named."""

    help = (
        "Make the rows of operations as their audit events say. With --check only compare: exit status 1 if any differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing")

    def handle(self, *, check: bool, **_: Any) -> None:
        count, left = 0, 0
        for operation_id in every_operation():
            count += 1
            if difference := (compare if check else mend)(operation_id):
                self.stdout.write(_line(difference))
                left += not difference.is_mended
        verb = "differ from" if left else "agree with"
        self.stdout.write(f"{left or count} of {count} operations {verb} their events.")
        if left:
            raise SystemExit(1)


def _line(difference: Difference) -> str:
    verb = "mended" if difference.is_mended else "differs"
    return f"{difference.operation_id} {verb}: {'; '.join(difference.what)}."
