"""What both page and service run on: settings, guards, threads, the model store, logs and metrics."""
