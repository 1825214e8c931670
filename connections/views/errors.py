"""Answers to what went wrong, in words: Smartcar failing, or a form from elsewhere."""

import logging
import sys
from datetime import UTC, datetime, timedelta
from math import ceil

from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from connections import times
from connections.audit.ledger import NotRecorded
from connections.http import DashboardRequest, record_refusal, render_page
from connections.models import Operation, Staff
from connections.queries.smartcar_words import in_words
from connections.revocations.outcome import OutcomeNotRecorded
from connections.revocations.scope import target_of_row
from connections.smartcar.errors import AllowanceSpent, GenerationRetired, RateLimited, SmartcarError

logger = logging.getLogger(__name__)


def smartcar_failed(
    request: DashboardRequest, problem: SmartcarError, *, into: str | None = None, again_url: str = ""
) -> HttpResponse:
    """
    502 with Smartcar's request id, or 429 where our own count keeps us from asking.

    For HTMX, into the element with the id `into` instead of the notices. What was sent is
    tried again at `again_url`, where its form is.

    The table must not go on showing rows that do not belong to the filters above it.
    """
    context = {
        "problem": problem,
        "sentence": in_words(problem.sentence),
        "is_retired": isinstance(problem, GenerationRetired),
        "is_rate_limited": isinstance(problem, RateLimited),
        "opens": _opens(problem),
        "again_url": request.get_full_path() if request.method == "GET" else again_url,
    }
    status = 429 if isinstance(problem, AllowanceSpent) else 502
    response = render_page(
        request, "smartcar_failed.html", partial="_smartcar_failed.html", context=context, status=status
    )
    if isinstance(problem, AllowanceSpent):
        response["Retry-After"] = str(ceil(problem.seconds))
    if into and request.htmx:
        response["HX-Retarget"] = f"#{into}"
        response["HX-Reswap"] = "innerHTML"
        response["HX-Reselect"] = ".state"
        response["HX-Push-Url"] = "false"
    return response


def _opens(problem: SmartcarError) -> str:
    """When the next request is possible, where it is we who wait."""
    if not isinstance(problem, AllowanceSpent):
        return ""
    return times.exact(datetime.now(UTC) + timedelta(seconds=ceil(problem.seconds)))


def record_refusal_about(
    request: DashboardRequest, operation: Operation, *, reason: str, http: int, note: str | None = None
) -> None:
    """What was refused was to decide or to conclude something about this operation. Raises `NotRecorded`."""
    target = target_of_row(operation)
    record_refusal(request, reason=reason, http=http, target=target, operation=operation.id, note=note)


def outcome_not_recorded(request: DashboardRequest, problem: OutcomeNotRecorded) -> HttpResponse:
    """503: it was sent, and what came of it is not in the database."""
    context = {"operation_id": problem.operation.id, "is_kept": problem.is_kept}
    return render(request, "revocations/not_recorded.html", context, status=503)


def not_shown(request: DashboardRequest, operation: Operation, problem: Error) -> HttpResponse:
    """503: what was asked for is recorded, and what became of it cannot be read at the moment."""
    logger.error("Operation %s is recorded and cannot be shown: %s", operation.pk, problem.__cause__ or problem)
    return render(request, "revocations/not_shown.html", {"operation_id": operation.pk}, status=503)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the database failed outside of any view, as it does when it is gone; else 500."""
    status = 503 if isinstance(sys.exception(), NotRecorded | Error) else 500
    return render(request, f"{status}.html", status=status)


def csrf_failure(request: DashboardRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A form that does not come from our own pages; recorded where somebody is signed in."""
    if isinstance(request.user, Staff) and hasattr(request, "id"):
        record_refusal(request, reason="form_from_elsewhere", http=403)
    return render(request, "403_csrf.html", status=403)
