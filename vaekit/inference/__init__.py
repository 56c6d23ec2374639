"""Better answers than the encoder's, for models small enough: quadrature over z, and a q fitted to each example."""

from vaekit.inference.enumeration import enumerated_elbo, enumerated_log_evidence
from vaekit.inference.grid import GridPosterior, grid_log_evidence, grid_posterior
from vaekit.inference.refinement import elbo_of, refine_posterior

__all__ = [
    "GridPosterior",
    "elbo_of",
    "enumerated_elbo",
    "enumerated_log_evidence",
    "grid_log_evidence",
    "grid_posterior",
    "refine_posterior",
]
