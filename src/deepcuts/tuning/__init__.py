"""Settings found by trial, on accuracy and novelty at once."""
