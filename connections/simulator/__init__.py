"""
A Smartcar that is not Smartcar: both API generations and the token host on one local port.

An independent witness, written from Smartcar's documentation and SDKs alone:
it imports the standard library and nothing of ours, least of all the client.
"""
