"""How many events a search finds; no page waits for it."""

from collections.abc import Collection

from django.utils.translation import gettext

from connections.audit.archived import archived_through
from connections.audit.browse import selected
from connections.audit.filters import Filters
from connections.audit.patience import TookTooLong, patience
from connections.audit.reach import WHOLE
from connections.grouping import grouped
from connections.models import AuditEvent

MOST = 10_000
SECONDS = 2.0


def counted(filters: Filters, *, visible_to: Collection[str] | None) -> str:
    """`1,234`, or `more than 10,000`, or `many` where even that took too long."""
    if not filters and visible_to is None:  # without gaps the newest number is the count, but for what is archived
        newest = AuditEvent.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        return grouped(newest - archived_through())
    try:
        with patience(SECONDS):
            found = selected(filters, reach=WHOLE, visible_to=visible_to).order_by().values("seq")[: MOST + 1].count()
    except TookTooLong:
        return gettext("many")
    return grouped(found) if found <= MOST else gettext("more than %(count)s") % {"count": grouped(MOST)}
