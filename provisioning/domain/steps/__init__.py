"""The lease's steps: each looks, decides, makes at most one change in AWS (sweeping: one bounded batch), and reports."""
