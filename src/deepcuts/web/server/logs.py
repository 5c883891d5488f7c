"""Logs as JSON, one object a line, for programs to collect.

They hold no token, no id, no name, no search, no history: of a request its route, not its path. Of a failure they hold
the type and the lines of code; its message may quote the request, and is left out unless DEEPCUTS_TRACEBACK is set.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str] = ContextVar("request_id", default="")

FIELDS = "fields"  # what a record carries besides its message


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= describe_failure(record.exc_info[1])
        return json.dumps(line)


def describe_failure(error: BaseException) -> dict[str, Any]:
    """Return the type of an error and where it was raised, innermost last; with its message only if asked for."""
    frames = traceback.extract_tb(error.__traceback__)
    failure = {
        "error": type(error).__name__,
        "at": [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if "DEEPCUTS_TRACEBACK" in os.environ:
        failure["error_message"] = str(error)
    return failure


def logging_configuration(level: str = "INFO") -> dict[str, Any]:
    """Return what `logging.config.dictConfig` takes: everything to stderr, as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "deepcuts.web.server.logs.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {
            "deepcuts": {"handlers": ["stderr"], "level": level, "propagate": False},
            # What it warns of names the files of visitors, who are told it on the page.
            "deepcuts.history": {"level": "ERROR"},
            "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }
