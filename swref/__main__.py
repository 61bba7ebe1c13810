"""`python -m swref` is the command `swref`, where its folder is not on the PATH."""

from swref.commands import main

if __name__ == "__main__":
    main(prog_name="python -m swref")
