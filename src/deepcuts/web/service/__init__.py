"""The HTTP service: endpoints, requests, responses, and what answers them."""
