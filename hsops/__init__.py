"""hsops: one terminal for a whole cloud made of open-source parts."""

__version__ = "0.1.0"
