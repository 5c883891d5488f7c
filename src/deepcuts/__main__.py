"""`python -m deepcuts`: the command, where its folder is not on the path."""

from deepcuts.cli.main import main

if __name__ == "__main__":
    main()
