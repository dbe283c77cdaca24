"""The steps of leases and accounts: each looks, decides, makes at most one change in AWS (sweeping: a bounded batch),
and reports."""
