"""Who comes in and how: passwords, second factors, single sign-on, sessions, and how often one may try."""
