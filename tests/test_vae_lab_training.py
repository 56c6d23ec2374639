"""Training in `VaeLab`, run in node: its data, its batches, its links, and where it ends compared with the package."""

import math
import statistics
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.node import Run, run_math
from tests.vae_lab import torch_vae
from vaekit import elbo, fit, weighted_loss
from vaekit.data import Dataset
from vaekit.widgets import VaeLab
from vaekit.widgets.vae_lab_presets import DATA, ESTIMATORS, PRESETS, RANGES

TRAIN = """
const { x } = math.makeData(data.setting.data), trainer = math.makeTrainer(data.setting);
for (let i = 0; i < data.updates; i++) math.update(trainer, x, data.setting);
const { normals } = math.stream(77), eps = normals(8 * x.length / 2 * data.setting.latent_dim);
const { q, ...now } = math.measure(trainer.net, x, eps, data.setting.estimator);
return { now, x, vector: trainer.net.vector, updates: trainer.updates };
"""
GENERATED = [name for name in DATA if name != "drawn"]


@pytest.fixture(scope="module")
def js(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_math(VaeLab(), tmp_path_factory.mktemp("js"))


def setting(name: str = "sound", **changes: Any) -> dict[str, Any]:
    return PRESETS[name]["settings"] | changes


def test_page_and_kernel_allow_the_same_settings(js: Run) -> None:
    made = js("return { ranges: math.RANGES, choices: math.CHOICES, ills: Object.keys(math.ILLS) };")
    assert {name: tuple(limits) for name, limits in made["ranges"].items()} == RANGES
    assert made["choices"] == {"data": list(DATA), "estimator": list(ESTIMATORS), "learn_noise": [False, True]}
    assert made["ills"] == [name for name, preset in PRESETS.items() if preset["repair"]]


@pytest.mark.parametrize("name", GENERATED)
def test_data_sets_are_fixed_and_fit_the_plane(js: Run, name: str) -> None:
    made = js("return math.makeData(data.name);", name=name)
    assert made == js("return math.makeData(data.name);", name=name)
    x, groups = torch.tensor(made["x"]).view(-1, 2), torch.tensor(made["groups"])
    assert len(x) == 384 and groups.bincount().tolist() == [64] * 6
    assert float(x.abs().max()) < 3 and float(x.mean(0).norm()) < 0.6
    assert 0.3 < float(x.var(0).min()) <= float(x.var(0).max()) < 2.2


def test_the_decoder_of_the_collapsed_preset_is_wider_than_its_data(js: Run) -> None:
    x = torch.tensor(js("return math.makeData('ring').x;")).view(-1, 2)
    assert float(torch.linalg.eigvalsh(x.T.cov()).max()) < PRESETS["collapse"]["settings"]["noise_sd"] ** 2


def test_drawn_points_are_grouped_by_their_direction_from_the_mean(js: Run) -> None:
    angles = torch.arange(12) * (2 * math.pi / 12) + 0.1 - math.pi
    points = torch.stack([angles.cos(), angles.sin()], 1) + 1
    made = js("return math.makeData('drawn', data.points);", points=points.flatten().tolist())
    assert made["groups"] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_a_pass_shows_every_point_once_in_an_order_of_its_own(js: Run) -> None:
    body = """
    const trainer = math.makeTrainer(data.setting), x = Float64Array.from(data.x);
    return data.passes.map(() => [1, 2, 3].flatMap(() => Array.from(math.nextBatch(trainer, x))));
    """
    x = [float(v) for v in range(2 * 192)]
    first, second = js(body, setting=setting(), x=x, passes=[0, 1])
    assert sorted(first) == sorted(second) == x and first != second
    pairs = torch.tensor(first).view(-1, 2)
    assert (pairs[:, 1] - pairs[:, 0] == 1).all()
    few = js(body, setting=setting(), x=x[:20], passes=[0])
    assert sorted(few[0]) == sorted(x[:20] * 3)


def test_a_seed_fixes_a_whole_run(js: Run) -> None:
    run = {"setting": setting(samples=2), "updates": 20}
    assert js(TRAIN, **run) == js(TRAIN, **run) != js(TRAIN, **run | {"setting": setting(samples=2, seed=1)})


def test_a_fixed_noise_stays_and_a_learned_one_moves_within_its_range(js: Run) -> None:
    place = -64 - 3  # of log s² among the parameters
    for learn, sd in ((False, 0.2), (True, 0.2), (True, 0.02)):
        run = {"setting": setting(learn_noise=learn, noise_sd=sd, lr=0.1), "updates": 60}
        found = math.exp(js(TRAIN, **run)["vector"][place] / 2)
        assert found == pytest.approx(sd) if not learn else 0.02 <= found <= 2 and found != pytest.approx(0.2)


def test_an_update_whose_loss_is_not_finite_changes_nothing(js: Run) -> None:
    body = """
    const trainer = math.makeTrainer(data.setting), before = Array.from(trainer.net.vector);
    const loss = math.update(trainer, new Float64Array(16).fill(1e200), data.setting);
    return [Number.isFinite(loss), trainer.updates, before.every((v, i) => v === trainer.net.vector[i])];
    """
    assert js(body, setting=setting()) == [False, 0, True]


LINK = "return math.readLink(data.n ?? 1, data.end, Object.keys(data.presets));"


def test_a_link_holds_every_setting(js: Run) -> None:
    given = setting("holes in the prior", learn_noise=True, seed=2**32 - 1, beta=0.035) | {"preset": "beta too large"}
    end = js("return math.writeLink(2, data.setting);", setting=given | {"points": [1.0, 2.0]})
    assert end.startswith("#vaelab2&preset=beta+too+large&data=clusters") and "points" not in end
    assert js(LINK, end=end, n=2, presets=PRESETS) == given
    assert js(LINK, end=end, n=1, presets=PRESETS) is js(LINK, end="#a-heading", presets=PRESETS) is None


def test_a_link_holds_the_drawing_to_a_four_hundredth(js: Run) -> None:
    points = (6 * torch.rand(800, generator=torch.Generator().manual_seed(0)) - 3).tolist()
    given = setting(data="drawn") | {"preset": "sound", "points": points}
    end = js("return math.writeLink(1, data.setting);", setting=given)
    assert len(end) < 1900
    assert js(LINK, end=end, presets=PRESETS)["points"] == pytest.approx(points, abs=1 / 400)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("beta=abc", "“beta” is null, expected a number from 0 to 100"),
        ("beta=", '“beta” is "", expected a number from 0 to 100'),
        ("beta=101", "“beta” is 101, expected a number from 0 to 100"),
        ("width=8.5", "“width” is 8.5, expected a whole number from 4 to 64"),
        ("data=cube", '“data” is "cube", expected ring, moons'),
        ("learn_noise=1", '“learn_noise” is "1", expected false, true'),
        ("preset=best", '“preset” is "best", expected sound, collapse'),
        ("points=0zz", '“points” is "0zz", expected at most 400 pairs of numbers from -3 to 3'),
        ("points=", '“points” is "", expected at most 400 pairs'),
        ("points=" + 401 * "0000", "expected at most 400 pairs"),
        ("toString=1", "there is no setting “toString”"),
    ],
)
def test_a_damaged_link_is_refused_as_a_whole(js: Run, field: str, message: str) -> None:
    body = f"try {{ {LINK} }} catch (error) {{ return error.message; }}"
    assert message in js(body, end=f"#vaelab1&seed=3&{field}", presets=PRESETS)


