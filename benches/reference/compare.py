#!/usr/bin/env python3
"""The lab's native FGSM, PGD and APGD against implementations in PyTorch: same weights, images, ε, gradient calls, one
thread. Prints a Markdown table; what is and what is not compared is in README.md beside this file."""

import argparse, importlib, importlib.metadata, importlib.util, json, math, os, statistics, subprocess, sys, time, types
from pathlib import Path

# Before torch and numpy start their thread pools; the lab's process inherits it.
THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
os.environ.update(THREADS)
import numpy as np
import torch

from shipped import Network, inside_8_bits, read_safetensors, read_test_images

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = "cifar10-pgd-8=8,cifar10-sgd=2,fashion-mnist-sfw=8"
LAB_ATTACKS = ["fgsm", "pgd", "apgd", "apgd:loss=dlr"]
PGD_REACH = 2.5  # step sizes of the lab's PGD sum up to so many ε


def part_of(package, module):
    """A module of a package without running the package's own start, which wants libraries that are not needed here."""
    if package not in sys.modules:
        spec = importlib.util.find_spec(package)
        if spec is None:
            return None
        for name, folder in [(package, ""), (package + ".attacks", "attacks")]:
            sys.modules[name] = types.ModuleType(name)
            sys.modules[name].__path__ = [os.path.join(spec.submodule_search_locations[0], folder)]
    return importlib.import_module(f"{package}.{module}")


def references(network, epsilon, budget, seed):
    """The attacks there are in PyTorch: name in the lab, whose, gradient calls for an image, and the attack."""
    radius, calls = epsilon / 255, budget + 1
    attacks = lambda name: part_of("torchattacks", "attacks." + name)
    found = [("fgsm", "torchattacks", 1, attacks("fgsm").FGSM(network, eps=radius))]
    alpha = PGD_REACH * radius / budget
    found.append(("pgd", "torchattacks", calls, attacks("pgd").PGD(network, eps=radius, alpha=alpha, steps=calls)))
    for key, loss in [("apgd", "ce"), ("apgd:loss=dlr", "dlr")]:
        attack = attacks("apgd").APGD(network, eps=radius, steps=budget, n_restarts=1, seed=seed, loss=loss)
        found.append((key, "torchattacks", calls, attack))
    original = part_of("pyautoattack", "autopgd_base")
    for key, loss in [("apgd", "ce"), ("apgd:loss=dlr", "dlr")] if original else []:
        attack = original.APGDAttack(network, n_iter=budget, eps=radius, seed=seed, loss=loss, device="cpu")
        found.append((key, "AutoAttack", calls, attack.perturb))
    return found


def predict(network, images):
    """The class of the largest logit of each image."""
    with torch.no_grad():
        return network(torch.as_tensor(images, dtype=torch.float32)).argmax(1).numpy()


def run_reference(network, attack, levels, labels, epsilon, batch, seed):
    """Which images keep their label, as handed in and in 8 bits, and the seconds until the verdict in 8 bits."""
    torch.manual_seed(seed)
    as_float, as_levels, seconds = [], [], 0.0
    for start in range(0, len(labels), batch):
        clean, label = levels[start : start + batch], labels[start : start + batch]
        began = time.perf_counter()
        images = torch.from_numpy(clean.astype(np.float32) / 255)
        found = attack(images, torch.from_numpy(label)).detach()
        as_levels.append(predict(network, inside_8_bits(found, clean, epsilon) / 255) == label)
        seconds += time.perf_counter() - began
        as_float.append(predict(network, found) == label)
    return np.concatenate(as_float), np.concatenate(as_levels), seconds


def fwlab(options, command, weights, data, epsilon, *more):
    """What `fwlab` says about the network: a JSON object a line."""
    words = [options.fwlab, command, weights, "--set", data, "--data", ROOT / "www/data", "--epsilon", epsilon]
    words += ["--images", options.images, "--budget", options.budget, "--seed", options.seed, *more]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"error: fwlab {command} stopped: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def lab_outcomes(options, *network):
    """For each attack the lab's outcome, and for all the prediction before, image by image."""
    lines = fwlab(options, "attack", *network, "--attacks", "fgsm,pgd,apgd")
    dlr = fwlab(options, "attack", *network, "--attacks", "apgd", "--loss", "dlr")
    lines += [{**line, "attack": "apgd:loss=dlr"} for line in dlr]
    survives = lambda key: np.array([line["outcome"] == "survives" for line in lines if line["attack"] == key])
    before = [line["clean_prediction"] for line in lines if line["attack"] == "apgd"]
    return {key: survives(key) for key in LAB_ATTACKS}, np.array(before)


def sign_test(a, b):
    """McNemar's exact test, two-sided, where only one side breaks `a` images and only the other `b`."""
    return min(1.0, 2 * sum(math.comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b))


