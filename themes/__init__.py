"""Themes as data: what each state and part of the screen looks like. Nothing here knows a terminal library."""
