"""What was done on a connection, as far as somebody may read it."""

from connections.audit import browse
from connections.models import Staff
from connections.permissions import audit_actors_visible_to
from connections.smartcar.types import PairScope


def trail_of(pair: PairScope, staff: Staff) -> tuple[browse.Entry, ...]:
    """Deeds for everybody who may see connections; who looked, only for those who may read everybody's events."""
    return browse.trail_of_connection(pair.user_id, pair.vehicle_id, with_reads=reads_all_events(staff))


def reads_all_events(staff: Staff) -> bool:
    return audit_actors_visible_to(staff) is None
