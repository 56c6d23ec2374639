"""The overlays of `LatentExplorer` in headless Chromium: prior, aggregate posterior and holes."""

import pytest
import torch
from playwright.sync_api import Page

from tests.latent_widgets import mixture, overlaid, posteriors
from tests.widget_pages import Open, explorer, facts, pixels, settle

pytestmark = pytest.mark.browser
PLANE = ".vk-plane canvas"
VIEWS = ("codes", "prior", "aggregate posterior", "holes")


def number(text: str) -> float:
    return float(text.replace("−", "-").split(" nats")[0])


def densities(z: tuple[float, float]) -> tuple[float, float]:
    """log p(z) and log q(z)."""
    point = torch.tensor(z, dtype=torch.float64)
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(point).sum()
    return float(log_prior), float(mixture(posteriors()).log_prob(point))


def test_without_posteriors_there_is_nothing_to_lay_over(open_page: Open) -> None:
    page = open_page(explorer())
    assert page.get_by_role("radio").count() == 0 and len(facts(page)) == 4


def test_each_view_shows_another_plane_and_codes_the_first_again(open_page: Open) -> None:
    page = open_page(overlaid())
    seen = []
    for name in (*VIEWS, "codes"):
        page.get_by_role("radio", name=name, exact=True).check()
        seen.append(pixels(page, PLANE))
    assert seen[0] == seen[-1]
    assert all(a != b for i, a in enumerate(seen[:4]) for b in seen[:i])


def test_a_view_is_chosen_by_key_and_the_point_stays(open_page: Open) -> None:
    page = open_page(overlaid(view="prior", z=(0.5, 0.5)))
    before = pixels(page, PLANE)
    page.get_by_role("radio", name="prior").press("ArrowRight")
    assert page.get_by_role("radio", name="aggregate posterior").is_checked()
    assert pixels(page, PLANE) != before and facts(page)["z"] == "(0.50, 0.50)"


@pytest.mark.parametrize("z", [(0.5, 0.5), (-1.5, 1.0), (-2.0, -2.0), (2.0, 0.0)])
def test_the_readout_holds_both_densities_against_each_other(open_page: Open, z: tuple[float, float]) -> None:
    shown, (log_prior, log_aggregate) = facts(open_page(overlaid(z=z))), densities(z)
    assert number(shown["log p(z)"]) == pytest.approx(log_prior, abs=0.005)
    assert number(shown["log q(z)"]) == pytest.approx(log_aggregate, abs=0.15)
    excess = log_prior - log_aggregate
    assert number(shown["log p − log q"]) == pytest.approx(excess, abs=0.15)
    assert shown["log p − log q"].endswith("hole") == (excess > 2.3026) and abs(excess - 2.3026) > 0.15


TINT = """([x, y]) => {
  const canvas = document.querySelector(".vk-plane canvas"), pen = canvas.getContext("2d");
  const at = (v) => Math.round((canvas.width * (1 + v / 3.5)) / 2);
  const { data } = pen.getImageData(at(x) - 6, canvas.width - at(y) - 6, 13, 13);
  return Math.min(...Array.from({ length: 169 }, (_, i) => data[4 * i + 3]));
}"""


def tint(page: Page, view: str, z: tuple[float, float]) -> int:
    """The opacity of the palest pixel near z."""
    page.get_by_role("radio", name=view, exact=True).check()
    settle(page)
    return page.evaluate(TINT, list(z))


def test_shades_lie_where_the_densities_are(open_page: Open) -> None:
    page = open_page(overlaid(z=(3.4, 3.4)))
    cloud, hole, outside = (0.75, 0.35), (-1.0, -1.25), (-3.3, 3.3)
    assert densities(hole)[0] - densities(hole)[1] > 3 > 1 > densities(cloud)[0] - densities(cloud)[1]
    assert [tint(page, "codes", z) for z in (cloud, hole, outside)] == [0, 0, 0]
    prior, aggregate, holes = ([tint(page, view, z) for z in (cloud, hole, outside)] for view in VIEWS[1:])
    assert prior[0] > prior[1] > 100 and prior[2] == 0
    assert aggregate[0] > 120 and 5 < aggregate[1] < aggregate[0] / 3 and aggregate[2] == 0
    assert holes[0] == 0 and holes[1] == pytest.approx(prior[1], abs=2) and holes[2] == 0


def test_it_says_how_much_of_the_prior_lies_in_holes(open_page: Open) -> None:
    page = open_page(overlaid())
    text = page.locator(".vk-small").inner_text()
    z = torch.randn(100_000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
    share = (log_prior - mixture(posteriors()).log_prob(z) > 2.3026).double().mean()
    assert float(text.split("hold ")[1].split(" %")[0]) == pytest.approx(100 * float(share), abs=1.0)


def test_the_legend_still_filters_under_an_overlay(open_page: Open) -> None:
    page = open_page(overlaid(view="holes", z=(2.0, 0.3)))
    everything = pixels(page, PLANE)
    page.get_by_role("button", name="Show class 5").click()
    assert facts(page)["nearest code"].startswith("5, ") and pixels(page, PLANE) != everything
