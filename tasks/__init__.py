"""Prefect's view of Cosmic: thin tasks that wrap one `cosmic` call each. They order nothing."""
