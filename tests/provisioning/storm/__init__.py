"""A storm over real processes: sandboxes are vended and torn down while AWS misbehaves and everything else is killed.

By hand: `python -m tests.provisioning.storm --teams 30 --seed 7`.
"""
