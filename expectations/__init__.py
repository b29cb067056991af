"""Contracts as Python, one file a table, built from the definition of the columns. They import only `cosmic`."""
