"""What each name refers to, in one program and across those that import each other, and how it is renamed."""
