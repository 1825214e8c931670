"""What is done to one account: shown with before and after, then done."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from connections import typed
from connections.forms.staff import ConfirmationForm, Kind, StandingForm, change_of
from connections.http import (
    DashboardRequest,
    actor_of,
    allow,
    keeps_typed,
    record_refusal,
    render_page,
    requires,
    signed_in_recently,
)
from connections.models import Staff
from connections.permissions import Permission
from connections.queries.staff import staff_summary
from connections.staffing import NotChanged, change, obstacle
from connections.standing import Change, Standing, shown
from connections.views.staff import password_page, staff_or_404

_DONE = {
    Kind.ROLE: gettext_noop("The account of %(name)s was changed."),
    Kind.SECOND_FACTOR: gettext_noop(
        "The second factor of %(name)s is removed. They set up another when they sign in."
    ),
    Kind.SESSIONS: gettext_noop("%(name)s is signed out everywhere."),
    Kind.DISABLE: gettext_noop("The account of %(name)s is disabled."),
    Kind.ENABLE: gettext_noop("The account of %(name)s is active again."),
}


@allow("GET", "HEAD", "POST")
@requires(Permission.MANAGE_STAFF)
@keeps_typed("role", "team")
def staff_change(request: DashboardRequest, staff_id: int, kind: Kind) -> HttpResponse:
    """GET shows what would change, POST changes it if it is still what was shown."""
    staff = staff_or_404(staff_id)
    fields = _fields(request)
    wish = StandingForm(fields if "role" in fields or request.method == "POST" else None, initial=_initial(staff))
    to = _wished(kind, wish)
    if request.method != "POST":
        return _confirmation(request, staff, kind, wish, to, status=422 if wish.is_bound and not to else 200)
    confirmation = ConfirmationForm(fields)
    if to is None or not Standing.of(staff).differences(to) or not confirmation.is_valid():
        record_refusal(request, reason="bad_input", http=422)
        return _confirmation(request, staff, kind, wish, to, status=422)
    if not signed_in_recently(request):
        record_refusal(request, reason="sign_in_again", http=422)
        return _confirmation(request, staff, kind, wish, to, status=422)
    return _done(request, staff, kind, to, shown=confirmation.cleaned_data["shown"])


def _fields(request: DashboardRequest) -> Mapping[str, str]:
    """What is wished: as it was sent, as it was before a sign-in, or as it stands in the address."""
    if request.method == "POST":
        return request.POST
    return (typed.take(request) if request.method == "GET" else {}) or request.GET


def _done(request: DashboardRequest, staff: Staff, kind: Kind, to: Change, *, shown: str) -> HttpResponse:
    try:
        change(staff.pk, to, actor=actor_of(request), shown=shown, request_id=request.id)
    except NotChanged as problem:
        record_refusal(request, reason="not_changed", http=409)
        context = {"why": str(problem), "account": staff_summary(staff)}
        return render_page(request, "staff/not_changed.html", context=context, status=409)
    if kind == Kind.PASSWORD:
        return password_page(request, staff_or_404(staff.pk), password=to.password, is_new=False)
    messages.success(request, gettext(_DONE[kind]) % {"name": staff.username})
    return HttpResponseRedirect(reverse("staff-detail", args=[staff.pk]))


def _confirmation(
    request: DashboardRequest, staff: Staff, kind: Kind, wish: StandingForm, to: Change | None, *, status: int
) -> HttpResponse:
    standing = Standing.of(staff)
    context = {
        "account": staff_summary(staff),
        "kind": kind.value,
        "form": wish if kind == Kind.ROLE else None,
        "wish": wish.cleaned_data if to and kind == Kind.ROLE else {},
        "differences": [shown(each) for each in standing.differences(to)] if to else (),
        "ends_sessions": standing.after(to or Change()).may_differ_from(standing),
        "obstacle": obstacle(staff, to or Change(), actor=actor_of(request)),
        "is_complete": to is not None,
        "shown": standing.digest(),
        "must_sign_in_again": not signed_in_recently(request),
    }
    return render_page(request, "staff/change.html", context=context, status=status)


def _wished(kind: Kind, wish: StandingForm) -> Change | None:
    """None while it has not been said, or not well."""
    if kind != Kind.ROLE:
        return change_of(kind)
    return wish.change() if wish.is_bound and wish.is_valid() else None


def _initial(staff: Staff) -> dict[str, str]:
    return {"role": next(iter(staff.role_names()), ""), "team": staff.team}
