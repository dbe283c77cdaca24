"""Structured logging: readable lines in a terminal, one JSON object a line in a deployment."""

import logging
import logging.config

import structlog


def configure(options: dict[str, str]) -> None:
    """Install structlog for our loggers and the standard library's; `options` has `format` and `level`."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor
    if options["format"] == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    else:
        # Rich tracebacks print local variables, and with them credentials.
        renderer = structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": shared,
    }
    quiet = {"level": "WARNING"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"ours": formatter},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "ours"}},
            "root": {"handlers": ["out"], "level": options["level"]},
            # A tick a second would bury everything that matters.
            "loggers": dict.fromkeys(
                ("celery.app.trace", "celery.worker.strategy", "celery.beat", "botocore", "boto3", "urllib3"), quiet
            ),
        }
    )
