"""What a page tells the browser about a passkey."""

import json
from typing import Any

from django import template

register = template.Library()


@register.filter
def as_json(options: Any) -> str:
    """For an attribute; autoescaping makes it safe there."""
    return json.dumps(dict(options))
