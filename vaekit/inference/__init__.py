"""Better answers than the encoder's, for models small enough: quadrature over z, and a q fitted to each example."""

from vaekit.inference.grid import GridPosterior, grid_log_evidence, grid_posterior
from vaekit.inference.refinement import elbo_of, refine_posterior

__all__ = ["GridPosterior", "elbo_of", "grid_log_evidence", "grid_posterior", "refine_posterior"]
