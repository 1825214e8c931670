"""Smartcar's SDK for Python behind a pipe: a call a line in, what the SDK made of it a line out."""

import json
import sys
from typing import Any

import smartcar


def called(call: dict[str, Any]) -> dict[str, Any]:
    if call["call"] == "list":
        answer = smartcar.get_connections(call["token"], call["filter"], call["paging"])
        cursor = answer.paging.cursor
    else:
        answer = smartcar.delete_connections(call["token"], call["filter"])
        cursor = None
    rows = [
        {"user_id": row.user_id, "vehicle_id": row.vehicle_id, "connected_at": row.connected_at}
        for row in answer.connections
    ]
    return {"connections": rows, "cursor": cursor, "request_id": answer.meta.request_id}


def failed(error: Exception) -> dict[str, Any]:
    names = {"status_code": "status"}
    kept = {names.get(name, name): value for name, value in vars(error).items()}
    return {"error": {**kept, "class": type(error).__name__, "message": str(error)}}


for line in sys.stdin:
    try:
        said = called(json.loads(line))
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what the test asks about
        said = failed(error)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
