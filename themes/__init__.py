"""Themes: data and their loader."""
