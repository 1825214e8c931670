"""
The client of Smartcar's connection APIs: management v2.0, vehicle v3 and the token host.

Imports neither Django nor anything else of ours; callers import `client`,
`types` and `errors`.
"""
