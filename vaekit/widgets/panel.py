"""A panel with a live kernel: controls, a run that reports progress and can be cancelled, and the figure it makes."""

from __future__ import annotations

import base64
import html
import io
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

import ipywidgets
from matplotlib.figure import Figure


class Cancelled(Exception):
    """Raised inside a run, by its report, once the reader has asked to stop."""


class Report(Protocol):
    """What a run calls now and then; it shows progress, and raises `Cancelled` if the reader asked to stop."""

    def __call__(self, fraction: float, message: str) -> None:
        """Show that `fraction` of the work, from 0 to 1, is done."""


Work = Callable[..., tuple[Figure, str]]


class LivePanel(ipywidgets.VBox):
    """Run a function of the reader's settings in the kernel, with progress and cancel, and show its figure.

    The button starts `work(report, **settings)` in a thread, so that the kernel can hear the cancel button. On a page
    without a kernel the last figure stays, with a line that says so.

    Args:
        work: called with a `Report` and the controls' values by name; returns a figure and a sentence that describes
            it, which is shown under the figure and read out in its place.
        controls: ipywidgets with a `value`, by the name of the argument they set.

    Raises:
        ValueError: if a control has no value.
    """

    def __init__(self, work: Work, controls: Mapping[str, ipywidgets.Widget]) -> None:
        for name, control in controls.items():
            if not hasattr(control, "value"):
                raise ValueError(f"controls: {name!r} is a {type(control).__name__}; expected a widget with a value")
        self._work, self._controls = work, dict(controls)
        self._stop, self._thread = threading.Event(), threading.Thread()
        self.start = ipywidgets.Button(description="Run", icon="play", button_style="primary")
        self.cancel = ipywidgets.Button(description="Cancel", icon="stop", disabled=True)
        self.progress = ipywidgets.FloatProgress(min=0.0, max=1.0)
        self.status = ipywidgets.Label("Ready.")
        self.result = ipywidgets.HTML()
        self.start.on_click(lambda _: self._start_thread())
        self.cancel.on_click(lambda _: self._stop.set())
        bar = ipywidgets.HBox([self.start, self.cancel, self.progress, self.status])
        super().__init__([*controls.values(), bar, self.result])

    def __repr__(self) -> str:
        """Return a text without ids, so that stored outputs compare."""
        return f"LivePanel({', '.join(self._controls)})"

    def run(self) -> LivePanel:
        """Run once with the present settings, here and now, and return the panel."""
        self._stop.clear()
        self.start.disabled, self.cancel.disabled = True, False
        try:
            figure, sentence = self._work(self._report, **{name: c.value for name, c in self._controls.items()})
            self.result.value = _figure_html(figure, sentence)
            self._report(1.0, "Done.")
        except Cancelled:
            self.status.value = "Cancelled; the figure is that of the last finished run."
        except Exception as error:  # the reader's settings may break anything: say so here, where they look
            self.status.value = f"{type(error).__name__}: {error}"
        finally:
            self.start.disabled, self.cancel.disabled = False, True
        return self

    def _start_thread(self) -> None:
        if not self._thread.is_alive():
            self._thread = threading.Thread(target=self.run, daemon=True)
            self._thread.start()

    def _report(self, fraction: float, message: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.progress.value, self.status.value = fraction, message


def _figure_html(figure: Figure, sentence: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", facecolor="white", metadata={"Software": None})
    data, text = base64.b64encode(buffer.getvalue()).decode(), html.escape(sentence, quote=True)
    image = f'<img src="data:image/png;base64,{data}" alt="{text}" style="max-width:100%">'
    return f'<figure style="margin:0">{image}<figcaption style="color:inherit">{text}</figcaption></figure>'
