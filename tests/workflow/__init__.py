"""Tests of the workflow engine. The effects of its toy workflows are counted in a file outside the engine."""
