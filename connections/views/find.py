"""The one box that takes whatever somebody pastes."""

from django.http import HttpResponse, HttpResponseRedirect

from connections.audit.events import Event, EventType, Found
from connections.audit.ledger import append
from connections.http import DashboardRequest, actor_of, allow, render_page
from connections.queries import search
from connections.queries.recognise import Recognised, recognise, with_ticket
from connections.smartcar.errors import SmartcarError
from connections.views.errors import smartcar_failed


@allow("GET", "HEAD", "POST")
def find(request: DashboardRequest) -> HttpResponse:
    """
    Sent, the text leads straight to what it must be; HTMX, while it is typed, only what it may be.

    It comes in the body, since a ticket names people, and addresses are logged and kept.
    """
    text = request.POST.get("q", "").strip()
    if request.htmx:
        return _page(request, text, recognise(text, request.user))
    return lead(request, text)


def lead(request: DashboardRequest, text: str) -> HttpResponse:
    """To the one page the text is about, or to a choice; only one or two ids alone are asked of Smartcar."""
    recognised = recognise(text, request.user)
    if recognised.only_url and not recognised.to_look_up:
        return HttpResponseRedirect(recognised.only_url)
    if recognised.to_look_up:
        try:
            url = search.find(recognised.to_look_up)
        except SmartcarError as problem:
            return smartcar_failed(request, problem)
        if url:
            return HttpResponseRedirect(with_ticket(url, recognised.ticket))
        _record_search(request, recognised)
    return _page(request, text, recognised)


def _page(request: DashboardRequest, text: str, recognised: Recognised) -> HttpResponse:
    context = {"q": text[: search.MAX_TEXT], "recognised": recognised}
    status = 422 if text and not recognised.offers and not request.htmx else 200
    return render_page(request, "find/find.html", partial="find/_offers.html", context=context, status=status)


def _record_search(request: DashboardRequest, recognised: Recognised) -> None:
    """A search that led to no page of its own; others are recorded by the page they lead to."""
    query = {"ids": " ".join(str(mention.id) for mention in recognised.to_look_up)}
    append(
        Event(
            type=EventType.CONNECTION_LISTED,
            actor=actor_of(request),
            found=Found.of((), query),
            request=request.id,
        )
    )
