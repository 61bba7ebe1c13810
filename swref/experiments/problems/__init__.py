"""The problems that experiments share, and what several of them ask of one."""
