"""`python -m deepcuts`: the command, where its folder is not on the path; and what spark-submit runs, a file in .py."""

import os
import sys

if __name__ == "__main__":
    if sys.path[0] == os.path.dirname(__file__):  # as a file: our modules are not to stand for others of their names
        del sys.path[0]
    from deepcuts.cli.main import main

    try:
        main()
    finally:
        # The interpreter notes where code that is text, as that of a namedtuple is, was interrupted, and would end as
        # of SIGINT, whatever the status; what runs next takes the note back.
        exec("")
