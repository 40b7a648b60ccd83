"""What a person sees: one file a screen, widgets below."""
