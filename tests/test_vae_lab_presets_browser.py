"""The presets of `VaeLab` on a static page: each breaks as it says, and its knob repairs it."""

import pytest
from playwright.sync_api import expect

from tests.vae_lab_pages import choose, number, press, until, warm
from tests.widget_pages import Open, facts, settle
from vaekit.widgets import VaeLab
from vaekit.widgets.vae_lab_presets import PRESETS

pytestmark = pytest.mark.browser
STORIES = {
    "collapse": ("active units", "0 of 2", "decoder s.d.", -0.7),
    "beta too large": ("active units", "1 of 2", "weight β", 0.0),
    "holes in the prior": ("active units", "2 of 2", "weight β", 0.0),
    "plain autoencoder": ("−ELBO", "–", "weight β", 0.0),
}


@pytest.mark.parametrize("name", STORIES)
def test_each_broken_preset_breaks_and_its_knob_repairs_it(open_page: Open, name: str) -> None:
    page = warm(open_page, VaeLab())
    choose(page, "fast")
    press(page, name)
    page.wait_for_function("Number(document.querySelector('.vk dd').textContent.replace(',', '')) < 400")
    until(page, 1200)
    press(page, "Pause")
    fact, ill, knob, place = STORIES[name]
    story, preset = page.locator(".vk-lab-story"), PRESETS[name]
    assert facts(page)[fact] == ill and story.inner_text() == f"{preset['see']} Repair: {preset['repair']}"
    broken = {key: facts(page)[key] for key in ("−ELBO", "distortion", "rate", "samples off the data")}
    page.get_by_label(knob).fill(str(place))
    if name == "plain autoencoder":
        choose(page, "pathwise")
    press(page, "Train")
    expect(story).to_have_text(f"✓ Repaired. {preset['done']}", timeout=30_000)
    press(page, "Pause")
    assert facts(page)["active units"] == "2 of 2" and number(page, "−ELBO") < 4
    off, was = number(page, "samples off the data"), float(broken["samples off the data"].split()[0])
    if name != "beta too large":
        assert off < was - 15
    else:
        assert number(page, "rate") > float(broken["rate"].split()[0]) + 1


def test_a_preset_sets_every_setting_and_shows_samples_where_it_speaks_of_them(open_page: Open) -> None:
    page = warm(open_page, VaeLab(width=8, lr=0.1, samples=3))
    samples = page.get_by_role("button", name="× samples")
    assert samples.get_attribute("aria-pressed") == "false"
    press(page, "holes in the prior")
    press(page, "Pause")
    settle(page)
    told = {
        name: page.get_by_label(name).get_attribute("aria-valuetext")
        for name in ("weight β", "decoder s.d.", "learning rate", "draws K", "width")
    }
    assert list(told.values()) == ["0.1", "0.16", "0.01", "1", "32"]
    assert page.get_by_role("radio", name="clusters").is_checked() and samples.get_attribute("aria-pressed") == "true"
    assert [b.get_attribute("aria-pressed") for b in page.locator(".vk-choice").first.locator("button").all()] == [
        "false",
        "false",
        "true",
        "false",
        "false",
    ]
