"""One file for each task: its statement, its steps, and what it is tried on."""
