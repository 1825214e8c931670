"""Smartcar's refusals, and the body each generation wraps them in."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connections.simulator.wire import Answer, Generation, Request, json_answer

_DOCS = "https://smartcar.com/docs/errors/api-errors"

Detail = dict[str, str]
Resolution = dict[str, str] | str | None


class Kind(StrEnum):
    AUTHENTICATION = "authentication"
    VALIDATION = "validation"
    PERMISSION = "permission"
    NOT_FOUND = "not-found"
    VERSION = "version"
    GONE = "gone"
    RATE_LIMIT = "rate-limit"
    VEHICLE_RATE_LIMIT = "vehicle-rate-limit"
    INVALID_PLAN = "invalid-plan"
    VEHICLE_LIMIT = "vehicle-limit"
    VEHICLE_REQUEST_LIMIT = "vehicle-request-limit"
    ACCOUNT_SUSPENDED = "account-suspended"
    SERVER = "server"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a failure of this program
    """Smartcar says no: raised anywhere in a route, worded once in the form of the generation asked."""

    def __init__(self, kind: Kind, description: str = "", *, detail: tuple[Detail, ...] = ()) -> None:
        super().__init__(description or _DESCRIPTIONS[kind])
        self.kind = kind
        self.description = description or _DESCRIPTIONS[kind]
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Form:
    type: str
    status: int
    code: str | None
    resolution: Resolution = None


_DESCRIPTIONS = {
    Kind.AUTHENTICATION: "The authorization header is missing, malformed or has invalid credentials.",
    Kind.VALIDATION: "Request invalid or malformed. Please check for missing parameters or spelling errors.",
    Kind.PERMISSION: "Your application has insufficient permissions to access the requested resource.",
    Kind.NOT_FOUND: "The requested resource does not exist. Please check the path and the identifier.",
    Kind.VERSION: "The requested version of the API does not exist.",
    Kind.GONE: "This version of the API has been retired.",
    Kind.RATE_LIMIT: "Your application has exceeded its rate limit. Please retry with exponential back-off.",
    Kind.VEHICLE_RATE_LIMIT: "You have reached the throttling rate limit for this vehicle.",
    Kind.INVALID_PLAN: "Your application's plan does not include this endpoint.",
    Kind.VEHICLE_LIMIT: "Your application has reached the vehicle limit of its plan.",
    Kind.VEHICLE_REQUEST_LIMIT: "Your application has reached the number of requests a vehicle may receive.",
    Kind.ACCOUNT_SUSPENDED: "Your account has been suspended. Please contact our support team.",
    Kind.SERVER: "An unexpected error occurred. Please try again or contact our support team.",
}

# Section 5 of the facts (D, S); 410 is one of the ways v2.0 may end (?), so its type is inferred.
# `resolution` is an object, a string or null: each shape occurs (S).
_V2 = {
    Kind.AUTHENTICATION: _Form("AUTHENTICATION", 401, None, {"type": "CONTACT_SUPPORT"}),
    Kind.VALIDATION: _Form("VALIDATION", 400, "PARAMETER"),
    Kind.PERMISSION: _Form("PERMISSION", 403, None, {"type": "REAUTHENTICATE", "url": _DOCS}),
    Kind.NOT_FOUND: _Form("RESOURCE_NOT_FOUND", 404, "PATH"),
    Kind.VERSION: _Form("RESOURCE_NOT_FOUND", 404, "VERSION"),
    Kind.GONE: _Form("RESOURCE_NOT_FOUND", 410, "VERSION"),
    Kind.RATE_LIMIT: _Form("RATE_LIMIT", 429, "SMARTCAR_API", "RETRY_LATER"),
    Kind.VEHICLE_RATE_LIMIT: _Form("RATE_LIMIT", 429, "VEHICLE", {"type": "RETRY_LATER"}),
    Kind.INVALID_PLAN: _Form("BILLING", 430, "INVALID_PLAN", {"type": "CONTACT_SUPPORT"}),
    Kind.VEHICLE_LIMIT: _Form("BILLING", 430, "VEHICLE_LIMIT", {"type": "CONTACT_SUPPORT"}),
    Kind.VEHICLE_REQUEST_LIMIT: _Form("BILLING", 430, "VEHICLE_REQUEST_LIMIT", {"type": "CONTACT_SUPPORT"}),
    Kind.ACCOUNT_SUSPENDED: _Form("BILLING", 430, "ACCOUNT_SUSPENDED", {"type": "CONTACT_SUPPORT"}),
    Kind.SERVER: _Form("SERVER", 500, "INTERNAL", {"type": "RETRY_LATER"}),
}

# Section 3 (D, C): in v3 a missing permission is of type AUTHENTICATION.
_V3 = _V2 | {
    Kind.AUTHENTICATION: _Form("AUTHENTICATION", 401, "UNAUTHORIZED"),
    Kind.VALIDATION: _Form("VALIDATION", 400, "INVALID_INPUT_FORMAT"),
    Kind.PERMISSION: _Form("AUTHENTICATION", 403, "ACCESS_DENIED"),
    Kind.NOT_FOUND: _Form("RESOURCE_NOT_FOUND", 404, None),
}

# Section 4: two errors are documented; the others are worded after OAuth's own list (I).
_TOKEN = {
    Kind.AUTHENTICATION: (401, "invalid_client"),
    Kind.VALIDATION: (400, "invalid_request"),
    Kind.PERMISSION: (403, "access_denied"),
    Kind.NOT_FOUND: (404, "not_found"),
    Kind.RATE_LIMIT: (429, "rate_limit_exceeded"),
    Kind.SERVER: (500, "server_error"),
}


def refusal_answer(refusal: Refusal, request: Request) -> Answer:
    if request.generation is Generation.TOKEN:
        status, error = _TOKEN.get(refusal.kind, (400, "invalid_request"))
        return json_answer(status, {"error": error, "error_description": refusal.description})
    if request.generation is Generation.V3:
        form = _V3[refusal.kind]
        return json_answer(form.status, {"errors": list(_v3_errors(refusal, form))})
    return json_answer(_V2[refusal.kind].status, _v2_error(refusal, _V2[refusal.kind], request.id))


def _v2_error(refusal: Refusal, form: _Form, request_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": form.type,
        "code": form.code,
        "description": refusal.description,
        "docURL": f"{_DOCS}/{form.type.lower().replace('_', '-')}-errors",
        "statusCode": form.status,
        "requestId": request_id,
        "resolution": form.resolution,
    }
    if form.status == 430:
        body["suggestedUserMessage"] = "The app is not available at the moment. Please try again later."
    if form.type == "VALIDATION":
        body["detail"] = list(refusal.detail)
    return body


def _v3_errors(refusal: Refusal, form: _Form) -> list[dict[str, Any]]:
    error = {
        "status": str(form.status),
        "type": form.type,
        "code": form.code,
        "title": form.type.replace("_", " ").capitalize(),
        "links": {"about": f"{_DOCS}/{form.type.lower().replace('_', '-')}"},
    }
    if isinstance(form.resolution, dict):
        error["resolution"] = form.resolution
    reasons = [f"{item['field']}: {item['message']}" for item in refusal.detail] or [refusal.description]
    return [error | {"detail": reason} for reason in reasons]
