"""The most that one request may ask for, as the OpenAPI document and the messages of refused requests say it."""

from __future__ import annotations

MAX_K = 500  # rows of a list
MAX_BATCH = 100  # lists in one request
MAX_HISTORY = 10_000  # items that a visitor has played
MAX_FILTER = 10_000  # items to allow or to deny
MAX_ID = 512  # characters of an id
MAX_QUERY = 200  # characters to search by
MAX_PERSONAS = 128  # a persona is an int8
LEAST_PLAYS, MOST_PLAYS = 1e-3, 1e9  # nothing that float32 could lose
MOST_LISTENERS = 1_000_000_000  # that may be asked of an item
