"""One command a file, which registers it as ``COMMAND``; `deepcuts.cli.main` lists them."""
