"""What is drawn and what is measured: maps as images, figures, the slider of a notebook, measures of maps."""
