"""Laws of what surrounds the networks; nothing here loads torch."""
