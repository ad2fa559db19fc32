"""The crash campaign: applies that die, are cut off or refused at every boundary, and what becomes of them."""
