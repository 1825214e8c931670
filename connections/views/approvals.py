"""What waits for a second person, and what became of it."""

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from connections.forms.operations import PlaceForm
from connections.http import (
    DashboardRequest,
    actor_of,
    allow,
    form_at,
    render_page,
    requires,
    signed_in_recently,
)
from connections.models import Approval, Decision, Operation, ScopeKind, State
from connections.permissions import Permission, may, may_by_id
from connections.queries.approval_page import approval_page
from connections.queries.operations import summary_of
from connections.revocations.approvals import decide, withdraw
from connections.revocations.errors import NotDecided, NotRevoked, UnderWay
from connections.revocations.outcome import OutcomeNotRecorded
from connections.smartcar.errors import AllowanceSpent, SmartcarError
from connections.views.errors import outcome_not_recorded, record_refusal_about, smartcar_failed


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
def approval_list(request: DashboardRequest) -> HttpResponse:
    """What waits for me first; what was decided stays listed."""
    form = PlaceForm(request.GET)
    is_valid = form.is_valid()
    may_approve = may(request.user, Permission.APPROVE_REVOCATION)
    page = approval_page(request.user, may_approve=may_approve, **(form.place() if is_valid else {}))
    context = {"page": page, "form": form, "must_sign_in_again": not signed_in_recently(request)}
    return render_page(request, "approvals/list.html", context=context, status=200 if is_valid else 422)


@allow("POST")
@requires(Permission.APPROVE_REVOCATION)
@form_at("approval-list")
def approval_decide(request: DashboardRequest, operation_id: UUID) -> HttpResponse:
    """Grant or deny; the last grant carries the deed out."""
    if not Operation.objects.filter(pk=operation_id).exists():
        raise Http404
    decision = request.POST.get("decision", "")
    if decision not in set(Decision):
        return _refused(request, operation_id, gettext("Choose to grant or to deny."), 422)
    if not signed_in_recently(request):
        return _refused(
            request, operation_id, gettext("Sign in again before you decide."), 422, must_sign_in_again=True
        )
    if _has_decided_so(request, operation_id, decision):
        return HttpResponseRedirect(reverse("operation-detail", args=[operation_id]))
    return _decide(request, operation_id, Decision(decision))


def _decide(request: DashboardRequest, operation_id: UUID, decision: Decision) -> HttpResponse:
    try:
        operation = decide(
            operation_id, actor=actor_of(request), decision=decision, request_id=request.id, may_ask=_may_ask
        )
    except NotRevoked as problem:
        reason = "under_way" if isinstance(problem, UnderWay) else "not_decided"
        return _refused(request, operation_id, str(problem), 409, reason=reason)
    except OutcomeNotRecorded as problem:
        return outcome_not_recorded(request, problem)
    except SmartcarError as problem:
        if isinstance(problem, AllowanceSpent):
            waiting = Operation.objects.get(pk=operation_id)
            record_refusal_about(request, waiting, reason="allowance_spent", http=429)
        return smartcar_failed(request, problem)
    return HttpResponseRedirect(reverse("operation-detail", args=[operation.id]))


@allow("POST")
@requires(Permission.REVOKE_CONNECTION)
@form_at("operation-detail", "operation_id")
def approval_withdraw(request: DashboardRequest, operation_id: UUID) -> HttpResponse:
    """Who asked for it takes it back while it waits; nothing is sent."""
    if not Operation.objects.filter(pk=operation_id).exists():
        raise Http404
    try:
        withdraw(operation_id, actor=actor_of(request), request_id=request.id)
    except NotDecided as problem:
        return _refused(request, operation_id, str(problem), 409)
    return HttpResponseRedirect(reverse("operation-detail", args=[operation_id]))


def _has_decided_so(request: DashboardRequest, operation_id: UUID, decision: str) -> bool:
    """The same button twice is one decision."""
    ours = Approval.objects.filter(operation_id=operation_id, approver_id=str(request.user.pk), decision=decision)
    return ours.exclude(operation__state=State.AWAITING_APPROVAL).exists()


def _may_ask(staff_id: str, scope: ScopeKind) -> bool:
    """Whether who asked for it could still ask today."""
    is_purge = scope is ScopeKind.PURGE
    return may_by_id(staff_id, Permission.REVOKE_WIDE if is_purge else Permission.REVOKE_CONNECTION)


def _refused(
    request: DashboardRequest,
    operation_id: UUID,
    why: str,
    status: int,
    *,
    reason: str = "not_decided",
    must_sign_in_again: bool = False,
) -> HttpResponse:
    operation = Operation.objects.select_related("preview").get(pk=operation_id)
    record_refusal_about(request, operation, reason=reason, http=status)
    context = {"why": why, "operation": summary_of(operation), "must_sign_in_again": must_sign_in_again}
    return render_page(request, "approvals/refused.html", context=context, status=status)
