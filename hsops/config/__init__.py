"""Site files and paths: configuration is read, never written, and all its problems are told at once."""

from hsops.config.load import load_site, load_sites
from hsops.config.values import EngineConfig, Site, System

__all__ = ["EngineConfig", "Site", "System", "load_site", "load_sites"]
