#!/usr/bin/python3
"""Runs epochs of a real ImageFolder and DataLoader over a directory and prints images per second.

    bench/pytorch_epoch.py make DIR [--images 2000]   writes a small set of JPEG images, 10 classes
    bench/pytorch_epoch.py read DIR [--epochs 2]      reads them as a training job does

Needs Debian's python3-torch and python3-torchvision.
"""
import argparse
import hashlib
import os
import random
import sys
import time


def make(directory, images):
    from PIL import Image

    random.seed(1)
    for i in range(images):
        folder = os.path.join(directory, f"class-{i % 10}")
        os.makedirs(folder, exist_ok=True)
        noise = random.randbytes(160 * 160 * 3)
        Image.frombytes("RGB", (160, 160), noise).save(os.path.join(folder, f"{i:06}.jpg"), quality=92)
    print(f"{images} images in {directory}")


def read(directory, epochs, workers):
    import torch
    from torchvision import datasets, transforms

    dataset = datasets.ImageFolder(directory, transforms.ToTensor())
    loader = torch.utils.data.DataLoader(dataset, batch_size=64, shuffle=True, num_workers=workers)
    for epoch in range(epochs):
        torch.manual_seed(epoch)
        start = time.monotonic()
        images, pixels = 0, 0.0
        for batch, _ in loader:
            images += len(batch)
            pixels += float(batch.double().sum())
        seconds = time.monotonic() - start
        print(f"epoch {epoch}: {images} images, {images / seconds:.0f}/s, sum of pixels {pixels:.3f}")
    digest = hashlib.sha256()
    for path, _ in sorted(dataset.samples):
        with open(path, "rb") as file:
            digest.update(file.read())
    print(f"sha256 of all files in order: {digest.hexdigest()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["make", "read"])
    parser.add_argument("directory")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.action == "make":
        make(arguments.directory, arguments.images)
    else:
        read(arguments.directory, arguments.epochs, arguments.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
