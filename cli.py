"""The command line of a clone: `python cli.py train` is `swref train`, with nothing installed but the dependencies."""

from swref.__main__ import main

if __name__ == "__main__":
    main("python cli.py")
