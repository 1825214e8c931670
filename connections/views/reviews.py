"""The review queue of the audit log: one event after the other."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from connections.audit import browse
from connections.audit.entries import full_entry_of
from connections.audit.events import Found, Target, TargetKind
from connections.audit.review import NotReviewable, review, waiting, why_waiting
from connections.forms.audit import PlaceForm, ReviewForm
from connections.http import DashboardRequest, actor_of, allow, form_at, render_page, requires
from connections.models import AuditEvent, Verdict
from connections.permissions import Permission, audit_actors_visible_to
from connections.views.audit import record_viewed


@allow("GET", "HEAD")
@requires(Permission.VERIFY_AUDIT)
def review_next(request: DashboardRequest) -> HttpResponse:
    """The newest event that waits for this person, or the next older one."""
    place = PlaceForm(request.GET)
    before = place.cleaned_data["before"] if place.is_valid() else None
    visible_to = audit_actors_visible_to(request.user)
    event = waiting(reviewer=str(request.user.pk), visible_to=visible_to, before=before)
    if event is None:
        return render_page(request, "audit/review.html", context={"is_at_end": before is not None})
    record_viewed(request, Found.of([event.seq]), Target(kind=TargetKind.AUDIT, id=str(event.seq)))
    return _page(request, event, ReviewForm())


@allow("POST")
@requires(Permission.VERIFY_AUDIT)
@form_at("review-next")
def review_create(request: DashboardRequest, sequence: int) -> HttpResponse:
    """Record what this person thinks of an event, and go on to the next."""
    event = browse.row(sequence, visible_to=audit_actors_visible_to(request.user))
    if event is None:
        raise Http404
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, event, form, status=422)
    verdict = Verdict(form.cleaned_data["verdict"])
    try:
        review(event, verdict, form.cleaned_data["note"], actor=actor_of(request), request=request.id)
    except NotReviewable as problem:
        return render_page(request, "audit/not_reviewed.html", context={"why": str(problem)}, status=409)
    return HttpResponseRedirect(f"{reverse('review-next')}?before={sequence}")


def _page(request: DashboardRequest, event: AuditEvent, form: ReviewForm, *, status: int = 200) -> HttpResponse:
    found = full_entry_of(event)
    context = {"found": found, "entry": found.entry, "form": form, "why": why_waiting(event), "verdicts": Verdict}
    return render_page(request, "audit/review.html", context=context, status=status)
