"""The command `deepcuts`: a file for each of its commands in `commands`, and here what they share."""
