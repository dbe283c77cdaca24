"""IAM policy documents: read them, evaluate them, combine role, boundary and session policies.

Supported on purpose is the part of the language that lease guardrails use. What is not supported fails safe:
a statement that cannot be understood never allows, and denies when it is a Deny.
"""
