"""`manage.py fingerprints`: those of the secrets as they are set now, to compare with what a server uses."""

from typing import Any

from django.core.management.base import BaseCommand

from connections.audit.keys import shown
from connections.fingerprints import fingerprints


class Command(BaseCommand):
    help = "Print a fingerprint of each secret that is set here and now; /staff/configuration/ shows what is in use."

    def handle(self, *_: Any, **__: Any) -> None:
        for each in fingerprints():
            self.stdout.write(f"{each.digits or 'not set':8}  {each.name}")
        for key, state in shown():
            self.stdout.write(f"{key}  audit key, {state}")
