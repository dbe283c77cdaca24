"""The staff's pages as JSON: the same numbers from the same queries, and the same actions."""
