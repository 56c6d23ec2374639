"""One file for each task: the right function, and the wrong ones that its gate knows by name."""
