"""What ships with the lab, for PyTorch: the bundled networks (docs/weights.md), the test images (docs/data.md) and the
rounding to 8 bits by which every attack is judged."""

import hashlib, json, math, struct, sys

import numpy as np
import torch
import torch.nn.functional as F


class Network(torch.nn.Module):
    """A network of docs/weights.md. Its weights are frozen: attacks need the gradient by the pixels only."""

    def __init__(self, head, tensors):
        super().__init__()
        self.stages, self.layout = len(head["channels"].split(",")), head.get("layout", "plain")
        self.relu = head["activation"] == "relu"
        self.tensors = {name: torch.from_numpy(value) for name, value in tensors.items()}
        self.anchor = torch.nn.Parameter(torch.zeros(1), requires_grad=False)  # tells attacks the device

    def activate(self, x):
        return F.relu(x) if self.relu else F.gelu(x)

    def conv(self, name, x):
        return F.conv2d(x, self.tensors[name + ".weight"], self.tensors[name + ".bias"], padding=1)

    def activate_and_pool(self, x):
        """ReLU after pooling, as in the lab: the same numbers for a quarter of the work."""
        return F.relu(F.max_pool2d(x, 2)) if self.relu else F.max_pool2d(F.gelu(x), 2)

    def forward(self, x):
        x = (x - 0.5) * 4
        for i in range(1, self.stages + 1):
            if self.layout == "double":
                x = self.activate_and_pool(self.conv(f"conv{i}b", self.activate(self.conv(f"conv{i}a", x))))
                continue
            x = self.activate_and_pool(self.conv(f"conv{i}", x))
            if self.layout == "residual":
                x = x + self.conv(f"conv{i}b", self.activate(self.conv(f"conv{i}a", x)))
        return F.linear(x.flatten(1), self.tensors["linear.weight"], self.tensors["linear.bias"])


def read_safetensors(path):
    """Header strings and 32-bit tensors of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    meta = header.pop("__metadata__")
    value = lambda about: np.frombuffer(body[slice(*about["data_offsets"])], "<f4").reshape(about["shape"]).copy()
    return meta, {name: value(about) for name, about in header.items()}


def read_test_images(folder, name, count):
    """Levels `[count, channels, height, width]` and labels of the first test images; pixels are checked."""
    from PIL import Image

    sets = json.loads((folder / "manifest.json").read_text())["datasets"]
    entry = next(entry for entry in sets if entry["name"] == name)
    channels, height, width = (entry["shape"][side] for side in ("channels", "height", "width"))
    images, labels = [], []
    for shard in entry["shards"]:
        if shard["split"] == "test" and len(labels) < count:
            strip = np.asarray(Image.open(folder / shard["file"]).convert("RGB"))
            planes = strip.reshape(shard["count"], height, width, 3).transpose(0, 3, 1, 2)[:, :channels]
            if hashlib.sha256(planes.tobytes()).hexdigest() != shard["pixels_sha256"]:
                sys.exit(f"error: {shard['file']} holds other pixels than the manifest says; run `make data`")
            images.append(planes)
            labels += [int(digit, 36) for digit in shard["labels"]]
    return np.ascontiguousarray(np.concatenate(images)[:count]), np.array(labels[:count])


def inside_8_bits(values, levels, epsilon):
    """`values` in [0, 1] as the nearest levels within ⌊ε⌋ (in 1/255) of the clean `levels`, as the lab rounds."""
    nearest = np.floor(values.numpy().astype(np.float64) * 255 + 0.5)
    clean, most = levels.astype(np.float64), math.floor(epsilon + 1e-6)
    return np.clip(nearest, np.maximum(clean - most, 0), np.minimum(clean + most, 255))
