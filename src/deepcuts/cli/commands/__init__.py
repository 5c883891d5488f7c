"""One command a file, which registers it as ``COMMAND``; `deepcuts.cli.program` lists them."""
