"""Interactive figures that run in JupyterLab and, without a kernel, on the pages of the book."""

from vaekit.widgets.base import CourseWidget
from vaekit.widgets.collapse_lab import CollapseLab
from vaekit.widgets.diffusion_player import DiffusionPlayer
from vaekit.widgets.draw_digit import DrawDigit
from vaekit.widgets.elbo_gap import ElboGap
from vaekit.widgets.gradient_race import GradientRace
from vaekit.widgets.gumbel_dial import GumbelDial
from vaekit.widgets.kl_price import KlPrice
from vaekit.widgets.latent_diffusion_player import LatentDiffusionPlayer
from vaekit.widgets.latent_explorer import LatentExplorer
from vaekit.widgets.latent_paths import LatentPaths
from vaekit.widgets.latent_traversal import LatentTraversal
from vaekit.widgets.panel import Cancelled, LivePanel, Report
from vaekit.widgets.pipeline_player import PipelinePlayer
from vaekit.widgets.rate_distortion import RateDistortion
from vaekit.widgets.tighter_bounds import TighterBounds
from vaekit.widgets.vae_lab import VaeLab
from vaekit.widgets.weights import DecoderWeights

__all__ = [
    "Cancelled",
    "CollapseLab",
    "CourseWidget",
    "DecoderWeights",
    "DiffusionPlayer",
    "DrawDigit",
    "ElboGap",
    "GradientRace",
    "GumbelDial",
    "KlPrice",
    "LatentDiffusionPlayer",
    "LatentExplorer",
    "LatentPaths",
    "LatentTraversal",
    "LivePanel",
    "PipelinePlayer",
    "RateDistortion",
    "Report",
    "TighterBounds",
    "VaeLab",
]
