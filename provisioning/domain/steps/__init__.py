"""The lease's steps: each looks, decides, makes at most one change in AWS (sweeping: a bounded batch), and reports."""