def take_turns(options, name, network, chosen, rest):
    """The lab's counts, each reference's verdicts (before rounding, in 8 bits), and the seconds of each on both sides:
    the median of the rounds after the first. The sides take turns, so that a busy machine slows both."""
    lab, verdicts, times = [], {}, [[] for _ in chosen]
    levels, labels, command = rest
    for turn in range(options.rounds + 1):
        lab.append(fwlab(options, "compare", *command, "--attacks", ",".join(LAB_ATTACKS))[0]["attacks"])
        for row, (_, _, _, attack) in enumerate(chosen):
            more = (levels, labels, command[-1], options.batch, options.seed)
            *verdicts[row], seconds = run_reference(network, attack, *more)
            times[row].append(seconds)
        print(f"{name}: round {turn} of {options.rounds}", file=sys.stderr)
    counts = dict(zip(LAB_ATTACKS, lab[0]))
    own = {key: statistics.median(run[at]["seconds"] for run in lab[1:]) for at, key in enumerate(LAB_ATTACKS)}
    return counts, verdicts, own, [statistics.median(seconds[1:]) for seconds in times]


def compare(options, name, epsilon):
    """The rows of one network; pairs are the lab's number and PyTorch's."""
    path = ROOT / "www/models" / f"{name}.safetensors"
    if not path.is_file():
        sys.exit(f"error: there is no network {name}; www/models holds those that can be named")
    head, tensors = read_safetensors(path)
    network, command = Network(head, tensors).eval(), (path, head["data"], epsilon)
    levels, labels = read_test_images(ROOT / "www/data", head["data"], options.images)
    held, lab_clean = lab_outcomes(options, *command)
    clean = predict(network, levels.astype(np.float32) / 255)
    if (clean != lab_clean).any():
        sys.exit(f"error: {name}: PyTorch and the lab classify {(clean != lab_clean).sum()} clean images differently")
    right = clean == labels  # the others are lost already: PyTorch does not attack them
    chosen = references(network, epsilon, options.budget, options.seed)
    rest = levels[right], labels[right], command
    lab, verdicts, lab_times, times = take_turns(options, name, network, chosen, rest)
    rows = []
    for row, (key, whose, calls, _) in enumerate(chosen):
        own, (as_float, theirs), lost = held[key][right], verdicts[row], lab[key]["lost_in_8_bits"]
        if own.sum() != lab[key]["robust"]["right"]:
            sys.exit(f"error: {name}: `fwlab attack` and `fwlab compare` count differently under {key}")
        only = [int((~own & theirs).sum()), int((own & ~theirs).sum())]
        rows.append({
            "network": name, "epsilon": epsilon, "attack": key, "reference": whose,
            "gradients": [2 if key == "fgsm" else options.budget + 1, calls],
            "images": len(labels), "clean": int(right.sum()),
            "robust": [int(own.sum()), int(theirs.sum())],
            "robust_before_rounding": [int(own.sum()) - lost, int(as_float.sum())],
            "broken_by_one_only": only, "p": sign_test(*only),
            "images_per_second": [len(labels) / lab_times[key], int(right.sum()) / times[row]],
        })
    return rows


def show(rows):
    """The Markdown table; pairs are lab / PyTorch."""
    print("| network | ε | clean | attack | against | gradients | robust | before rounding | broken by one only | p "
          "| images/s | ratio |\n|" + "---|" * 12)
    for row in rows:
        pair = lambda key: " / ".join(str(value) for value in row[key])
        share = lambda *counts: " / ".join(f"{100 * count / row['images']:.1f} %" for count in counts)
        ours, theirs = row["images_per_second"]
        cells = [row["network"], f"{row['epsilon']:g}/255", share(row["clean"]), row["attack"], row["reference"]]
        cells += [pair("gradients"), share(*row["robust"]), share(*row["robust_before_rounding"])]
        cells += [pair("broken_by_one_only"), f"{row['p']:.2f}", f"{ours:.1f} / {theirs:.1f}", f"{ours / theirs:.2f}"]
        print("| " + " | ".join(cells) + " |")


def versions():
    """The versions of what is compared with, where they say them."""
    found = {"torch": torch.__version__, "numpy": np.__version__}
    known = {about.metadata["Name"]: about.version for about in importlib.metadata.distributions()}
    return found | {name: known[name] for name in ("torchattacks", "pyautoattack") if name in known}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fwlab", required=True, help="the program, built with --release")
    parser.add_argument("--networks", default=NETWORKS, help=f"bundled networks = ε in 1/255 ({NETWORKS})")
    parser.add_argument("--images", type=int, default=200, help="test images, from the first (200)")
    parser.add_argument("--budget", type=int, default=50, help="steps of each attack; gradient calls are one more (50)")
    parser.add_argument("--batch", type=int, default=32, help="images at once in PyTorch; the lab takes 32 (32)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds whose median time counts, after a first one (3)")
    parser.add_argument("--seed", type=int, default=1, help="seed of random starts on both sides (1)")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    if importlib.util.find_spec("torchattacks") is None:
        sys.exit("error: torchattacks is not installed; see benches/reference/README.md")
    if not Path(options.fwlab).is_file():
        sys.exit(f"error: there is no {options.fwlab}; build it: cargo build --release --features cli --bin fwlab")
    rows = []
    for network in options.networks.split(","):
        name, _, epsilon = network.partition("=")
        rows += compare(options, name, float(epsilon or 8))
    show(rows)
    if options.json:
        told = {"versions": versions(), "threads": 1, "batch": options.batch, "rows": rows}
        options.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
