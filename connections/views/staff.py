"""Who works here, and a new account for who will."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse

from connections import typed
from connections.forms.staff import Kind, NewStaffForm, StaffFilterForm, change_of
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
from connections.queries.staff import StaffPage, staff_page, staff_summary
from connections.staffing import create, obstacle


@allow("GET", "HEAD")
@requires(Permission.MANAGE_STAFF)
def staff_list(request: DashboardRequest) -> HttpResponse:
    """By name, a page at a time; for HTMX only the results."""
    form = StaffFilterForm(request.GET)
    is_valid = form.is_valid()
    page = staff_page(form.filters(), after=form.cleaned_data["after"]) if is_valid else StaffPage()
    response = render_page(
        request,
        "staff/list.html",
        partial="staff/_results.html",
        context={"form": form, "page": page},
        status=200 if is_valid else 422,
    )
    if request.htmx and not is_valid:
        response["HX-Push-Url"] = "false"
    return response


@allow("GET", "HEAD")
@requires(Permission.MANAGE_STAFF)
def staff_detail(request: DashboardRequest, staff_id: int) -> HttpResponse:
    """One account, and what may be done to it."""
    staff = staff_or_404(staff_id)
    actor = actor_of(request)
    kinds = [kind for kind in Kind if kind != (Kind.ENABLE if staff.is_active else Kind.DISABLE)]
    obstacles = {kind: obstacle(staff, change_of(kind), actor=actor) for kind in kinds}
    context = {
        "account": staff_summary(staff),
        "kinds": [kind for kind in kinds if not obstacles[kind]],
        "obstacles": sorted(set(filter(None, obstacles.values()))),
    }
    return render_page(request, "staff/detail.html", context=context)


@allow("GET", "HEAD", "POST")
@requires(Permission.MANAGE_STAFF)
@keeps_typed("name", "role", "team")
def staff_new(request: DashboardRequest) -> HttpResponse:
    """Make an account; a password that was made at random is shown once, in the answer."""
    is_recent = signed_in_recently(request)
    if request.method != "POST":
        return _form(request, NewStaffForm(initial=_typed_before(request)), is_recent=is_recent)
    form = NewStaffForm(request.POST)
    if not form.is_valid() or not is_recent:
        return _refused(request, form, is_recent=is_recent)
    to = form.change()
    try:
        staff = create(form.cleaned_data["name"], to, actor=actor_of(request), request_id=request.id)
    except ValidationError as problem:
        form.add_error("name", problem)
        return _refused(request, form, is_recent=is_recent)
    password = None if form.cleaned_data["password"] else to.password
    return password_page(request, staff, password=password, is_new=True)


def password_page(request: DashboardRequest, staff: Staff, *, password: str | None, is_new: bool) -> HttpResponse:
    """The one page that shows a one-time password; None if who asked for it knows it."""
    context = {"account": staff_summary(staff), "password": password, "is_new": is_new}
    return render_page(request, "staff/password.html", context=context)


def staff_or_404(staff_id: int) -> Staff:
    # Larger numbers are no ids, and SQLite would fail on them.
    staff = Staff.objects.filter(pk=staff_id).first() if staff_id < 2**63 else None
    if staff is None:
        raise Http404
    return staff


def _typed_before(request: DashboardRequest) -> dict[str, str]:
    """Before a sign-in."""
    return typed.take(request) if request.method == "GET" else {}


def _refused(request: DashboardRequest, form: NewStaffForm, *, is_recent: bool) -> HttpResponse:
    record_refusal(request, reason="bad_input" if is_recent else "sign_in_again", http=422)
    return _form(request, form, is_recent=is_recent, status=422)


def _form(request: DashboardRequest, form: NewStaffForm, *, is_recent: bool, status: int = 200) -> HttpResponse:
    context = {"form": form, "must_sign_in_again": not is_recent, "typed_again": bool(form.initial)}
    return render_page(request, "staff/new.html", context=context, status=status)
