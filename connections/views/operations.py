"""Revocations in progress and done."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from connections import typed
from connections.forms.operations import ConclusionForm, OperationFilterForm
from connections.http import (
    DashboardRequest,
    actor_of,
    allow,
    form_at,
    keeps_typed,
    kept_at,
    render_page,
    requires,
)
from connections.models import Operation
from connections.permissions import Permission, may
from connections.queries.approval_page import may_withdraw
from connections.queries.operation_detail import Live, operation_detail as detail_of
from connections.queries.operation_list import OperationPage, operation_page
from connections.queries.operations import summary_of
from connections.revocations.errors import NotReconciled
from connections.revocations.reconcile import reconcile
from connections.smartcar.errors import AllowanceSpent
from connections.views.errors import record_refusal_about, smartcar_failed

_TOLD = gettext_noop(
    "Smartcar was asked once more first, and its answer counts: %(words)s. Your note is recorded with it."
)


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
def operation_list(request: DashboardRequest) -> HttpResponse:
    """Newest first, a page at a time; for HTMX only the results."""
    form = OperationFilterForm(request.GET)
    is_valid = form.is_valid()
    page = operation_page(form.filters(), **form.place()) if is_valid else OperationPage(())
    context = {"form": form, "page": page, "is_filtered": is_valid and bool(form.filters().query())}
    response = render_page(
        request,
        "operations/list.html",
        partial="operations/_results.html",
        context=context,
        status=200 if is_valid else 422,
    )
    if request.htmx and not is_valid:
        response["HX-Push-Url"] = "false"
    return response


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
@keeps_typed("conclusion", "note")
def operation_detail(request: DashboardRequest, operation_id: UUID) -> HttpResponse:
    """One revocation from intent to seen gone; its page asks again until it is settled."""
    operation = _operation_or_404(operation_id)
    may_take = request.method == "GET" and not request.htmx and operation.needs_person
    return _detail(request, operation, ConclusionForm(initial=typed.take(request) if may_take else None))


@allow("POST")
@requires(Permission.APPROVE_REVOCATION)
@form_at("operation-detail", "operation_id")
def operation_reconcile(request: DashboardRequest, operation_id: UUID) -> HttpResponse:
    """A lead closes what reading again could not settle; nothing is sent."""
    operation = _operation_or_404(operation_id)
    page = reverse("operation-detail", args=[operation_id])
    form = ConclusionForm(request.POST)
    if not form.is_valid():
        record_refusal_about(request, operation, reason="bad_input", http=422)
        return _detail(request, operation, form, status=422)
    try:
        is_told = reconcile(operation_id, actor=actor_of(request), request_id=request.id, **form.cleaned_data)
    except NotReconciled as problem:
        return _not_reconciled(request, operation_id, form, problem)
    except AllowanceSpent as problem:
        note = form.cleaned_data["note"]
        record_refusal_about(request, operation, reason="allowance_spent", http=429, note=note)
        return smartcar_failed(request, problem, again_url=kept_at(request, page))
    if is_told:
        messages.info(request, gettext(_TOLD) % {"words": summary_of(_operation_or_404(operation_id)).badge.words})
    return HttpResponseRedirect(page)


def _not_reconciled(
    request: DashboardRequest, operation_id: UUID, form: ConclusionForm, problem: NotReconciled
) -> HttpResponse:
    """What was typed is kept: in the form while it waits for a person, and in the log in any case."""
    operation = _operation_or_404(operation_id)
    record_refusal_about(request, operation, reason="not_reconciled", http=409, note=form.cleaned_data["note"])
    if operation.needs_person:
        form.add_error("conclusion", str(problem))
        return _detail(request, operation, form, status=409)
    context = {"why": str(problem), "operation": summary_of(operation)}
    return render_page(request, "operations/not_reconciled.html", context=context, status=409)


def _detail(
    request: DashboardRequest, operation: Operation, form: ConclusionForm, *, status: int = 200
) -> HttpResponse:
    detail, seen = detail_of(operation, first=_first(request)), request.GET.get("seen", "")
    if request.htmx and seen == detail.live.seen:
        return HttpResponse(status=204)  # nothing new: what is shown stays, with the reader's place in it
    context = {
        "detail": detail,
        "operation": detail.operation,
        "trail": detail.trail,
        "archived": detail.archived,
        "form": form,
        "typed_again": bool(form.initial),
        "may_withdraw": may_withdraw(operation, request.user),
        "may_conclude": operation.needs_person and may(request.user, Permission.APPROVE_REVOCATION),
        "is_announced": _is_announced(request, detail.live, seen),
    }
    return render_page(
        request, "operations/detail.html", partial="operations/_live.html", context=context, status=status
    )


def _is_announced(request: DashboardRequest, live: Live, seen: str) -> bool:
    return bool(request.htmx) and live.is_other_state_than(seen)


def _operation_or_404(operation_id: UUID) -> Operation:
    operation = Operation.objects.select_related("preview").filter(pk=operation_id).first()
    if operation is None:
        raise Http404
    return operation


def _first(request: DashboardRequest) -> int:
    """Anything but a small number means the first connection."""
    text = request.GET.get("from", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0
