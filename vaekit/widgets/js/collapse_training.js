// The training of CollapseLab: its settings, checked, and a run that goes on when they change.

const RANGES = { beta: [0.1, 5, 0.05], latent_dim: [1, 10, 1], seed: [0, 2 ** 32 - 1, 1] };
const FIELDS = { noise_var: "noise", beta: "beta", latent_dim: "units", seed: "seed" };
const WINDOW = 900, SETTLED = 2e-6; // steps that are remembered; nats above theory's loss that count as none

/** A trait as the page may use it, or an error that says what is wrong with it. */
function checked(name, value, [low, high, step]) {
  if (Number.isFinite(value) && value >= low && value <= high && (step < 1 || Number.isInteger(value))) return value;
  throw new Error(`“${name}” is ${JSON.stringify(value)}, expected a number from ${low} to ${high}`);
}

/** What theory needs to know of the data, and the range of each trait, from the page's traits. */
function readSpectrum(get) {
  const values = get("eigenvalues"), dimensions = get("data_dim"), rest = get("rest");
  const falls = values?.every((v, i) => v >= 0 && v <= (values[i - 1] ?? Infinity)) && values[0] > 0;
  if (!falls || !(dimensions >= values.length && rest >= 0)) throw new Error("“eigenvalues” are no falling variances");
  const [top] = values, noise_var = [top / 50, top, 10 ** Math.floor(Math.log10(top / 200))];
  const limits = { ...RANGES, noise_var, latent_dim: [1, Math.min(10, values.length), 1] };
  return { data: { values, dimensions, rest }, limits };
}

/**
 * Training under a setting that may change meanwhile: `restart()`, `retarget()` after a change, `train(count)`.
 * `calm` counts the steps since the loss has come down to theory's.
 */
function training(setting) {
  let normal;
  const run = {
    restart() {
      normal = normals(setting.seed);
      Object.assign(run, { step: 0, state: start(setting, normal), trail: [], goals: [] });
      run.retarget();
      run.trail.push({ step: 0, ...run.now });
    },
    retarget() {
      Object.assign(run, { now: account(run.state, setting), goal: optimum(setting), calm: 0 });
      if (run.goals.at(-1)?.step === run.step) run.goals.pop();
      run.goals.push({ step: run.step, ...run.goal });
    },
    train(count) {
      for (let n = 0; n < count; n++) {
        descend(run.state, setting);
        run.step += 1;
        if (run.step % 10 === 0) kick(run.state, setting, normal);
        run.now = account(run.state, setting);
        run.calm = run.now.loss - run.goal.loss < SETTLED ? run.calm + 1 : 0;
        run.trail.push({ step: run.step, ...run.now });
      }
      run.trail = run.trail.slice(-WINDOW - 1);
      while (run.goals[1]?.step < run.step - WINDOW) run.goals.shift();
    },
  };
  run.restart();
  return run;
}
