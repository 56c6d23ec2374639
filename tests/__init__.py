"""The test suite; a package, so that `tests.statistics` does not hide the standard library's `statistics`."""
