"""Interactive figures that run in JupyterLab and, without a kernel, on the pages of the book."""

from vaekit.widgets.base import CourseWidget
from vaekit.widgets.latent_explorer import LatentExplorer
from vaekit.widgets.panel import Cancelled, LivePanel, Report
from vaekit.widgets.weights import DecoderWeights

__all__ = ["Cancelled", "CourseWidget", "DecoderWeights", "LatentExplorer", "LivePanel", "Report"]
