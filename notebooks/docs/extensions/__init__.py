"""What the book needs beyond Sphinx: formulas, one picture, one table, links and alternative texts."""
