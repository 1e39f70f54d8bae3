"""What helps whoever types: completions, signatures, and what a name stands for."""
