"""The form of a revocation around exactly what was shown, or that there is nothing to revoke."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse

from connections import typed
from connections.forms.revocations import RevocationForm
from connections.http import DashboardRequest, actor_of, render_page, signed_in_recently
from connections.models import State
from connections.queries.operations import summary_of
from connections.queries.places import place_of
from connections.revocations import execute
from connections.revocations.look import found_gone
from connections.revocations.preview import connections_of, last_operation, last_preview, preview
from connections.revocations.scope import Subject
from connections.revocations.snapshot import digest_of
from connections.smartcar.errors import SmartcarError
from connections.smartcar.types import Connection, PairScope, Purge
from connections.views.errors import smartcar_failed
from connections.views.shown_sets import part_of, shown_set


def form_page(request: DashboardRequest, scope: Subject) -> HttpResponse:
    if "from" in request.GET:
        return shown_set(request, scope)
    mode = request.GET.get("mode")
    try:
        shown = preview(actor=actor_of(request), scope=scope, mode=mode, request_id=request.id)
    except SmartcarError as problem:
        return smartcar_failed(request, problem)
    if shown.preview is None:
        found_gone(scope, actor=actor_of(request), request_id=request.id)
        return nothing_to_revoke(request, scope)
    before = typed.take(request) if request.method == "GET" else {}
    is_other_set = bool(before) and before.get("preview") != shown.preview.digest
    # A confirmation was of what was shown then, and of nothing else.
    kept = before | {"confirm": ""} if is_other_set else before
    form = RevocationForm(initial={"ticket": _ticket_at_hand(request)} | kept | {"preview": shown.preview.digest})
    again = {"typed_again": bool(before), "is_other_set": is_other_set}
    return _form(request, scope, form, shown.connections, status=200, again=again)


def _ticket_at_hand(request: DashboardRequest) -> str:
    """The ticket whose text led here, to be seen and changed in the form."""
    ticket = request.GET.get("ticket", "")
    return ticket if settings.TICKET_PATTERN.search(ticket) else ""


def form_again(
    request: DashboardRequest, scope: Subject, form: RevocationForm, *, must_sign_in_again: bool = False
) -> HttpResponse:
    """With its errors, around what was shown before: looking again would bind the deed to something else."""
    row = last_preview(actor=actor_of(request), scope=scope, digest=str(form.data.get("preview", "")))
    connections = connections_of(row) if row else ()
    return _form(request, scope, form, connections, status=422, must_sign_in_again=must_sign_in_again)


def _form(
    request: DashboardRequest,
    scope: Subject,
    form: RevocationForm,
    connections: tuple[Connection, ...],
    *,
    status: int,
    must_sign_in_again: bool = False,
    again: Mapping[str, bool] | None = None,
) -> HttpResponse:
    is_pair, place = isinstance(scope, PairScope), place_of(scope)
    # One connection is in sight above the form, so the keyboard may start in it; a list is to be read first.
    # With errors the first wrong field is gone to instead.
    form.fields["reason"].widget.attrs["autofocus"] = is_pair and not form.errors
    context = {
        "form": form,
        "place": place,
        "is_pair": is_pair,
        "is_purge": isinstance(scope, Purge),
        "lists_none": isinstance(scope, Purge) and form["preview"].value() == digest_of(()),
        **part_of(connections, place, str(form["preview"].value())),
        "shown_on": request.GET.get("shown_on") or form.data.get("shown_on", ""),
        "confirmation": execute.confirmation_of(scope),
        "asks_confirmation": not is_pair or "confirm" in form.errors or bool(form["confirm"].value()),
        **(again or {}),
        "must_sign_in_again": must_sign_in_again or (not is_pair and not signed_in_recently(request)),
    }
    return dialog_or_page(request, "revocations/revoke", context, status=status)


def nothing_to_revoke(request: DashboardRequest, scope: Subject) -> HttpResponse:
    operation = last_operation(scope)
    if operation is None:
        raise Http404
    is_ours = operation.state in (State.SUCCEEDED, State.SEEN_GONE)
    return dialog_or_page(request, "revocations/gone", {"operation": summary_of(operation), "is_ours": is_ours})


def dialog_or_page(
    request: DashboardRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    return render_page(request, f"{template}.html", partial=f"{template}_dialog.html", context=context, status=status)
