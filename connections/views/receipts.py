"""The paper that says what was removed: to print, and as a file to attach."""

import hashlib
from uuid import UUID

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language

from connections.audit.events import Event, EventType, Found, Why
from connections.audit.ledger import append
from connections.http import DashboardRequest, actor_of, allow, render_page, requires
from connections.models import Operation
from connections.permissions import Permission
from connections.queries.operations import summary_of
from connections.queries.receipts import Proven, receipt_of, why_no_receipt
from connections.revocations.scope import target_of_row


@allow("GET", "HEAD")
@requires(Permission.VIEW_CONNECTION)
def operation_receipt(request: DashboardRequest, operation_id: UUID) -> HttpResponse:
    """
    A page to print; with `?format=file` the same text as one file that needs nothing else.

    Both are in the language of the page, which its event names.
    """
    operation = Operation.objects.select_related("preview").filter(pk=operation_id).first()
    if operation is None:
        raise Http404
    if why := why_no_receipt(operation):
        context = {"why": why, "operation": summary_of(operation)}
        return render_page(request, "receipts/none.html", context=context, status=409)
    # Without the request: what a customer is given depends on nobody who is signed in.
    receipt = receipt_of(operation)
    text = render_to_string("receipts/receipt.html", {"receipt": receipt})
    as_file = request.GET.get("format") == "file"
    if request.method == "GET":
        _record_issued(request, operation, text, "file" if as_file else "page")
    context = {"text": text, "operation": summary_of(operation)}
    return (
        _file(operation, text, receipt.proven)
        if as_file
        else render_page(request, "receipts/page.html", context=context)
    )


def _file(operation: Operation, text: str, proven: Proven | None) -> HttpResponse:
    context = {"text": text, "ticket": operation.ticket, "proofs": proven.proofs if proven else ()}
    response = HttpResponse(render_to_string("receipts/file.html", context))
    response["Content-Disposition"] = f'attachment; filename="receipt-{operation.id!s}.html"'
    return response


def _record_issued(request: DashboardRequest, operation: Operation, text: str, form: str) -> None:
    """The digest is of the receipt's own text, so that a paper can be told from one we never issued."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    append(
        Event(
            type=EventType.RECEIPT_ISSUED,
            actor=actor_of(request),
            target=target_of_row(operation),
            why=Why(ticket=operation.ticket),
            found=Found(digest=digest, query={"format": form, "language": get_language()}),
            operation=operation.id,
            request=request.id,
        )
    )
