"""The local stack: the platform's parts as supervised child processes of one command, without set-up."""
