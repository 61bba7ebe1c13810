"""A picture as a density on the plane: dark is mass. Reading one needs the optional Pillow."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from swref import checks
from swref.errors import BackendError, DataError, InputError
from swref.measures.base import Support, check_draw, digest, read_only
from swref.reprs import Shown

PIXELS, PIXELS_A_BYTE = 2**22, 128  # a pixel takes some 40 bytes while a picture is read


@dataclass(frozen=True, eq=False, repr=False)
class ImageDensity(Shown):
    """The law on R^2 that is uniform inside each pixel and gives pixel (i, j) a probability proportional to mass_ij.

    mass: [rows, cols], >= 0, not all 0; row 0 is the top of the picture. Coordinates: x to the right, y up, centred,
    the longest side of length 2. Raises InputError for other masses.

    >>> import numpy as np
    >>> x = ImageDensity([[0.0, 1.0], [0.0, 0.0]]).sample(np.random.default_rng(0), 100)  # the upper right quarter
    >>> bool((x > 0.0).all() and (x < 1.0).all())
    True
    """

    mass: np.ndarray
    _cumulative: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        mass = read_only(checks.points("mass", self.mass))  # [rows, cols]
        if (mass < 0).any() or not mass.any():
            raise InputError("mass must be non-negative and not 0 everywhere")
        cumulative = np.cumsum(mass)  # [rows * cols]
        object.__setattr__(self, "mass", mass)
        object.__setattr__(self, "_cumulative", read_only(cumulative / cumulative[-1]))

    @property
    def dim(self) -> int:
        """Always 2."""
        return 2

    def sample(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """n i.i.d. points x[n, 2]; errors as in Discrete.sample."""
        n = check_draw(rng, n)
        rows, cols = self.mass.shape
        pixel = np.searchsorted(self._cumulative, rng.random(n), side="right")  # [n]
        right = pixel % cols + rng.random(n)  # [n], in pixels from the left edge
        down = pixel // cols + rng.random(n)  # [n], in pixels from the top edge
        return np.column_stack([right - cols / 2.0, rows / 2.0 - down]) * (2.0 / max(rows, cols))

    @property
    def support(self) -> Support:
        """Inside the picture: its half diagonal is a bound."""
        return Support(float(np.hypot(*self.mass.shape)) / max(self.mass.shape), np.inf)

    def to_dict(self) -> dict[str, Any]:
        """Kind, size in pixels and a checksum of the masses: it recognises the measure, it does not store it."""
        return {"kind": "image", "shape": list(self.mass.shape), "sha256": digest(self.mass)}

    def __repr__(self) -> str:
        return f"ImageDensity({self.mass.shape[0]} x {self.mass.shape[1]} pixels)"


def read_image(path: Path) -> ImageDensity:
    """A .png, .jpg or .tif as a density: the mass of a pixel is its darkness, 1 - grey level, times its opacity.

    Raises BackendError without Pillow, and DataError for a file that is damaged or has no dark pixel.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise BackendError(f'{path}: reading a picture needs Pillow: pip install "pillow>=10.3"') from None
    try:
        # Only these: Pillow hands some other formats to external programs, whatever the suffix says.
        with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as picture:
            pixels, size = picture.width * picture.height, os.stat(path).st_size
            if pixels > max(PIXELS, PIXELS_A_BYTE * size):
                most = f"{PIXELS_A_BYTE} for each of its {size} bytes and {PIXELS} in all are the most"
                raise DataError(f"{path}: {picture.width} x {picture.height} pixels, and {most}")
            frames, mode = getattr(picture, "n_frames", 1), picture.mode
            mass = _darkness(ImageOps.exif_transpose(picture))  # [rows, cols]
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: not a readable picture ({error})") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise DataError(f"{path}: damaged or truncated picture ({error})") from None
    except (MemoryError, DataError):
        raise
    except Exception as error:  # whatever Pillow's decoders meet in damaged bytes: TypeError, KeyError, struct.error
        raise DataError(f"{path}: not a readable picture ({error})") from None
    if frames > 1 or mode == "F":
        came = f"{frames} pictures" if frames > 1 else "pixels of floating point"
        raise DataError(f"{path}: expected one picture of 8 or 16 bits a pixel, got {came}")
    if not mass.any():
        raise DataError(f"{path}: every pixel is white or transparent, so there is no mass to draw from")
    return ImageDensity(mass)


def _darkness(picture: Any) -> np.ndarray:
    """1 - grey level in [0, 1], times the opacity: [rows, cols]."""
    if picture.mode.startswith("I"):  # 16 bits a pixel, which a conversion to 8 would clip rather than scale
        levels = np.asarray(picture, dtype=np.float64)
        dark = 1.0 - np.clip(levels / 65535.0, 0.0, 1.0)
        clear = picture.info.get("transparency")  # the level that stands for no pixel
        return dark if clear is None else np.where(levels == clear, 0.0, dark)
    grey, opacity = (np.asarray(band, dtype=np.float64) / 255.0 for band in picture.convert("LA").split())
    return (1.0 - grey) * opacity
