"""`python -m deepcuts`: the command, where its folder is not on the path; and what spark-submit runs, a file in .py."""

import os
import sys

if __name__ == "__main__":
    if sys.path[0] == os.path.dirname(__file__):  # as a file: our modules are not to stand for others of their names
        del sys.path[0]
    from deepcuts.cli.main import main

    main()
