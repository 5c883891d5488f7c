"""The sections of a page: facts in, HTML out, one part of the story a file."""
