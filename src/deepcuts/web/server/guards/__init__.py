"""What a request has to pass before it is looked at: one guard a file, each plain ASGI, for service and page alike."""
