"""The HTTP service: endpoints, bodies of requests and responses, and the handlers between them."""
