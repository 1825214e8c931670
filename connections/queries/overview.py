"""What the first page shows to those who may see connections. Nothing of it costs a request to Smartcar."""

from dataclasses import dataclass
from datetime import datetime

from connections.models import Staff
from connections.permissions import Permission, may
from connections.queries.activity_plot import Plot
from connections.queries.allowance import Allowance, allowance
from connections.queries.attention import Attention, attention
from connections.queries.last_checkpoint import LastCheckpoint, last_checkpoint
from connections.queries.operation_list import OperationPage, operation_page
from connections.queries.operations_by_day import operations_by_day
from connections.queries.totals import Total, last_seen
from connections.revocations.pause import paused_until

_LATELY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`paused_until` is None unless deeds pause; `checkpoint` is for whoever may not read the audit log."""

    paused_until: datetime | None
    attention: Attention
    allowance: Allowance
    totals: tuple[Total, ...]
    checkpoint: LastCheckpoint | None
    may_verify: bool
    plot: Plot
    lately: OperationPage


def overview_for(staff: Staff) -> Overview:
    return Overview(
        paused_until=paused_until(),
        attention=attention(staff),
        allowance=allowance(),
        totals=last_seen(),
        checkpoint=last_checkpoint() if may(staff, Permission.VIEW_AUDIT) else None,
        may_verify=may(staff, Permission.VERIFY_AUDIT),
        plot=operations_by_day(),
        lately=operation_page(limit=_LATELY),
    )
