"""Look at what would be revoked, and revoke it: one connection, all of a user's, a vehicle for all users."""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict

from connections import times, typed
from connections.forms import RevocationForm
from connections.gateway import can_purge, capabilities
from connections.http import (
    DashboardRequest,
    actor_of,
    allow,
    body_fields,
    keeps_typed,
    record_refusal,
    render_page,
    requires,
    signed_in_recently,
)
from connections.models import Operation, Preview, State
from connections.permissions import Permission
from connections.queries import table
from connections.queries.operations import summary_of
from connections.queries.places import place_of
from connections.revocations import execute
from connections.revocations.errors import (
    AlreadyRevoked,
    NotConfirmed,
    NotRecentlySignedIn,
    NotRevoked,
    Paused,
    PreviewStale,
    TooMany,
    UnderWay,
)
from connections.revocations.intent import Request
from connections.revocations.look import found_gone
from connections.revocations.outcome import OutcomeNotRecorded
from connections.revocations.preview import connections_of, last_operation, last_preview, preview
from connections.revocations.scope import Subject, target_of
from connections.revocations.snapshot import digest_of
from connections.smartcar.errors import AllowanceSpent, SmartcarError
from connections.smartcar.types import Connection, PairScope, Purge, UserScope, VehicleScope
from connections.views.errors import outcome_not_recorded, smartcar_failed
from connections.views.shown_sets import part_of, shown_set

_TYPED = ("reason", "ticket", "received_at", "note", "confirm", "preview")
_NOT_DONE = {State.FAILED, State.UNKNOWN, State.SUPERSEDED, State.PARTLY_REVOKED}
_REVOKED = {State.SUCCEEDED, State.SEEN_GONE, State.ALREADY_GONE}


@allow("GET", "HEAD", "POST")
@requires(Permission.REVOKE_CONNECTION)
@keeps_typed(*_TYPED)
def connection_revoke(request: DashboardRequest, user_id: UUID, vehicle_id: UUID) -> HttpResponse:
    """What would be revoked, and the form. The page POSTs here, so it works without JavaScript."""
    return _form_or_deed(request, scope_or_404(PairScope, user_id, vehicle_id))


@allow("GET", "HEAD", "POST")
@requires(Permission.REVOKE_CONNECTION)
@keeps_typed(*_TYPED)
def user_revoke(request: DashboardRequest, user_id: UUID) -> HttpResponse:
    """The same for all connections of a user."""
    return _form_or_deed(request, scope_or_404(UserScope, user_id))


@allow("GET", "HEAD", "POST")
@requires(Permission.REVOKE_CONNECTION)
@keeps_typed(*_TYPED)
def vehicle_revoke(request: DashboardRequest, vehicle_id: UUID) -> HttpResponse:
    """The same for a vehicle and all of its users."""
    return _form_or_deed(request, scope_or_404(VehicleScope, vehicle_id))


@allow("GET", "HEAD", "POST", "DELETE")
@requires(Permission.REVOKE_WIDE)
@keeps_typed(*_TYPED)
def user_purge(request: DashboardRequest, user_id: UUID) -> HttpResponse:
    """The user with all that Smartcar keeps of them: a deed of its own, which removes more than connections."""
    if not can_purge():
        raise Http404
    return _form_or_deed(request, scope_or_404(Purge, user_id))


def scope_or_404(kind: type[Subject], *ids: UUID) -> Subject:
    """The nil UUID names nobody."""
    try:
        return kind(*ids)
    except ValueError as problem:
        raise Http404 from problem


@requires(Permission.REVOKE_CONNECTION)
def revoke(request: DashboardRequest, scope: Subject) -> HttpResponse:
    """Revoke exactly what was shown, or say why not."""
    fields = body_fields(request)
    form = RevocationForm(fields)
    if not form.is_valid():
        _record_refusal(request, scope, "bad_input", 422)
        return _form_again(request, scope, form)
    try:
        operation = execute.revoke(_asked(request, scope, form))
    except NotRevoked as problem:
        return _not_revoked(request, scope, form, problem)
    except OutcomeNotRecorded as problem:
        return outcome_not_recorded(request, problem)
    except SmartcarError as problem:
        if isinstance(problem, AllowanceSpent):
            _record_refusal(request, scope, "allowance_spent", 429)
        return smartcar_failed(request, problem)
    return _result(request, operation, fields)


def _form_or_deed(request: DashboardRequest, scope: Subject) -> HttpResponse:
    return _form_page(request, scope) if request.method in ("GET", "HEAD") else revoke(request, scope)


def _not_revoked(request: DashboardRequest, scope: Subject, form: RevocationForm, problem: NotRevoked) -> HttpResponse:
    """Nothing was sent: say why, with the status that fits."""
    match problem:
        case AlreadyRevoked():
            is_ours = State(problem.operation.state) in _REVOKED
            fields = body_fields(request)
            return _result(request, problem.operation, fields) if is_ours else _nothing_to_revoke(request, scope)
        case PreviewStale():
            return _stale(request, scope, problem)
        case UnderWay() | Paused() | TooMany():
            return _not_now(request, scope, problem)
        case NotConfirmed():
            form.add_error("confirm", str(problem))
            _record_refusal(request, scope, "not_confirmed", 422)
            return _form_again(request, scope, form)
        case NotRecentlySignedIn():
            form.add_error(None, str(problem))
            _record_refusal(request, scope, "not_recently_signed_in", 422)
            return _form_again(request, scope, form, must_sign_in_again=True)
    raise Http404 from problem


