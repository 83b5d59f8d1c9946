"""How well a model describes: classification, residuals, dispersion, histories."""
