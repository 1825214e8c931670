"""What is answered to a form of a revocation: why nothing was sent, or what became of it."""

from datetime import UTC, datetime
from math import ceil
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict

from connections import times
from connections.audit import archived
from connections.forms.revocations import RevocationForm
from connections.gateway import capabilities
from connections.http import DashboardRequest, body_fields, kept_at, record_refusal, render_page
from connections.models import Operation, Preview, State
from connections.queries import table
from connections.queries.operations import summary_of
from connections.queries.places import place_of
from connections.queries.trail import trail_of
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
from connections.revocations.preview import connections_of, is_readable
from connections.revocations.scope import Subject, target_of
from connections.views.revocation_form import dialog_or_page, form_again, nothing_to_revoke

_NOT_DONE = {State.FAILED, State.UNKNOWN, State.SUPERSEDED, State.PARTLY_REVOKED}
_REVOKED = {State.SUCCEEDED, State.SEEN_GONE, State.ALREADY_GONE}


def not_revoked(request: DashboardRequest, scope: Subject, form: RevocationForm, problem: NotRevoked) -> HttpResponse:
    """Nothing was sent: say why, with the status that fits."""
    match problem:
        case AlreadyRevoked():
            is_ours = problem.operation.state in _REVOKED
            fields = body_fields(request)
            return result(request, problem.operation, fields) if is_ours else nothing_to_revoke(request, scope)
        case PreviewStale():
            return _stale(request, scope, problem)
        case UnderWay() | Paused() | TooMany():
            return _not_now(request, scope, problem)
        case NotConfirmed():
            form.add_error("confirm", str(problem))
            record_refusal_on(request, scope, "not_confirmed", 422)
            return form_again(request, scope, form)
        case NotRecentlySignedIn():
            form.add_error(None, str(problem))
            record_refusal_on(request, scope, "not_recently_signed_in", 422)
            return form_again(request, scope, form, must_sign_in_again=True)
    raise Http404 from problem


def _not_now(request: DashboardRequest, scope: Subject, problem: UnderWay | Paused | TooMany) -> HttpResponse:
    """Later it may be done."""
    match problem:
        case UnderWay():
            record_refusal_on(request, scope, "under_way", 409)
            context = {
                "why": problem,
                "operation": summary_of(problem.operation),
                "again_url": kept_form(request, scope),
                "shown_on": body_fields(request).get("shown_on", ""),
            }
            return dialog_or_page(request, "revocations/under_way", context, status=409)
        case Paused():
            record_refusal_on(request, scope, "paused", 429)
            context = {"paused": problem, "again_url": kept_form(request, scope)}
            return render_page(request, "revocations/paused.html", context=context, status=429)
        case TooMany():
            return _too_many(request, scope, problem)


def _too_many(request: DashboardRequest, scope: Subject, problem: TooMany) -> HttpResponse:
    """429 with when the next is possible."""
    record_refusal_on(request, scope, "too_many", 429)
    seconds = max(1, ceil((problem.until - datetime.now(UTC)).total_seconds()))
    context = {
        "too_many": problem,
        "minutes": ceil(seconds / 60),
        "until": times.exact(problem.until),
        "again_url": kept_form(request, scope),
    }
    response = render_page(request, "revocations/too_many.html", context=context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _stale(request: DashboardRequest, scope: Subject, stale: PreviewStale) -> HttpResponse:
    """409 with then and now, side by side."""
    record_refusal_on(request, scope, "preview_stale", 409)
    kept_form(request, scope)
    then = connections_of(stale.then) if isinstance(stale.then, Preview) else ()
    now = datetime.now(UTC)
    context = {
        "place": place_of(scope),
        "then": table.rows_of(then, now),
        "now": table.rows_of(stale.now, now),
        "shown_on": body_fields(request).get("shown_on", ""),
    }
    return dialog_or_page(request, "revocations/stale", context, status=409)


def kept_form(request: DashboardRequest, scope: Subject) -> str:
    """Where the form stands; what was typed waits for the person there."""
    return kept_at(request, place_of(scope).revoke_url)


def result(request: DashboardRequest, operation: Operation, fields: QueryDict) -> HttpResponse:
    """What became of it: the row or panel that was looked at tells the truth from now on."""
    summary = summary_of(operation)
    status = 502 if operation.state in _NOT_DONE else 200
    if request.htmx and operation.scope == "pair" and is_readable(operation.preview):
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
    connection = connections_of(operation.preview)[0]
    row = table.row_of(connection, operation.items.all()[0])
    is_on_page = fields.get("shown_on") == "page"
    context: dict[str, Any] = {
        "operation": summary_of(operation),
        "rows": [row],
        "row": row,
        "is_on_page": is_on_page,
        "has_details": capabilities().knows_details,
    }
    if is_on_page:
        context |= {"trail": trail_of(connection.pair, request.user), "archived": archived.words()}
    response = render_page(
        request, "revocations/_changed.html", partial="revocations/_changed.html", context=context, status=status
    )
    response["HX-Trigger"] = "dialog:close"
    response["HX-Retarget"] = "#connection-state" if is_on_page else table.row_selector(row)
    response["HX-Reswap"] = "outerHTML"
    response["HX-Reselect"] = "#connection-state" if is_on_page else "tr"
    return response


def record_refusal_on(request: DashboardRequest, scope: Subject, reason: str, http: int) -> None:
    record_refusal(request, reason=reason, http=http, target=target_of(scope))
