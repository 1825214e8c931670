"""The Django project: environment, settings, URLs, security middleware, checks. Wiring, no behaviour."""
