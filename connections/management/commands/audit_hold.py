"""Legal holds on the audit log: place one, lift one, list them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.actors import command_actor
from connections.audit.ledger import NotRecorded
from connections.models import HoldKind
from connections.retention import holds
from connections.retention.holds import NotHeld


class Command(BaseCommand):
    """Both deeds are recorded in the transaction that does them."""

    help = "Keep events from being erased and archived: `place`, `lift`, or `list`."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        place = deeds.add_parser("place", help="from now on nothing that it covers is erased or archived")
        place.add_argument("on", choices=[each.value for each in HoldKind])
        place.add_argument("value", nargs="?", default="", help="the id, or the ticket; none for everything")
        lift = deeds.add_parser("lift", help="end a hold")
        lift.add_argument("hold", type=int, help="its number, which `list` tells")
        for each in (place, lift):
            each.add_argument("--reference", required=True, help="the case, such as LEGAL-12")
            each.add_argument("--reason", required=True, help="a sentence; it can be erased once the hold is lifted")
        deeds.add_parser("list", help="all there are, and were")

    def handle(self, *, deed: str, **options: Any) -> None:
        try:
            getattr(self, f"_{deed}")(**options)
        except (NotHeld, NotRecorded) as problem:
            raise CommandError(str(problem)) from problem

    def _place(self, *, on: str, value: str, reference: str, reason: str, **_: Any) -> None:
        actor = command_actor("audit_hold")
        hold = holds.place(HoldKind(on), value, actor=actor, reference=reference, reason=reason)
        self.stdout.write(f"Placed hold {hold.seq} on {holds.described(hold.kind, hold.value)}.")

    def _lift(self, *, hold: int, reference: str, reason: str, **_: Any) -> None:
        holds.lift(hold, actor=command_actor("audit_hold"), reference=reference, reason=reason)
        self.stdout.write(f"Lifted hold {hold}.")

    def _list(self, **_: Any) -> None:
        found = holds.holds()
        for hold in found:
            placed = hold.placed.at_text if hold.placed else "archived"
            state = "stands" if hold.is_standing else f"lifted {hold.lifted.at_text if hold.lifted else ''}".strip()
            self.stdout.write(f"{hold.seq}  {hold.what}  {hold.reference}  placed {placed}  {state}  {hold.reason}")
        if not found:
            self.stdout.write("There are no holds.")
