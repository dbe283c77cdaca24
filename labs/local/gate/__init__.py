"""The simulator's gate: the only way into the AWS simulator.

One process holds moto in memory and a WSGI application in front of it that behaves like AWS towards
strangers: it verifies every signature, knows only the hub identity and the sessions it issued itself, binds
each session to its account and enforces the session's live IAM documents. Nothing here imports Django.
"""
