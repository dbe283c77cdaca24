"""The local stack: every part of the platform as supervised child processes of one command, without set-up."""
