"""Flat-parameter networks: one vector u holds every parameter, and the derivatives are written out, without autograd.

The networks of Appendix D of Tanguy (TMLR 2023, arXiv 2307.11714), their activations and their initial laws.
"""

from swref.arrays import namespace
from swref.networks.activations import Activation, activation
from swref.networks.base import Network, check_network
from swref.networks.cut_off import CutOff
from swref.networks.mlp import MLP
from swref.networks.particles import Particles
from swref.networks.skip_net import SkipNet

__all__ = [
    "MLP",
    "Activation",
    "CutOff",
    "Network",
    "Particles",
    "SkipNet",
    "activation",
    "check_network",
    "namespace",
]