def _not_now(request: DashboardRequest, scope: Subject, problem: UnderWay | Paused | TooMany) -> HttpResponse:
    """Later it may be done."""
    match problem:
        case UnderWay():
            _record_refusal(request, scope, "under_way", 409)
            context = {"why": problem, "operation": summary_of(problem.operation)}
            return _dialog_or_page(request, "revocations/under_way", context, status=409)
        case Paused():
            _record_refusal(request, scope, "paused", 429)
            return render_page(request, "revocations/paused.html", context={"paused": problem}, status=429)
        case TooMany():
            return _too_many(request, scope, problem)


def _asked(request: DashboardRequest, scope: Subject, form: RevocationForm) -> Request:
    given = form.cleaned_data
    return Request(
        actor=actor_of(request),
        scope=scope,
        digest=given["preview"],
        reason=given["reason"],
        ticket=given["ticket"],
        note=given["note"],
        received_at=given["received_at"],
        request_id=request.id,
        confirm=given["confirm"],
        signed_in_recently=signed_in_recently(request),
    )


def _form_page(request: DashboardRequest, scope: Subject) -> HttpResponse:
    if "from" in request.GET:
        return shown_set(request, scope)
    mode = request.GET.get("mode")
    try:
        shown = preview(actor=actor_of(request), scope=scope, mode=mode, request_id=request.id)
    except SmartcarError as problem:
        return smartcar_failed(request, problem)
    if shown.preview is None:
        found_gone(scope, actor=actor_of(request), request_id=request.id)
        return _nothing_to_revoke(request, scope)
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


def _form_again(
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
    return _dialog_or_page(request, "revocations/revoke", context, status=status)


def _nothing_to_revoke(request: DashboardRequest, scope: Subject) -> HttpResponse:
    operation = last_operation(scope)
    if operation is None:
        raise Http404
    is_ours = operation.state in (State.SUCCEEDED, State.SEEN_GONE)
    return _dialog_or_page(request, "revocations/gone", {"operation": summary_of(operation), "is_ours": is_ours})


def _too_many(request: DashboardRequest, scope: Subject, problem: TooMany) -> HttpResponse:
    """429 with when the next is possible."""
    _record_refusal(request, scope, "too_many", 429)
    seconds = max(1, ceil((problem.until - datetime.now(UTC)).total_seconds()))
    context = {"too_many": problem, "minutes": ceil(seconds / 60), "until": times.exact(problem.until)}
    response = render_page(request, "revocations/too_many.html", context=context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _stale(request: DashboardRequest, scope: Subject, stale: PreviewStale) -> HttpResponse:
    """409 with then and now, side by side."""
    _record_refusal(request, scope, "preview_stale", 409)
    then = connections_of(stale.then) if isinstance(stale.then, Preview) else ()
    now = datetime.now(UTC)
    context = {
        "place": place_of(scope),
        "then": table.rows_of(then, now),
        "now": table.rows_of(stale.now, now),
        "shown_on": body_fields(request).get("shown_on", ""),
    }
    return _dialog_or_page(request, "revocations/stale", context, status=409)


def _dialog_or_page(
    request: DashboardRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    return render_page(request, f"{template}.html", partial=f"{template}_dialog.html", context=context, status=status)


def _result(request: DashboardRequest, operation: Operation, fields: QueryDict) -> HttpResponse:
    """What became of it: the row or panel that was looked at tells the truth from now on."""
    summary = summary_of(operation)
    status = 502 if State(operation.state) in _NOT_DONE else 200
    if request.htmx and operation.scope == "pair":
        return _changed_element(request, operation, fields, status)
    if request.htmx:
        answer = HttpResponse(status=status)
        answer["HX-Redirect"] = summary.url
        return answer
    if request.method == "POST":
        return HttpResponseRedirect(summary.url)
    return render_page(request, "revocations/result.html", context={"operation": summary}, status=status)


def _changed_element(request: DashboardRequest, operation: Operation, fields: QueryDict, status: int) -> HttpResponse:
    # Smartcar may list a pair twice: the first stands for both.
    row = table.row_of(connections_of(operation.preview)[0], operation.items.all()[0])
    is_on_page = fields.get("shown_on") == "page"
    context = {
        "operation": summary_of(operation),
        "rows": [row],
        "row": row,
        "is_on_page": is_on_page,
        "has_details": capabilities().knows_details,
    }
    response = render_page(
        request, "revocations/_changed.html", partial="revocations/_changed.html", context=context, status=status
    )
    response["HX-Trigger"] = "dialog:close"
    response["HX-Retarget"] = "#connection-state" if is_on_page else table.row_selector(row)
    response["HX-Reswap"] = "outerHTML"
    response["HX-Reselect"] = "#connection-state" if is_on_page else "tr"
    return response


def _record_refusal(request: DashboardRequest, scope: Subject, reason: str, http: int) -> None:
    record_refusal(request, reason=reason, http=http, target=target_of(scope))
