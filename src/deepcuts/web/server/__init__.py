"""The application and what it runs on: settings, guards, threads, the model store, logs and metrics."""
