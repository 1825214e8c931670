"""Look at what would be revoked, and revoke it: one connection, all of a user's, a vehicle for all users."""

from uuid import UUID

from django.db import Error
from django.http import Http404, HttpResponse

from connections.forms.revocations import RevocationForm
from connections.gateway import can_purge
from connections.http import (
    DashboardRequest,
    actor_of,
    allow,
    body_fields,
    keeps_typed,
    requires,
    signed_in_recently,
)
from connections.permissions import Permission
from connections.revocations import execute
from connections.revocations.errors import NotRevoked
from connections.revocations.intent import Request
from connections.revocations.outcome import OutcomeNotRecorded
from connections.revocations.scope import Subject
from connections.smartcar.errors import AllowanceSpent, SmartcarError
from connections.smartcar.types import PairScope, Purge, UserScope, VehicleScope
from connections.views.errors import not_shown, outcome_not_recorded, smartcar_failed
from connections.views.revocation_answers import kept_form, not_revoked, record_refusal_on, result
from connections.views.revocation_form import form_again, form_page

_TYPED = ("reason", "ticket", "received_at", "note", "confirm", "preview")


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
        record_refusal_on(request, scope, "bad_input", 422)
        return form_again(request, scope, form)
    try:
        operation = execute.revoke(_asked(request, scope, form))
    except NotRevoked as problem:
        return not_revoked(request, scope, form, problem)
    except OutcomeNotRecorded as problem:
        return outcome_not_recorded(request, problem)
    except SmartcarError as problem:
        if isinstance(problem, AllowanceSpent):
            record_refusal_on(request, scope, "allowance_spent", 429)
        return smartcar_failed(request, problem, again_url=kept_form(request, scope))
    try:
        return result(request, operation, fields)
    except Error as problem:
        return not_shown(request, operation, problem)


def _form_or_deed(request: DashboardRequest, scope: Subject) -> HttpResponse:
    return form_page(request, scope) if request.method in ("GET", "HEAD") else revoke(request, scope)


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
