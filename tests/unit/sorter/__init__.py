"""Laws of the decisions."""
