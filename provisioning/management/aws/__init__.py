"""The subcommands of `manage.py aws`, one module each: NAME, HELP, EXAMPLES, `add_arguments`, `run`."""
