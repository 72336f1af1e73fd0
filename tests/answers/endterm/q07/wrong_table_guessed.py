# loses: q07-properties-test
# One row for all: no thought, no points.
# %% q07-properties
properties = {
    "sigmoid": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "tanh": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "relu": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "leaky_relu": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "elu": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "softplus": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "gelu": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
    "swish": {"range": (-1, 1), "monotone": True, "smooth": True, "zero_centred": True, "saturating": "none", "lipschitz": 2},
}
