"""
Every way in which a DELETE is known or feared to go wrong, in both generations.

For each: what the simulator really did, what the operation says of it, which
events exist and in which order, and what the person was told.
"""

from dataclasses import dataclass

import pytest
from django.test import Client

from connections.models import Operation
from connections.simulator.rows import Connection
from connections.simulator.server import Simulator
from tests import record
from tests.deeds import look, send
from tests.marks import both_generations
from tests.working import work_to_the_end

SHOWN = ("revocation.previewed", "revocation.intended", "revocation.attempted", "revocation.completed")
GONE = (*SHOWN, "revocation.seen_gone")
FOUND = (*SHOWN, "revocation.reconciled")
ALARMED = (*SHOWN, "revocation.alarmed")


@dataclass(frozen=True)
class Case:
    """What a fault of this name must lead to."""

    fault: str
    generations: tuple[str, ...]
    state: str
    status: int
    events: tuple[str, ...] = SHOWN
    is_removed: bool = False
    seconds: float | None = None


# What the person reads, by the state their operation is in.
WORDS = {
    "intended": "Waiting, not sent",
    "failed": "Not revoked",
    "unknown": "Unknown, checking",
    "succeeded": "Revoked, accepted by Smartcar",
    "seen_gone": "Revoked, seen gone",
    "already_gone": "Already gone",
}
BOTH = ("v2", "v3")
# Refused before anything was done: the connection is as it was.
REFUSED = [
    "authentication",
    "empty-401",
    "validation",
    "permission",
    "billing",
    "billing-vehicle-limit",
    "billing-requests",
    "billing-suspended",
]
# Not applied, and it waits its turn.
WAITS = ["rate-limit", "rate-limit-seconds", "rate-limit-date", "rate-limit-vehicle"]
# Nobody can tell from the answer; each strikes before the deed, and with `-applied` after it.
UNCLEAR = ["server-error", "html", "truncated", "reset", "closed"]
UNREADABLE_WHOLE_ANSWERS = ["html-200", "empty-body", "unparsable", "huge"]
CASES = [
    *(Case(fault, BOTH, "failed", 502) for fault in REFUSED),
    *(Case(fault, BOTH, "intended", 200) for fault in WAITS),
    *(Case(fault, BOTH, "unknown", 502) for fault in UNCLEAR),
    *(Case(f"{fault}-applied", BOTH, "unknown", 502, is_removed=True) for fault in UNCLEAR),
    *(Case(fault, BOTH, "unknown", 502) for fault in UNREADABLE_WHOLE_ANSWERS),
    *(Case(f"{fault}-applied", BOTH, "unknown", 502, is_removed=True) for fault in UNREADABLE_WHOLE_ANSWERS),
    Case("plain-text", BOTH, "unknown", 502),
    Case("error-string", BOTH, "unknown", 502),
    Case("redirect", BOTH, "unknown", 502),
    Case("hang", BOTH, "unknown", 502, seconds=0.1),
    Case("hang-applied", BOTH, "unknown", 502, is_removed=True, seconds=0.1),
    Case("not-found", BOTH, "unknown", 502),
    Case("v2-retired", ("v2",), "failed", 502),
    Case("v2-gone", ("v2",), "unknown", 502),
    Case("v3-gone", ("v3",), "unknown", 502),
    Case("drip", BOTH, "succeeded", 200, seconds=0.0001),
    Case("drip-applied", BOTH, "seen_gone", 200, GONE, is_removed=True, seconds=0.0001),
    Case("delayed-visibility", BOTH, "succeeded", 200, is_removed=True, seconds=60),
    Case("deleted-but-empty", ("v2",), "already_gone", 200, FOUND, is_removed=True),
    Case("missing-pair", ("v2",), "already_gone", 200, FOUND, is_removed=True),
    Case("extra-pair", ("v2",), "seen_gone", 200, (*ALARMED, "revocation.seen_gone"), is_removed=True),
]
EACH = [
    pytest.param(generation, case, id=f"{generation} {case.fault}") for case in CASES for generation in case.generations
]


@pytest.mark.parametrize(("generation", "case"), EACH, indirect=["generation"])
def test_a_fault_ends_in_the_truth(support: Client, simulator: Simulator, row: Connection, case: Case) -> None:
    digest = look(support, row)
    simulator.fault(case.fault, method="DELETE", seconds=case.seconds)
    answer = send(support, row, digest)

    assert Operation.objects.get().state == case.state
    assert answer.status_code == case.status
    assert WORDS[case.state] in answer.content.decode()
    assert tuple(record.types("revocation.")) == case.events
    assert [entry.removed for entry in simulator.deletes] == [(row.pair,) if case.is_removed else ()]
    assert simulator.unscoped_deletes == 0


@both_generations
@pytest.mark.parametrize("fault", ["permission", "billing", "rate-limit", "empty-401"])
def test_a_refusal_shows_smartcars_request_id(
    support: Client, simulator: Simulator, row: Connection, fault: str
) -> None:
    digest = look(support, row)
    simulator.fault(fault, method="DELETE")
    page = send(support, row, digest).content.decode()
    assert simulator.deletes[0].request_id in page


@both_generations
@pytest.mark.parametrize("fault", ["server-error", "reset", "truncated-applied", "rate-limit"])
def test_a_delete_is_never_repeated_by_itself_nor_by_sending_the_form_again(
    support: Client, simulator: Simulator, row: Connection, fault: str
) -> None:
    digest = look(support, row)
    simulator.fault(fault, method="DELETE", times=1)
    send(support, row, digest)
    send(support, row, digest)
    assert len(simulator.deletes) == 1


@both_generations
def test_after_an_unknown_outcome_the_row_does_not_offer_to_revoke_again(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.fault("server-error", method="DELETE")
    send(support, row, digest)
    table = support.get("/connections/", {"user_id": row.user_id, "mode": "live"}).text
    of_this_row = table.partition(f'href="/connections/{row.user_id}/{row.vehicle_id}/')[2].partition("</tr>")[0]
    assert "Unknown, checking" in of_this_row
    assert "/revoke/" not in of_this_row


@both_generations
@pytest.mark.parametrize("fault", ["server-error-applied", "reset-applied", "html-200-applied"])
def test_what_was_only_found_gone_is_not_said_to_be_accepted(
    support: Client, simulator: Simulator, row: Connection, fault: str
) -> None:
    simulator.fault(fault, times=1, method="DELETE")
    send(support, row, look(support, row))
    work_to_the_end()
    operation = Operation.objects.get()
    assert operation.state == "seen_gone"
    page = support.get(f"/operations/{operation.pk}/").text
    assert "Smartcar accepted it" not in page
    assert "Accepted by Smartcar at" not in page
    assert "answer did not tell, and it no longer lists it" in page


@both_generations
def test_after_a_refusal_one_may_look_again_and_revoke(support: Client, simulator: Simulator, row: Connection) -> None:
    digest = look(support, row)
    simulator.fault("rate-limit", method="DELETE", times=1)
    assert send(support, row, digest).status_code == 200
    assert send(support, row, look(support, row)).status_code == 200
    assert [entry.applied for entry in simulator.deletes] == [False, True]


@pytest.mark.parametrize("generation", ["v3"], indirect=True)
def test_tokens_that_expired_since_the_look_do_not_get_in_the_way(
    support: Client, simulator: Simulator, row: Connection
) -> None:
    digest = look(support, row)
    simulator.expire_tokens()
    assert send(support, row, digest).status_code == 200
    assert len(simulator.deletes) == 1