def test_the_history_stays_thin_and_marks_each_change_once(js: Run) -> None:
    body = """
    const made = math.makeHistory();
    for (let n = 0; n <= 5000; n++) made.add({ n });
    made.mark(0, "beta", "β 1"), made.mark(300, "beta", "β 2"), made.mark(350, "beta", "β 4");
    made.mark(360, "width", ""), made.mark(360, "samples", "K 3"), made.mark(900, "beta", "β 1");
    return { ns: made.entries.map(({ n }) => n), events: made.events.map(({ n, text }) => [n, text]) };
    """
    made = js(body)
    steps = {b - a for a, b in zip(made["ns"], made["ns"][1:], strict=False)}
    assert 200 <= len(made["ns"]) < 400 and made["ns"][-1] > 4950 and max(steps) <= 32
    assert made["events"] == [[350, "β 4"], [360, "K 3"], [900, "β 1"]]


def test_axes_end_at_round_numbers(js: Run) -> None:
    made = js(
        "return [0, 500, 501, 4000, 70000].map(math.horizon).concat(math.limits(data.values));", values=[-1.3, 2.2]
    )
    assert made == [500, 500, 1000, 5000, 100000, {"min": -1.5, "max": 3}]
    start = [40.0] + [2.0] * 30
    assert js("return math.limits(data.values);", values=start) == {"min": 0, "max": 2.5}


def package_elbo(x: Tensor, given: dict[str, Any], seed: int, updates: int) -> float:
    """What the same preset reaches with the package's own model, objective and loop."""
    torch.manual_seed(seed)
    model = torch_vae(given["width"], given["latent_dim"], given["noise_sd"])
    data = Dataset(x, torch.zeros(len(x), dtype=torch.int64))

    def loss(model: Any, batch: Any, step: int) -> Tensor:
        return weighted_loss(elbo(model, batch.x), beta=given["beta"])

    fit(model, data, loss, epochs=updates // 6, batch_size=64, lr=given["lr"], seed=seed, device="cpu", progress=False)
    with torch.no_grad():
        return float(elbo(model, x, 8).elbo.mean())


@pytest.mark.parametrize(("name", "updates"), [("sound", 900), ("collapse", 600), ("beta too large", 600)])
def test_a_preset_ends_where_the_package_ends(js: Run, name: str, updates: int) -> None:
    given, mine, theirs = setting(name), [], []
    for seed in range(4):
        made = js(TRAIN, setting=given | {"seed": seed}, updates=updates)
        assert made["updates"] == updates
        mine.append(-made["now"]["total"])
        x = torch.tensor(made["x"], dtype=torch.float32).view(-1, 2)
        theirs.append(package_elbo(x, given, seed, updates))
    spread = (statistics.variance(mine) / 4 + statistics.variance(theirs) / 4) ** 0.5
    assert abs(statistics.mean(mine) - statistics.mean(theirs)) < 4.5 * spread, (mine, theirs)
    assert spread < {"sound": 0.1, "collapse": 0.02, "beta too large": 1.5}[name], (mine, theirs)
