"""What stands in a text, as far as its words and brackets tell: pieces, scopes, colours, folds."""
