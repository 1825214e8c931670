"""The demo: everything on this machine, nothing of Smartcar's. Only `manage.py demo` uses it."""
