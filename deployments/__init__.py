"""Deployments, schedules and automations in code; what serves them on one machine, or gives them to a team's Prefect."""
