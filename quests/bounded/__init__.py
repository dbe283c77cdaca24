"""Processes that run a pack's own code within limits, and end with whoever started them."""

from quests.bounded.process import BoundedProcess

__all__ = ["BoundedProcess"]
