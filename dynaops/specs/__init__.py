"""Reads and checks the files of a project: spec files, overlays, defaults and the project file."""
