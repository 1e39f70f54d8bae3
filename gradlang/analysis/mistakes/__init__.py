"""What is wrong with a text, what its author allows, and what would mend it."""
