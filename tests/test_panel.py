"""The panel with a live kernel: it runs, reports, cancels, and says what went wrong."""

from __future__ import annotations

import threading

import ipywidgets
import pytest
from matplotlib.figure import Figure

from vaekit.widgets import LivePanel
from vaekit.widgets.panel import Report


def drawing(report: Report, size: int) -> tuple[Figure, str]:
    report(0.5, "halfway")
    return Figure(figsize=(1, 1)), f'size {size} & "more"'


def panel(work=drawing) -> LivePanel:
    return LivePanel(work, {"size": ipywidgets.IntSlider(3, 1, 9)})


def test_a_run_shows_its_figure_with_its_sentence_as_caption_and_alternative_text() -> None:
    live = panel().run()
    assert live.result.value.count("size 3 &amp; &quot;more&quot;") == 2
    assert "data:image/png;base64," in live.result.value
    assert (live.progress.value, live.status.value) == (1.0, "Done.")


def test_a_run_uses_the_present_value_of_every_control() -> None:
    live = panel()
    live.children[0].value = 7
    assert "size 7" in live.run().result.value


def test_equal_runs_give_equal_html() -> None:
    assert panel().run().result.value == panel().run().result.value


def test_the_cancel_button_stops_a_run_and_keeps_the_last_figure() -> None:
    started, wait = threading.Event(), threading.Event()

    def endless(report: Report, size: int) -> tuple[Figure, str]:
        started.set()
        assert wait.wait(10)
        report(0.1, "never shown")
        raise AssertionError("the report did not stop the run")

    live = panel().run()
    before = live.result.value
    live._work = endless
    live.start.click()
    assert started.wait(10) and live.start.disabled and not live.cancel.disabled
    live.cancel.click()
    wait.set()
    live._thread.join(10)
    assert live.status.value.startswith("Cancelled") and live.result.value == before
    assert live.cancel.disabled and not live.start.disabled


def test_a_failing_run_says_why_and_can_be_started_again() -> None:
    def failing(report: Report, size: int) -> tuple[Figure, str]:
        raise ValueError("size: got 3; expected more")

    live = panel(failing).run()
    assert live.status.value == "ValueError: size: got 3; expected more"
    assert not live.start.disabled


def test_a_control_without_a_value_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'size' is a Output; expected a widget with a value"):
        LivePanel(drawing, {"size": ipywidgets.Output()})


def test_the_representation_is_the_same_for_equal_panels() -> None:
    assert repr(panel()) == repr(panel()) == "LivePanel(size)"
